/**
 * What it means when an import is given up: texts of Harvester and Longhorn (facts/harvester.md §1.4, §1.6, §1.8), told
 * apart by code, each with its mend.
 */
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError } from '../base/errors.ts';
import { redactUrl } from '../base/url.ts';
import { conditionLines, type VirtualMachineImage } from './import-state.ts';

interface Meaning {
  readonly text: RegExp;
  readonly code: string;
  readonly mend: string;
}

const MEANINGS: readonly Meaning[] = [
  {
    text: /expected checksum .* doesn't match/,
    code: 'HARVESTER_CHECKSUM_MISMATCH',
    mend:
      'The bytes Harvester received are not those that were announced: compare the SHA-512 of the source with the ' +
      'given one, and look for a proxy in between.',
  },
  {
    text: /status code from|no such host|connection refused|no route to host|i\/o timeout|Client\.Timeout|x509|tls:/,
    code: 'HARVESTER_SOURCE_UNREACHABLE',
    mend:
      'The nodes of Harvester (not this machine) must reach the URL with HEAD and GET: check routes between the ' +
      'management and the VM network, http-proxy/noProxy and additional-ca in its settings.',
  },
  {
    text: /strconv\.Atoi/,
    code: 'HARVESTER_STORAGE_PARAMETERS',
    mend:
      'The storage class parameters of the image have no number of replicas: name a Longhorn class as storage-class, ' +
      "and look at Harvester's webhook, which fills them in.",
  },
  {
    text: /is being deleted/,
    code: 'HARVESTER_NAME_STILL_DELETING',
    mend: 'An earlier image of this name is not quite gone: try again in a minute, or use a new name.',
  },
];

const OTHER: Omit<Meaning, 'text'> = {
  code: 'HARVESTER_IMPORT_FAILED',
  mend: 'See the BackingImage in longhorn-system for more.',
};

/** True for a failure that only follows from the one before: Harvester stumbled over what its own last try left. */
export const isAfterEffect = (message: string) => /backing image .* is being deleted/.test(message);

/** Harvester has given up. `earlier`: the last failure it told of that was no after-effect; that one is the cause. */
export function importFailed(
  image: VirtualMachineImage,
  failure: { readonly message: string; readonly attempts: number; readonly earlier?: string },
): EnvironmentError {
  const { name, namespace } = image.metadata;
  const { attempts, earlier } = failure;
  const cause = earlier && isAfterEffect(failure.message) ? earlier : failure.message;
  const message = cause === failure.message ? cause : `${failure.message}; before that: ${cause}`;
  const { code, mend } = MEANINGS.find(({ text }) => text.test(cause)) ?? OTHER;
  const source = image.spec.url ? redactUrl(image.spec.url) : image.spec.sourceType;
  return new EnvironmentError(
    code,
    `Harvester gave up importing ${namespace}/${name} from ${source} ` +
      `after ${attempts === 1 ? 'one attempt' : `${attempts} attempts`}: ${message}`,
    { mend, evidence: conditionLines(image) },
  );
}

/** Nothing has changed for `stallAfter` milliseconds. */
export function importStalled(image: VirtualMachineImage, stallAfter: number): EnvironmentError {
  const { name, namespace } = image.metadata;
  return new EnvironmentError(
    'HARVESTER_IMPORT_STALLED',
    `The import of ${namespace}/${name} has not moved for ${formatDuration(stallAfter)} ` +
      `(${image.status?.progress ?? 0} %).`,
    {
      evidence: conditionLines(image),
      mend:
        "Usual causes: Longhorn's disks are full, or Harvester's http-proxy setting catches a private address " +
        '(add it to noProxy); see the BackingImage in longhorn-system.',
    },
  );
}

/** It was deleted meanwhile. */
export function imageGone({ namespace, name }: { namespace: string; name: string }): EnvironmentError {
  return new EnvironmentError(
    'HARVESTER_IMAGE_GONE',
    `The image ${namespace}/${name} was deleted while it was being imported.`,
    { mend: 'Find out who deletes images in this namespace; start again.' },
  );
}
