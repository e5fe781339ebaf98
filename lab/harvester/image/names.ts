/** Names of what belongs to an image, by version (facts/harvester.md §1.4 "Names"). */
import type { VirtualMachineImage } from '../objects.ts';
import type { Traits } from '../version.ts';

export const LONGHORN_NAMESPACE = 'longhorn-system';
export const IMAGE_ID = 'harvesterhci.io/imageId';
export const DISPLAY_NAME_LABEL = 'harvesterhci.io/imageDisplayName';
export const STORAGE_CLASS_ANNOTATION = 'harvesterhci.io/storageClassName';

/** `vmi-<uid>`; before 1.4 `<namespace>-<name>`. */
export function backingImageName(image: VirtualMachineImage, traits: Traits): string {
  const { namespace, name, uid } = image.metadata;
  return traits.virtualSize ? `vmi-${uid}` : `${namespace}-${name}`.slice(0, 40);
}

/** `lh-<uid>` cut to 40 characters; before 1.8 `longhorn-<name>`. */
export function storageClassName(image: VirtualMachineImage, traits: Traits): string {
  const { name, uid } = image.metadata;
  return traits.storageClassByUid ? `lh-${uid}`.slice(0, 40) : `longhorn-${name}`;
}

/** Whether CDI keeps the image's bytes; before 1.5 there was no choice. */
export function isCdi({ spec }: VirtualMachineImage, traits: Traits): boolean {
  return traits.backend && spec.backend === 'cdi';
}
