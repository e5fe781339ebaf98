/** The finished image becomes a VirtualMachineImage, checked by Harvester against the builder's SHA-512. */
import type { Clock } from '../base/clock.ts';
import { EnvironmentError } from '../base/errors.ts';
import type { PhaseContext } from '../base/phase.ts';
import type { ImportedImage } from '../harvester/images.ts';
import { type ImageSource, importImage } from '../harvester/import.ts';
import { BASE_SHA256, FINGERPRINT } from '../harvester/labels.ts';
import type { Kube } from '../kube/kube.ts';
import { withAttempt } from './image-name.ts';
import type { GoldenPlan } from './plan.ts';

/** Names that are tried; more images of one name a day mean that something else is wrong. */
const NAME_ATTEMPTS = 50;

type Context = PhaseContext & { readonly kube: Kube; readonly clock: Clock };

export interface GoldenImport {
  /** Where Harvester finds the image, or what is sent to it. */
  readonly source: ImageSource;
  /** Hex. */
  readonly sha512: string;
  readonly baseSha256: string;
  readonly fingerprint?: string | undefined;
}

/**
 * Creates the image, waits, and only then makes it one that stays: until it is imported and checked it has an expiry
 * like everything else, so that cleaning up after a failure removes it. A name that is taken gets a number.
 */
export async function importGolden(
  plan: GoldenPlan,
  request: GoldenImport,
  context: Context,
): Promise<ImportedImage> {
  for (let attempt = 1; ; attempt++) {
    const name = withAttempt(plan.names.image, attempt);
    try {
      return await importAs(name, plan, request, context);
    } catch (error) {
      if (!isNameTaken(error) || attempt === NAME_ATTEMPTS) throw error;
      context.log.info(`the name ${name} is taken; trying ${withAttempt(plan.names.image, attempt + 1)}`);
    }
  }
}

const isNameTaken = (error: unknown) =>
  error instanceof EnvironmentError && error.code === 'HARVESTER_NAME_TAKEN';

async function importAs(
  name: string,
  plan: GoldenPlan,
  { source, sha512, baseSha256, fingerprint }: GoldenImport,
  context: Context,
): Promise<ImportedImage> {
  const { image } = await importImage(
    {
      namespace: plan.namespace,
      name,
      source,
      sha512,
      storageClass: plan.storageClass,
      retry: plan.importRetries,
      ownership: plan.ownership,
      annotations: { [BASE_SHA256]: baseSha256, ...(fingerprint && { [FINGERPRINT]: fingerprint }) },
      description: `${plan.recipe.name} (${plan.recipeDigest.slice(0, 12)}), baked by rke2-actions`,
      stallAfter: plan.limits.stall,
      uploadEndpoint: plan.uploadEndpoint,
    },
    context,
  );
  return image;
}
