/**
 * A VirtualMachineImage from a URL, a file or a volume: the name is looked at, the source prepared, the image created,
 * fed, waited for, and taken away again when it fails (facts/harvester.md §1, §9).
 */
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError } from '../base/errors.ts';
import { findUploadEndpoint, type UploadEndpoint } from './endpoint.ts';
import { decide, findExisting } from './existing.ts';
import { checkVolume } from './export.ts';
import { deleteImage } from './image-deletion.ts';
import { requireUploadable } from './image-source.ts';
import { type ImportedImage, keepImage, waitForImport } from './images.ts';
import type { ImportContext, ImportRequest } from './import-request.ts';
import type { VirtualMachineImage } from './import-state.ts';
import { Transfer } from './transfer.ts';

export type { FileSource, ImageSource, UrlSource, VolumeSource } from './image-source.ts';
export type { ImportContext, ImportRequest } from './import-request.ts';

export interface ImportOutcome {
  readonly image: ImportedImage;
  /** Transfers it took. 0: the image was there. */
  readonly attempts: number;
  /** Milliseconds. */
  readonly duration: number;
  /** The image was there already and holds the same bytes. */
  readonly skipped: boolean;
}

/**
 * Imports, or finds the image that is to be used instead. The image has the ownership's expiry until it is imported. Throws
 * before anything is created: HARVESTER_NAME_TAKEN, HARVESTER_IMAGE_* (existing.ts), UPLOAD_SIZE, UPLOAD_ENDPOINT_*,
 * VOLUME_*; afterwards: UPLOAD_*, and what {@link waitForImport} throws, with events and the BackingImage as evidence.
 */
export async function importImage(request: ImportRequest, context: ImportContext): Promise<ImportOutcome> {
  const { kube, clock, log, signal } = context;
  const began = clock.monotonic();
  const wanted = { ...request, displayName: request.displayName ?? request.name };
  const existing = await findExisting(kube, wanted, { signal });
  const decision = decide(wanted, existing, request.onExisting ?? 'fail');
  if (decision.action === 'use') {
    const image = await useExisting(decision.image, request, context);
    return { image, attempts: 0, duration: clock.monotonic() - began, skipped: true };
  }
  const endpoint = await prepareSource(request, context);
  if (decision.action === 'replace') await removeFormer(decision.images, context);
  const { image, attempts } = await new Transfer(request, endpoint, context).run();
  await keepImage(kube, image, { signal });
  const duration = clock.monotonic() - began;
  log.notice(`imported ${image.id}, storage class ${image.storageClassName}, in ${formatDuration(duration)}`);
  return { image, attempts, duration, skipped: false };
}

async function useExisting(
  image: VirtualMachineImage,
  { namespace, stallAfter }: ImportRequest,
  context: ImportContext,
): Promise<ImportedImage> {
  const { name } = image.metadata;
  context.log.notice(`${namespace}/${name} holds these bytes already; nothing is imported`);
  return waitForImport({ ...context, namespace, name, stallAfter });
}

/** Everything about the source that can be wrong before an image exists. */
async function prepareSource(
  { source, uploadEndpoint = {} }: ImportRequest,
  context: ImportContext,
): Promise<UploadEndpoint | undefined> {
  if (source.kind === 'volume') await checkVolume(source, context);
  if (source.kind !== 'file') return undefined;
  requireUploadable(source);
  return findUploadEndpoint(uploadEndpoint, context);
}

async function removeFormer(images: readonly VirtualMachineImage[], context: ImportContext): Promise<void> {
  for (const image of images) {
    const id = `${image.metadata.namespace}/${image.metadata.name}`;
    const deletion = await deleteImage(image, context);
    if (deletion.outcome === 'in use') throw formerInUse(id, deletion.by);
    context.log.info(`removed ${id}, which is replaced`);
  }
}

function formerInUse(id: string, by: string): EnvironmentError {
  return new EnvironmentError('HARVESTER_IMAGE_IN_USE', `${id} cannot be replaced, it is ${by}`, {
    mend: 'Give the new image a name of its own; the old one can go when nothing stands on it any more.',
  });
}
