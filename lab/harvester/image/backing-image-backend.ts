/**
 * Images as Longhorn's backing images, each with a storage class of its own (harvester/harvester pkg/image/backingimage,
 * facts/harvester.md §1.4). Longhorn's part is in ../longhorn.
 */
import { timestamp } from '../../../src/base/clock.ts';
import { orExists } from '../client.ts';
import { BACKING_IMAGES, IMAGES, STORAGE_CLASSES } from '../kinds.ts';
import { type BackingImage, type DiskFileStatus, isTrue, type VirtualMachineImage } from '../objects.ts';
import { imageScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import type { Condition, ImageBackend, OnFailure, StatusRecord } from './backend.ts';
import { imported, importing } from './conditions.ts';
import { backingImageName, IMAGE_ID, LONGHORN_NAMESPACE, storageClassName } from './names.ts';

const LONGHORN_DRIVER = 'driver.longhorn.io';

export class BackingImageBackend implements ImageBackend {
  private readonly world: World;
  private readonly onFailure: OnFailure;
  /** Backing images (uid) whose failure has been counted already. */
  private readonly counted = new Set<string>();

  constructor(world: World, onFailure: OnFailure) {
    this.world = world;
    this.onFailure = onFailure;
  }

  storageClass(image: VirtualMachineImage): string {
    return storageClassName(image, this.world.traits);
  }

  async follow(image: VirtualMachineImage): Promise<boolean> {
    const backing = this.backingImageOf(image);
    const files = Object.values(backing?.status?.diskFileStatusMap ?? {});
    if (!backing || backing.metadata.deletionTimestamp || files.length !== 1) return false;
    if (!isTrue(image.status?.conditions, 'Initialized')) return false;
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
    await this.onFailure(image, file.message, file.progress);
    this.counted.add(backing.metadata.uid!);
    return true;
  }

  check(image: VirtualMachineImage): Condition {
    const backing = this.backingImageOf(image);
    if (backing?.metadata.deletionTimestamp) return 'later';
    const files = Object.values(backing?.status?.diskFileStatusMap ?? {});
    const storageClass = this.world.storageClasses.get(this.storageClass(image));
    return backing && storageClass && files.every(({ state }) => state !== 'failed') ? 'fine' : 'broken';
  }

  async initialize(image: VirtualMachineImage, record: StatusRecord): Promise<void> {
    const previous = this.backingImageOf(image);
    if (previous) await this.deleteBelongings(image);
    const size = await this.headSize(image);
    if (image.spec.sourceType === 'download') {
      await record({ appliedUrl: image.spec.url ?? '', ...(size !== undefined && { size }) });
    }
    // Longhorn takes its time to delete: after a failed import Harvester's next try is spent on this, nearly every time.
    if (previous || this.isStillDeleting(image)) {
      throw new Error(`backing image ${backingImageName(image, this.world.traits)} is being deleted`);
    }
    await this.createBackingImage(image);
    await this.createStorageClass(image);
  }

  private isStillDeleting(image: VirtualMachineImage): boolean {
    const { stillDeleting } = imageScriptOf(image, this.world.scripts);
    return (image.status?.failed ?? 0) < (stillDeleting?.times ?? 0);
  }

  /** HEAD of a download's URL; the length that it promises. */
  private async headSize(image: VirtualMachineImage): Promise<number | undefined> {
    const { headFails } = imageScriptOf(image, this.world.scripts);
    if ((image.status?.failed ?? 0) < (headFails?.times ?? 0)) throw new Error(headFails!.message);
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

  private sourceParametersOf(image: VirtualMachineImage): Record<string, string> {
    const { sourceType, url, pvcName, pvcNamespace } = image.spec;
    if (sourceType === 'download') return { url: url ?? '' };
    if (sourceType !== 'export-from-volume') return {};
    const claim = this.world.claims.get(`${pvcNamespace}/${pvcName}`);
    if (!claim) {
      const cause = `persistentvolumeclaims ${JSON.stringify(pvcName)} not found`;
      throw new Error(`failed to get pvc ${pvcNamespace}/${pvcName}, error: ${cause}`);
    }
    return { 'volume-name': claim.spec.volumeName ?? '', 'export-type': 'raw' };
  }

  private async createStorageClass(image: VirtualMachineImage): Promise<void> {
    const { traits, cluster } = this.world;
    const parameters = {
      ...image.spec.storageClassParameters,
      backingImage: backingImageName(image, traits),
    };
    await orExists(
      cluster.create(STORAGE_CLASSES, {
        metadata: { name: this.storageClass(image) },
        provisioner: LONGHORN_DRIVER,
        reclaimPolicy: 'Delete',
        volumeBindingMode: 'Immediate',
        allowVolumeExpansion: true,
        parameters,
      }),
    );
  }

  async remove(image: VirtualMachineImage): Promise<boolean> {
    await this.deleteBelongings(image, imageScriptOf(image, this.world.scripts).orphansClass);
    return this.backingImageOf(image) === undefined;
  }

  private async deleteBelongings(image: VirtualMachineImage, leaveClass = false): Promise<void> {
    const { traits, cluster } = this.world;
    const name = backingImageName(image, traits);
    await cluster.delete(BACKING_IMAGES, { namespace: LONGHORN_NAMESPACE, name });
    if (!leaveClass) await cluster.delete(STORAGE_CLASSES, { name: this.storageClass(image) });
  }

  private backingImageOf(image: VirtualMachineImage): BackingImage | undefined {
    return this.world.backingImages.get(
      `${LONGHORN_NAMESPACE}/${backingImageName(image, this.world.traits)}`,
    );
  }
}
