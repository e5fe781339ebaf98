/**
 * What to do when the name is taken. Harvester guards display names only in some releases and only some of the time
 * (facts/harvester.md §0.11, §1.6), so both names are compared here, before and after an image is made.
 */
import { EnvironmentError, UserError } from '../base/errors.ts';
import type { Kube } from '../kube/kube.ts';
import { importState, isBroken, type VirtualMachineImage } from './import-state.ts';
import { SHA512 } from './labels.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';

export const ON_EXISTING = ['fail', 'skip-if-same', 'replace'] as const;
export type OnExisting = (typeof ON_EXISTING)[number];

export interface WantedImage {
  readonly namespace: string;
  readonly name: string;
  readonly displayName: string;
  readonly sha512?: string | undefined;
}

/** Images of the namespace that bear one of the names; those of this very object left out by `except` (a uid). */
export async function findExisting(
  kube: Kube,
  wanted: WantedImage,
  options: { except?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<VirtualMachineImage[]> {
  const { namespace, name, displayName } = wanted;
  const { items } = await kube.list<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, {
    namespace,
    signal: options.signal,
  });
  return items
    .filter(({ metadata }) => metadata.uid === undefined || metadata.uid !== options.except)
    .filter(({ metadata, spec }) => metadata.name === name || spec.displayName === displayName);
}

export type Decision =
  | { readonly action: 'create' }
  /** `image` holds the wanted bytes; it may still be on its way. */
  | { readonly action: 'use'; readonly image: VirtualMachineImage }
  | { readonly action: 'replace'; readonly images: readonly VirtualMachineImage[] };

/**
 * Pure. Throws EnvironmentError HARVESTER_NAME_TAKEN (`fail`), HARVESTER_IMAGE_DIFFERS, HARVESTER_IMAGE_UNUSABLE or UserError
 * CHECKSUM_NEEDED (`skip-if-same`). What is being deleted already is "replaced": its end is waited for.
 */
export function decide(
  wanted: WantedImage,
  existing: readonly VirtualMachineImage[],
  onExisting: OnExisting,
): Decision {
  const staying = existing.filter(({ metadata }) => !metadata.deletionTimestamp);
  const [first] = staying;
  if (!first) return existing.length > 0 ? { action: 'replace', images: existing } : { action: 'create' };
  if (onExisting === 'replace') return { action: 'replace', images: existing };
  if (onExisting === 'fail') throw nameTaken(first);
  return { action: 'use', image: sameImage(wanted, staying) };
}

function sameImage(wanted: WantedImage, staying: readonly VirtualMachineImage[]): VirtualMachineImage {
  const { sha512 } = wanted;
  if (!sha512)
    throw new UserError(
      'CHECKSUM_NEEDED',
      'skip-if-same cannot compare: the SHA-512 of the source is not known.',
      {
        mend: 'Give checksum, or let it be computed.',
      },
    );
  const same = staying.find((image) => checksumsOf(image).includes(sha512));
  if (!same) throw differs(staying[0]!);
  if (isBroken(same) || importState(same).state === 'failed') throw unusable(same);
  return same;
}

/** Ours beside Harvester's own, which anyone may edit (facts/harvester.md §1.1). */
function checksumsOf({ metadata, spec }: VirtualMachineImage): (string | undefined)[] {
  return [metadata.annotations?.[SHA512], spec.checksum?.toLowerCase()];
}

const idOf = ({ metadata, spec }: VirtualMachineImage) =>
  `${metadata.namespace}/${metadata.name}` +
  (spec.displayName === metadata.name ? '' : ` (display name "${spec.displayName}")`);

/** The name belongs to another image. */
export function nameTaken(image: VirtualMachineImage): EnvironmentError {
  return new EnvironmentError('HARVESTER_NAME_TAKEN', `The name is taken: ${idOf(image)} exists already.`, {
    mend: 'Choose another name, remove that image, or set on-existing to skip-if-same or replace.',
  });
}

function differs(image: VirtualMachineImage): EnvironmentError {
  const known = checksumsOf(image).find((checksum) => checksum);
  return new EnvironmentError(
    'HARVESTER_IMAGE_DIFFERS',
    `${idOf(image)} exists already and ` +
      (known ? `has other bytes (SHA-512 ${known.slice(0, 16)}…).` : 'says nothing of its checksum.'),
    { mend: 'Images are immutable: give the new one a name of its own, or set on-existing to replace.' },
  );
}

function unusable(image: VirtualMachineImage): EnvironmentError {
  return new EnvironmentError(
    'HARVESTER_IMAGE_UNUSABLE',
    `${idOf(image)} is to hold the same bytes, but its import has failed.`,
    { mend: 'Remove it, or set on-existing to replace.' },
  );
}
