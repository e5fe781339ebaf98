/** The finished image becomes a VirtualMachineImage, checked by Harvester against the builder's SHA-512. */
import type { Clock } from '../base/clock.ts';
import type { ImportedImage } from '../harvester/images.ts';
import { type ImageSource, importImage } from '../harvester/import.ts';
import { BASE_SHA256, FINGERPRINT } from '../harvester/labels.ts';
import type { Kube } from '../kube/kube.ts';
import type { PhaseContext } from './phase.ts';
import type { GoldenPlan } from './plan.ts';

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
 * like everything else, so that cleaning up after a failure removes it.
 */
export async function importGolden(
  plan: GoldenPlan,
  { source, sha512, baseSha256, fingerprint }: GoldenImport,
  context: PhaseContext & { kube: Kube; clock: Clock },
): Promise<ImportedImage> {
  const { image } = await importImage(
    {
      namespace: plan.namespace,
      name: plan.names.image,
      source,
      sha512,
      storageClass: plan.storageClass,
      retry: plan.importRetries,
      ownership: plan.ownership,
      annotations: { [BASE_SHA256]: baseSha256, ...(fingerprint && { [FINGERPRINT]: fingerprint }) },
      description: `${plan.recipe.name} (${plan.recipeDigest.slice(0, 12)}), baked by rke2-actions`,
      stallAfter: plan.limits.stall,
    },
    context,
  );
  return image;
}
