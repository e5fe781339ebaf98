/**
 * Harvester's image controller, backend `backingimage`: from a VirtualMachineImage to a BackingImage and a StorageClass, and
 * back from the BackingImage's state to the image's conditions (facts/harvester.md §1.4). Longhorn's part is in ../longhorn.
 */
import { timestamp } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { Ages } from '../ages.ts';
import { orExists } from '../client.ts';
import {
  BACKING_IMAGES,
  type BackingImage,
  type DiskFileStatus,
  IMAGES,
  isTrue,
  STORAGE_CLASSES,
  type VirtualMachineImage,
} from '../kinds.ts';
import { imageScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import { type Failure, failed, imported, importing, initialized } from './conditions.ts';
import {
  backingImageName,
  DISPLAY_NAME_LABEL,
  IMAGE_ID,
  LONGHORN_NAMESPACE,
  storageClassName,
} from './names.ts';

const FINALIZER = 'wrangler.cattle.io/vm-image-controller';
const LONGHORN_DRIVER = 'driver.longhorn.io';

export class ImageController {
  private readonly world: World;
  /** Backing images (uid) whose failure has been counted already. */
  private readonly counted = new Set<string>();
  /** When a try failed (image uid → monotonic ms): finer than the whole seconds of `lastFailedTime`. */
  private readonly failedAt = new Map<string, number>();
  private readonly ages: Ages;

  constructor(world: World) {
    this.world = world;
    this.ages = new Ages(world.clock);
  }

  /** One step for the image `namespace/name`; milliseconds until the next look, if one is needed without a change. */
  async reconcile(key: string): Promise<number | undefined> {
    const image = this.world.images.get(key);
    if (!image) return undefined;
    if (image.metadata.deletionTimestamp) return this.remove(image);
    if (isTrue(image.status?.conditions, 'RetryLimitExceeded')) return undefined;
    if (isTrue(image.status?.conditions, 'Imported')) return this.afterImport(image);
    const quiet = this.quietFor(image);
    if (quiet > 0) return quiet;
    if (!image.metadata.finalizers?.includes(FINALIZER)) return this.adopt(image);
    return (await this.followBackingImage(image)) ? undefined : this.check(image);
  }

  private quietFor(image: VirtualMachineImage): number {
    const { scripts, pace } = this.world;
    return (imageScriptOf(image, scripts).quiet ?? pace.tick / 2) - this.ages.of(image.metadata.uid!);
  }

  private async adopt(image: VirtualMachineImage): Promise<undefined> {
    const finalizers = [...(image.metadata.finalizers ?? []), FINALIZER];
    await this.world.cluster.replace(IMAGES, { ...image, metadata: { ...image.metadata, finalizers } });
  }

  /** Labels an image of old versions with its display name. */
  private async afterImport(image: VirtualMachineImage): Promise<undefined> {
    const { labels } = image.metadata;
    if (labels?.[DISPLAY_NAME_LABEL] === image.spec.displayName) return;
    const metadata = {
      ...image.metadata,
      labels: { ...labels, [DISPLAY_NAME_LABEL]: image.spec.displayName },
    };
    await this.world.cluster.replace(IMAGES, { ...image, metadata });
  }

  private backingImageOf(image: VirtualMachineImage): BackingImage | undefined {
    return this.world.backingImages.get(
      `${LONGHORN_NAMESPACE}/${backingImageName(image, this.world.traits)}`,
    );
  }

  /** Carries the backing image's state over to the image; true if something was written. */
  private async followBackingImage(image: VirtualMachineImage): Promise<boolean> {
    const backing = this.backingImageOf(image);
    const files = Object.values(backing?.status?.diskFileStatusMap ?? {});
    if (!backing || files.length !== 1 || !isTrue(image.status?.conditions, 'Initialized')) return false;
    const file = files[0]!;
    if (file.state === 'failed') return this.countFailure(image, backing, file);
    if (file.state !== 'ready' && file.progress === (image.status?.progress ?? 0)) return false;
    const now = timestamp(this.world.clock);
    const status =
      file.state === 'ready'
        ? imported(image.status!, this.sizesOf(backing), now)
        : importing(image.status!, file.message, file.progress, now);
    // 99 stays 99 while the backing image says 100: nothing to write again.
    if (file.state !== 'ready' && status.progress === image.status?.progress) return false;
    await this.world.cluster.replace(IMAGES, { ...image, status });
    return true;
  }

  private sizesOf(backing: BackingImage): { size: number; virtualSize?: number } {
    const { size = 0, virtualSize = 0 } = backing.status ?? {};
    return this.world.traits.virtualSize ? { size, virtualSize } : { size };
  }

  private async countFailure(
    image: VirtualMachineImage,
    backing: BackingImage,
    file: DiskFileStatus,
  ): Promise<boolean> {
    if (this.counted.has(backing.metadata.uid!)) return false;
    await this.fail(image, { condition: 'Imported', cause: file.message, progress: file.progress });
    this.counted.add(backing.metadata.uid!);
    return true;
  }

  private async fail(image: VirtualMachineImage, failure: Failure): Promise<void> {
    const { clock, traits, scripts, cluster } = this.world;
    const { overshoot } = imageScriptOf(image, scripts);
    const status = failed(
      image.spec,
      { ...image.status, ...(failure.condition === 'Initialized' && { appliedUrl: image.spec.url ?? '' }) },
      { ...failure, ...(overshoot !== undefined && !traits.retriesStop && { overshoot }) },
      { now: timestamp(clock), terse: !traits.virtualSize },
    );
    await cluster.replace(IMAGES, { ...image, status });
    this.failedAt.set(image.metadata.uid!, clock.monotonic());
  }

  /** Are backing image and storage class as they should be? If not, (re)initialise after the pause. */
  private async check(image: VirtualMachineImage): Promise<number | undefined> {
    const backing = this.backingImageOf(image);
    if (backing?.metadata.deletionTimestamp) return this.world.pace.tick;
    const broken = Object.values(backing?.status?.diskFileStatusMap ?? {}).some(
      ({ state }) => state === 'failed',
    );
    const storageClass = this.world.storageClasses.get(storageClassName(image, this.world.traits));
    if (backing && !broken && storageClass) return undefined;
    const pause = this.pauseLeft(image);
    if (pause > 0) return pause;
    await this.initialize(image, backing);
    return this.world.pace.tick;
  }

  private pauseLeft(image: VirtualMachineImage): number {
    const { clock, pace } = this.world;
    if (!image.status?.lastFailedTime) return 0;
    const failedAt = this.failedAt.get(image.metadata.uid!);
    const elapsed =
      failedAt === undefined
        ? clock.now() - Date.parse(image.status.lastFailedTime)
        : clock.monotonic() - failedAt;
    return pace.retryDelay - elapsed;
  }

  private async initialize(image: VirtualMachineImage, previous: BackingImage | undefined): Promise<void> {
    if (previous) {
      await this.deleteBelongings(image);
      return; // its removal is seen by the watch, and then it is our turn again
    }
    try {
      const size = await this.headSize(image);
      await this.createBackingImage(image);
      await this.createStorageClass(image);
      await this.markInitialized(image, size);
    } catch (error) {
      if (this.world.signal.aborted) throw error;
      if ((error as { reason?: string }).reason === 'Conflict') throw error;
      await this.fail(image, { condition: 'Initialized', cause: messageOf(error), progress: 0 });
    }
  }

  private async markInitialized(image: VirtualMachineImage, size: number | undefined): Promise<void> {
    const { traits, clock, cluster } = this.world;
    const before = { ...image.status, ...(size !== undefined && { size }) };
    const status = initialized(image.spec, before, storageClassName(image, traits), timestamp(clock));
    await cluster.replace(IMAGES, { ...image, status });
  }

  /** HEAD of a download's URL; the length that it promises. */
  private async headSize(image: VirtualMachineImage): Promise<number | undefined> {
    const { headFails, stillDeleting } = imageScriptOf(image, this.world.scripts);
    const tries = image.status?.failed ?? 0;
    if (stillDeleting && tries < stillDeleting.times) {
      throw new Error(`backing image ${backingImageName(image, this.world.traits)} is being deleted`);
    }
    if (headFails && tries < headFails.times) throw new Error(headFails.message);
    if (image.spec.backend === 'cdi')
      throw new Error('the embedded Harvester has no CDI: use backend "backingimage"');
    if (image.spec.sourceType !== 'download') return undefined;
    const { status, length } = await this.world.source().head(image.spec.url!, this.world.pace.headTimeout);
    if (status < 200 || status >= 400) throw new Error(`got ${status} status code from ${image.spec.url}`);
    return length;
  }

  private async createBackingImage(image: VirtualMachineImage): Promise<void> {
    const { traits, cluster } = this.world;
    const { namespace, name } = image.metadata;
    const copies = image.spec.storageClassParameters?.numberOfReplicas ?? '';
    if (traits.virtualSize && !/^\d+$/.test(copies)) {
      throw new Error(`strconv.Atoi: parsing ${JSON.stringify(copies)}: invalid syntax`);
    }
    await orExists(
      cluster.create(BACKING_IMAGES, {
        metadata: {
          name: backingImageName(image, traits),
          namespace: LONGHORN_NAMESPACE,
          annotations: { [IMAGE_ID]: `${namespace}/${name}` },
        },
        spec: {
          sourceType: image.spec.sourceType,
          sourceParameters: this.sourceParametersOf(image),
          checksum: image.spec.checksum ?? '',
          ...(traits.virtualSize && { minNumberOfCopies: Number(copies) }),
        },
      }),
    );
  }

  private async createStorageClass(image: VirtualMachineImage): Promise<void> {
    const { traits, cluster } = this.world;
    const parameters = {
      ...image.spec.storageClassParameters,
      backingImage: backingImageName(image, traits),
    };
    await orExists(
      cluster.create(STORAGE_CLASSES, {
        metadata: { name: storageClassName(image, traits) },
        provisioner: LONGHORN_DRIVER,
        reclaimPolicy: 'Delete',
        volumeBindingMode: 'Immediate',
        allowVolumeExpansion: true,
        parameters,
      }),
    );
  }

  private async deleteBelongings(image: VirtualMachineImage): Promise<void> {
    const { traits, cluster } = this.world;
    await cluster.delete(BACKING_IMAGES, {
      namespace: LONGHORN_NAMESPACE,
      name: backingImageName(image, traits),
    });
    await cluster.delete(STORAGE_CLASSES, { name: storageClassName(image, traits) });
  }

  private async remove(image: VirtualMachineImage): Promise<number | undefined> {
    const { cluster, pace, scripts } = this.world;
    if (!image.metadata.finalizers?.includes(FINALIZER)) return undefined;
    const terminating = this.ages.of(`${image.metadata.uid} terminating`);
    const wait = (imageScriptOf(image, scripts).terminating ?? 0) - terminating;
    if (wait > 0) return wait;
    await this.deleteBelongings(image);
    if (this.backingImageOf(image)) return pace.tick;
    const finalizers = image.metadata.finalizers.filter((name) => name !== FINALIZER);
    await cluster.replace(IMAGES, { ...image, metadata: { ...image.metadata, finalizers } });
    this.failedAt.delete(image.metadata.uid!);
    this.ages.forget(image.metadata.uid!);
    this.ages.forget(`${image.metadata.uid} terminating`);
    return undefined;
  }

  private sourceParametersOf(image: VirtualMachineImage): Record<string, string> {
    const { sourceType, url, pvcName, pvcNamespace } = image.spec;
    if (sourceType === 'download') return { url: url ?? '' };
    if (sourceType !== 'export-from-volume') return {};
    const claim = this.world.claims.get(`${pvcNamespace}/${pvcName}`);
    if (!claim) {
      const cause = `persistentvolumeclaim ${JSON.stringify(pvcName)} not found`;
      throw new Error(`failed to get pvc ${pvcNamespace}/${pvcName}, error: ${cause}`);
    }
    return { 'volume-name': claim.spec.volumeName ?? '', 'export-type': 'raw' };
  }
}
