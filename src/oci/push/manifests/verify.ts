/**
 * Looks at what was pushed as who pulls it would: the manifest by its digest, the tags, an index's children, each blob with its size
 * (facts/oci.md §8). What a policy withholds (Harbor's scan gate answers 412) is there, so it is stored; what a login may not read is
 * told of, since then nobody has looked.
 */
import { EnvironmentError } from '../../../base/errors.ts';
import type { Digest, RawManifest } from '../../model.ts';
import type { CallContext, Registry } from '../../registry/registry.ts';
import type { VerifyChoice } from '../request.ts';
import { allSettledOrThrow, type Slots } from '../slots.ts';
import { type ManifestDocument, parseManifest } from './document.ts';
import type { Remote } from './remote.ts';

export interface Pushed {
  readonly repository: string;
  readonly tags: readonly { readonly tag: string; readonly digest: Digest }[];
  readonly top: RawManifest;
  /** All manifests below it. */
  readonly children: readonly RawManifest[];
  /** True where what a tag names instead is as good: a newer index, into which another job has put ours. */
  readonly holdsOurs?: ((tag: string) => Promise<boolean>) | undefined;
}

type Checking = CallContext & Pick<Pushed, 'repository' | 'holdsOurs'> & { readonly registry: Registry };

/**
 * Resolves to why nobody could look, where the login may push but not pull; then nothing is verified. Throws EnvironmentError PUSH_VERIFY,
 * which names what is missing or different.
 */
export async function verifyPushed(
  registry: Registry,
  pushed: Pushed,
  choice: VerifyChoice,
  means: CallContext & { readonly slots: Slots; readonly stop: (error: unknown) => void },
): Promise<string | undefined> {
  if (choice === 'none') return undefined;
  const { repository, top, children, tags, holdsOurs } = pushed;
  const { slots, stop, signal } = means;
  const checking = { registry, repository, holdsOurs, signal };
  const hidden = await checkManifest(top, checking);
  if (hidden !== undefined) return hidden;
  const references = [
    ...tags.map((it) => ({ reference: it.tag, digest: it.digest })),
    ...children.map(({ digest }) => ({ reference: digest, digest })),
  ];
  const blobs = choice === 'manifest' ? [] : blobsOf([top, ...children]);
  const checks = [
    ...references.map((it) => slots.run(() => checkReference(it, checking))),
    ...blobs.map((it) => slots.run(() => checkBlob(registry, { repository, ...it }, { signal }))),
  ];
  await allSettledOrThrow(checks, stop);
  return undefined;
}

/** Why the manifest cannot be read back, if it cannot. */
async function checkManifest(
  manifest: RawManifest,
  { registry, repository, signal }: Checking,
): Promise<string | undefined> {
  const answer = await registry.getManifest(repository, manifest.digest, { signal });
  if (answer.state === 'unknown') return answer.reason;
  if (answer.state === 'absent' || (answer.state === 'present' && answer.manifest.digest !== manifest.digest))
    throw mismatch(registry, repository, `the manifest ${manifest.digest} is not there`);
  return undefined;
}

async function checkReference(
  { reference, digest }: { readonly reference: string; readonly digest: Digest },
  { registry, repository, signal, holdsOurs }: Checking,
): Promise<void> {
  const found = await registry.headManifest(repository, reference, { signal });
  if (found.state === 'absent') throw mismatch(registry, repository, `${reference} is not there`);
  if (found.state !== 'present') return;
  const names = found.digest ?? (await readDigest(reference, { registry, repository, signal }));
  if (names === undefined || names === digest || (await holdsOurs?.(reference))) return;
  throw mismatch(registry, repository, `${reference} names ${names} instead of ${digest}`);
}

/** For a registry whose answer to HEAD has no digest. */
async function readDigest(
  reference: string,
  { registry, repository, signal }: Checking,
): Promise<Digest | undefined> {
  const answer = await registry.getManifest(repository, reference, { signal });
  if (answer.state === 'absent') throw mismatch(registry, repository, `${reference} is not there`);
  return answer.state === 'present' ? answer.manifest.digest : undefined;
}

/** What is below an index of the registry, `isOurs` of it. Throws PUSH_VERIFY where it lists what is not there. */
export async function readChildren(
  registry: Registry,
  it: { readonly remote: Remote; readonly repository: string; readonly document: ManifestDocument },
  isOurs: (digest: Digest) => boolean = () => true,
): Promise<RawManifest[]> {
  const { remote, repository, document } = it;
  if (document.kind === 'image') return [];
  const below: RawManifest[] = [];
  for (const { digest } of document.manifests.filter((entry) => isOurs(entry.digest))) {
    const found = await remote.tag(repository, digest);
    if (found.state === 'absent') throw mismatch(registry, repository, `the manifest ${digest} is not there`);
    if (!('document' in found)) continue;
    below.push(...(await readChildren(registry, { ...it, document: found.document })), found.document.raw);
  }
  return below;
}

async function checkBlob(
  registry: Registry,
  it: { readonly repository: string; readonly digest: Digest; readonly size: number },
  context: CallContext,
): Promise<void> {
  const size = await registry.headBlob(it.repository, it.digest, context);
  if (size === undefined) throw mismatch(registry, it.repository, `the blob ${it.digest} is not there`);
  if (size !== 'unsaid' && size !== it.size)
    throw mismatch(registry, it.repository, `the blob ${it.digest} has ${size} bytes instead of ${it.size}`);
}

/** Configuration and layers of all images, each once; not those that are had from elsewhere. */
function blobsOf(manifests: readonly RawManifest[]): { digest: Digest; size: number }[] {
  const all = manifests.flatMap((raw) => {
    const document = parseManifest(raw);
    return document?.kind === 'image' ? [document.config, ...document.layers] : [];
  });
  const own = all.filter(({ urls }) => !urls);
  return [...new Map(own.map(({ digest, size }) => [digest, { digest, size }])).values()];
}

function mismatch(registry: Registry, repository: string, what: string): EnvironmentError {
  return new EnvironmentError(
    'PUSH_VERIFY',
    `${registry.host}/${repository} is not as it was pushed: ${what}.`,
    {
      mend: 'Somebody may have pushed the same tag meanwhile, or a cache or a garbage collection be at work; run it again.',
    },
  );
}
