/** The finished image becomes a VirtualMachineImage, checked by Harvester against the builder's SHA-512. */
import type { Clock } from '../base/clock.ts';
import { InternalError } from '../base/errors.ts';
import type { ImageSource } from '../harvester/image-source.ts';
import {
  createImage,
  downloadImage,
  type ImportedImage,
  keepImage,
  waitForImport,
} from '../harvester/images.ts';
import { BASE_SHA256, FINGERPRINT, SHA512 } from '../harvester/labels.ts';
import type { Kube } from '../kube/kube.ts';
import type { PhaseContext } from './phase.ts';
import type { GoldenPlan } from './plan.ts';

export interface ImportRequest {
  readonly source: ImageSource;
  /** Hex. */
  readonly sha512: string;
  readonly baseSha256: string;
  readonly fingerprint?: string | undefined;
}

/**
 * Creates the image, waits, and only then makes it one that stays: until it is imported and checked it has an expiry
 * like everything else, so that cleaning up after a failure removes it.
 */
export async function importGolden(
  plan: GoldenPlan,
  request: ImportRequest,
  context: PhaseContext & { kube: Kube; clock: Clock },
): Promise<ImportedImage> {
  const { kube, log, signal } = context;
  const annotations = {
    [SHA512]: request.sha512,
    [BASE_SHA256]: request.baseSha256,
    ...(request.fingerprint && { [FINGERPRINT]: request.fingerprint }),
  };
  const object = downloadImage({
    namespace: plan.namespace,
    name: plan.names.image,
    url: urlOf(request.source),
    sha512: request.sha512,
    storageClass: plan.storageClass,
    retry: plan.importRetries,
    ownership: plan.ownership,
    annotations,
    description: `${plan.recipe.name} (${plan.recipeDigest.slice(0, 12)}), baked by rke2-actions`,
  });
  await createImage(kube, object, { runId: plan.runId, signal });
  log.info(`created image ${plan.namespace}/${plan.names.image}`);
  const { namespace, names, limits } = plan;
  const imported = await waitForImport({
    ...context,
    namespace,
    name: names.image,
    stallAfter: limits.stall,
  });
  await keepImage(kube, imported, { signal });
  log.notice(`imported ${imported.id}, storage class ${imported.storageClassName}`);
  return imported;
}

/** Builders hand over a URL. */
function urlOf(source: ImageSource): string {
  if (source.kind === 'url') return source.url;
  throw new InternalError('IMPORT_SOURCE', `an image cannot be imported from a ${source.kind}`);
}
