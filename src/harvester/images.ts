/**
 * VirtualMachineImages: found, created, waited for, kept. Nothing about names of backing images or storage
 * classes is computed; `status` says it (facts/harvester.md §0, §1).
 */
import type { Clock } from '../base/clock.ts';
import { EnvironmentError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { createOrAdopt } from '../kube/create.ts';
import { isAlreadyExists, KubeError } from '../kube/errors.ts';
import type { Kube } from '../kube/kube.ts';
import { waitForObject } from '../kube/watch.ts';
import { imageObject, type NewImage } from './image-object.ts';
import { imageGone, importFailed, importStalled, isAfterEffect } from './import-failure.ts';
import {
  ImportPulse,
  importState,
  isBroken,
  isInitialized,
  type VirtualMachineImage,
} from './import-state.ts';
import { EXPIRES_AT, isOfRun } from './labels.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';

/** A new image that Harvester downloads. */
export type NewDownloadImage = Omit<NewImage, 'origin'> & { readonly url: string };

/** The object for a download; throws like {@link imageObject}. */
export function downloadImage({ url, ...image }: NewDownloadImage): VirtualMachineImage {
  return imageObject({ ...image, origin: { kind: 'url', url } });
}

/** Creates the image; EnvironmentError HARVESTER_NAME_TAKEN if another image has the name. */
export async function createImage(
  kube: Kube,
  image: VirtualMachineImage,
  options: { runId: string; signal?: AbortSignal | undefined },
): Promise<VirtualMachineImage> {
  try {
    const ours = (found: VirtualMachineImage) =>
      isOfRun(found, options.runId) && !found.metadata.deletionTimestamp && found.spec.url === image.spec.url;
    return (await createOrAdopt(kube, VIRTUAL_MACHINE_IMAGES, image, { ours, signal: options.signal }))
      .object;
  } catch (error) {
    if (!isAlreadyExists(error) && !isNameTaken(error)) throw error;
    throw new EnvironmentError(
      'HARVESTER_NAME_TAKEN',
      `An image named "${image.metadata.name}" already exists in namespace "${image.metadata.namespace}".`,
      { mend: 'Choose another name, or remove that image.', cause: error },
    );
  }
}

/** The webhook's answer for a display name that is in use (facts/harvester.md §1.6). */
const isNameTaken = (error: unknown) =>
  error instanceof KubeError && error.status === 409 && error.message.includes('same name exists');

/** Imported images of a namespace that `where` accepts, newest first; those being deleted or broken are left out. */
export async function findImported(
  kube: Kube,
  query: {
    namespace: string;
    labelSelector?: string;
    where: (image: VirtualMachineImage) => boolean;
    signal?: AbortSignal | undefined;
  },
): Promise<VirtualMachineImage[]> {
  const { items } = await kube.list<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, query);
  return items
    .filter((image) => !image.metadata.deletionTimestamp && !isBroken(image))
    .filter((image) => importState(image).state === 'imported' && query.where(image))
    .sort((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1));
}

const createdAt = (image: VirtualMachineImage) => image.metadata.creationTimestamp ?? '';

/** What the rest of the world needs to know of an imported image. */
export interface ImportedImage {
  /** `namespace/name`, the form Rancher takes. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly displayName: string;
  readonly storageClassName: string;
  /** Bytes stored. */
  readonly size: number;
  /** Bytes the guest sees; releases before 1.4 do not say. */
  readonly virtualSize?: number;
  readonly checksum?: string;
}

/** Reads an image whose state is `imported`. */
export function importedImage(image: VirtualMachineImage): ImportedImage {
  const { name, namespace = 'default' } = image.metadata;
  const { storageClassName = '', size = 0, virtualSize } = image.status ?? {};
  return {
    id: `${namespace}/${name}`,
    namespace,
    name,
    displayName: image.spec.displayName,
    storageClassName,
    size,
    ...(virtualSize !== undefined && { virtualSize }),
    ...(image.spec.checksum && { checksum: image.spec.checksum }),
  };
}

export interface ImportWait {
  readonly kube: Kube;
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds without any change after which the import counts as stuck. */
  readonly stallAfter: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told in words what is being waited for. */
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until the image is imported. EnvironmentErrors: HARVESTER_IMPORT_FAILED (given up by Harvester),
 * HARVESTER_CHECKSUM_MISMATCH, HARVESTER_SOURCE_UNREACHABLE, HARVESTER_IMPORT_STALLED, HARVESTER_IMAGE_GONE.
 */
export async function waitForImport(wait: ImportWait): Promise<ImportedImage> {
  return importedImage(await waitForImported(wait));
}

/** The same, and returns the object. */
export function waitForImported(wait: ImportWait): Promise<VirtualMachineImage> {
  return followImport(wait, (image) => importState(image).state === 'imported');
}

/** Waits until Longhorn is ready to take an upload; throws like {@link waitForImport}. */
export function waitForInitialized(wait: ImportWait): Promise<VirtualMachineImage> {
  return followImport(wait, isInitialized);
}

function followImport(
  wait: ImportWait,
  isReached: (image: VirtualMachineImage) => boolean,
): Promise<VirtualMachineImage> {
  const { clock, log, progress } = wait;
  const pulse = new ImportPulse();
  let changedAt = clock.monotonic();
  let lastRetry = '';
  let earlier = '';
  return waitForObject<VirtualMachineImage, VirtualMachineImage>({
    ...wait,
    resource: VIRTUAL_MACHINE_IMAGES,
    judge: (image) => {
      if (!image) throw imageGone(wait);
      if (isReached(image)) return image;
      const state = importState(image);
      if (state.state === 'imported') return image;
      if (state.state === 'failed') throw importFailed(image, { ...state, earlier });
      if (pulse.moved(image)) changedAt = clock.monotonic();
      if (clock.monotonic() - changedAt > wait.stallAfter) throw importStalled(image, wait.stallAfter);
      if (state.state === 'retrying') {
        if (state.text !== lastRetry) log.warning(`${wait.name}: ${state.text}`);
        if (!isAfterEffect(state.text)) earlier = state.text;
        lastRetry = state.text;
      }
      progress(`image ${wait.namespace}/${wait.name}: ${state.text}`);
      return undefined;
    },
  });
}

/** Declares an imported image as one that stays: its expiry is taken away, annotations are added. */
export function keepImage(
  kube: Kube,
  image: { namespace: string; name: string },
  options: { annotations?: Readonly<Record<string, string>>; signal?: AbortSignal | undefined } = {},
): Promise<VirtualMachineImage> {
  const patch = { metadata: { annotations: { ...options.annotations, [EXPIRES_AT]: null } } };
  return kube.mergePatch(VIRTUAL_MACHINE_IMAGES, image, patch, { signal: options.signal });
}
