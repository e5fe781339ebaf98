/** Where an image's bytes go: Longhorn's backing images, or volumes filled by CDI (facts/harvester.md §1.4, §1.5). */
import type { ImageStatus, VirtualMachineImage } from '../objects.ts';

export type Condition = 'fine' | 'later' | 'broken';

export interface ImageBackend {
  /** Carries over to the image what has become of its bytes; true if something was written. */
  follow(image: VirtualMachineImage): Promise<boolean>;
  /** Whether what belongs to the image is as it should be; `later`: look again soon, `broken`: make it anew. */
  check(image: VirtualMachineImage): Condition;
  /** Makes what belongs to the image; what is known before all of it is there goes into the status by `record`. */
  initialize(image: VirtualMachineImage, record: StatusRecord): Promise<void>;
  /** Name of the class that volumes of the image will have. */
  storageClass(image: VirtualMachineImage): string;
  /** Takes away what belongs to the image; true when nothing is left that the image must wait for. */
  remove(image: VirtualMachineImage): Promise<boolean>;
}

/** Writes fields of the image's status at once. */
export type StatusRecord = (fields: ImageStatus) => Promise<void>;

/** A try to import the image has failed: the controller counts it. */
export type OnFailure = (image: VirtualMachineImage, cause: string, progress: number) => Promise<unknown>;
