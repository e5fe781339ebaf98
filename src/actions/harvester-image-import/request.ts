/** From inputs to what the domain is asked for; pure but for the source, which is looked at. */
import { type Clock, timestamp } from '../../base/clock.ts';
import { redactUrl } from '../../base/url.ts';
import type { ImageSource, ImportRequest } from '../../harvester/import.ts';
import { BUILD_RECORD } from '../../harvester/labels.ts';
import { openLocalFile } from '../../harvester/local-file.ts';
import type { RetentionPolicy } from '../../harvester/retention.ts';
import { buildOrigin } from '../origin.ts';
import type { ImportInputs } from './inputs.ts';

const HOUR = 3_600_000;

/** Opens a file; throws UserError FILE_MISSING and others of {@link openLocalFile}. */
export async function sourceOf(inputs: ImportInputs, namespace: string): Promise<ImageSource> {
  const { url, file, volume = '' } = inputs;
  if (url !== undefined) return { kind: 'url', url };
  if (file !== undefined) return (await openLocalFile(file)).source;
  const [first = '', second] = volume.split('/');
  return second === undefined
    ? { kind: 'volume', namespace, name: first }
    : { kind: 'volume', namespace: first, name: second };
}

/** What `auto` means for this source. */
export function checksumOf({ checksum }: ImportInputs, source: ImageSource): string {
  if (checksum !== 'auto') return checksum;
  return source.kind === 'file' ? 'compute' : 'none';
}

export interface ImportRun {
  readonly namespace: string;
  readonly runId: string;
  readonly source: ImageSource;
  readonly sha512: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** The request. Its image is temporary until it is imported: a run that dies leaves it to the janitor. */
export function requestOf(inputs: ImportInputs, run: ImportRun): ImportRequest {
  const name = inputs.name!;
  const { source, sha512, namespace, runId, clock } = run;
  const expiresAt = timestamp({ ...clock, now: () => clock.now() + inputs.timeout + HOUR });
  const ca = inputs['ca-certificates'];
  return {
    namespace,
    name,
    displayName: inputs['display-name'],
    source,
    sha512,
    storageClass: inputs['storage-class'],
    backend: inputs.backend,
    retry: inputs.retries,
    ownership: { runId, recipe: inputs.family ?? name, expiresAt, labels: inputs.labels },
    annotations: { ...inputs.annotations, [BUILD_RECORD]: recordOf(run) },
    description: inputs.description,
    stallAfter: inputs['stall-timeout'],
    onExisting: inputs['on-existing'],
    deleteOnFailure: inputs['delete-on-failure'],
    uploadEndpoint: { url: inputs['upload-endpoint'], ca: ca ? [ca] : [] },
  };
}

function recordOf({ source, sha512, env, clock }: ImportRun): string {
  const { source: commit, trigger } = buildOrigin(env);
  const from = source.kind === 'url' ? redactUrl(source.url) : source.name;
  return JSON.stringify({
    importedAt: timestamp(clock),
    kind: source.kind,
    from,
    sha512,
    ...commit,
    ...trigger,
  });
}

export function policyOf(inputs: ImportInputs): RetentionPolicy {
  return {
    keepLast: inputs['keep-last'],
    keepFor: inputs['keep-for'],
    deprecateFor: inputs['deprecate-for'],
    protect: inputs.protect,
    referenced: inputs['referenced-images'],
  };
}
