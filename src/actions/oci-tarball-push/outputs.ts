/** The outputs of oci-tarball-push, under their documented names. */
import type { Platform } from '../../oci/model.ts';
import type { PlannedTarget, PushedTarget, PushPlan, PushReport } from '../../oci/push/request.ts';
import type { OutputValue } from '../../runner/outputs.ts';

/** `linux/arm64`, `linux/arm/v7`. */
export function platformName({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter(Boolean).join('/');
}

/** The scalar ones tell of a single target, and `config-digest` of a single image; `images` of all. */
export function outputsOf({ targets }: PushReport): Record<string, OutputValue> {
  const [only] = targets.length === 1 ? targets : [];
  const sum = (count: (target: PushedTarget) => number) =>
    targets.reduce((total, target) => total + count(target), 0);
  return {
    digest: only?.digest,
    'config-digest': only?.images.length === 1 ? only.images[0]!.configDigest : undefined,
    reference: only?.reference,
    images: targets.map(pushedEntry),
    changed: targets.some(({ changed }) => changed),
    'uploaded-bytes': sum(({ uploadedBytes }) => uploadedBytes),
    'reused-blobs': sum(({ reusedBlobs, mountedBlobs }) => reusedBlobs + mountedBlobs),
  };
}

/** Of a push that failed when these were done: no sums, and nothing that would tell of all of it. */
export function partOutputs(targets: readonly PushedTarget[]): Record<string, OutputValue> {
  return { images: targets.map(pushedEntry), changed: targets.some(({ changed }) => changed) };
}

function pushedEntry(target: PushedTarget) {
  const { repository, tags, digest, reference, changed, images, why } = target;
  const { uploadedBytes, reusedBlobs, mountedBlobs, uploadedBlobs, seconds } = target;
  return {
    ...{ repository, tags, digest, reference, changed, why },
    platforms: images.map(({ platform, digest, configDigest, file, tags: own }) => ({
      ...{ platform: platformName(platform), digest, configDigest, file, ...(own && { tags: own }) },
    })),
    ...{ uploadedBytes, reusedBlobs, mountedBlobs, uploadedBlobs, seconds },
  };
}

/** Of a dry run: what would be. */
export function planOutputs({ targets }: PushPlan): Record<string, OutputValue> {
  return {
    images: targets.map(plannedEntry),
    changed: targets.some(({ does }) => does === 'push'),
    'uploaded-bytes': 0,
  };
}

function plannedEntry({ repository, tags, does, why, images }: PlannedTarget) {
  const platforms = images.map(({ platform, configDigest, file }) => ({
    ...{ platform: platformName(platform), configDigest, file },
  }));
  return { repository, tags, does, why, platforms };
}

/** `oci://` entries for $GITHUB_ARTIFACTS, one per target that was pushed. */
export function artifactsOf({ registry, targets }: Pick<PushReport, 'registry' | 'targets'>): string[] {
  return targets
    .filter(({ changed }) => changed)
    .map(({ repository, digest }) => `oci://${registry}/${repository}@${digest}`);
}
