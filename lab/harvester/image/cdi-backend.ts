/**
 * Images as volumes that CDI fills, in a storage class that they share with others (harvester/harvester pkg/image/cdi,
 * facts/harvester.md §1.5). CDI's part is in ../cdi.
 */
import { timestamp } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { parseQuantity } from '../../../src/base/quantity.ts';
import { orExists } from '../client.ts';
import { DATA_VOLUMES, IMAGES, keyOf } from '../kinds.ts';
import { qcow2VirtualSize } from '../longhorn/qcow2.ts';
import { type DataVolume, type ImageStatus, isTrue, type VirtualMachineImage } from '../objects.ts';
import { imageScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import type { Condition, ImageBackend, StatusRecord } from './backend.ts';
import { imported, importing } from './conditions.ts';

const HEADER = 128;
const BIND_AT_ONCE = 'cdi.kubevirt.io/storage.bind.immediate.requested';

type Sizes = Required<Pick<ImageStatus, 'size' | 'virtualSize'>>;

export class CdiBackend implements ImageBackend {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  storageClass(image: VirtualMachineImage): string {
    return image.spec.targetStorageClassName ?? '';
  }

  async follow(image: VirtualMachineImage): Promise<boolean> {
    const volume = this.world.dataVolumes.get(keyOf(image));
    if (!volume || !isTrue(image.status?.conditions, 'Initialized')) return false;
    const status = this.statusOf(image, volume);
    if (!status) return false;
    await this.world.cluster.replace(IMAGES, { ...image, status });
    return true;
  }

  private statusOf({ status = {} }: VirtualMachineImage, volume: DataVolume): ImageStatus | undefined {
    const now = timestamp(this.world.clock);
    const { phase, progress = 'N/A' } = volume.status ?? {};
    if (phase === 'Succeeded') return imported(status, {}, now);
    const percent = Number.parseInt(progress, 10);
    if (Number.isNaN(percent)) return undefined;
    const next = importing(status, 'Image Importing', percent, now);
    return next.progress === status.progress ? undefined : next;
  }

  /** A failed import is CDI's to repeat, for ever: it never becomes a failure of the image. */
  check(image: VirtualMachineImage): Condition {
    if (this.world.dataVolumes.get(keyOf(image))) return 'fine';
    if (image.spec.sourceType !== 'upload') return 'broken';
    // Harvester initialises it again and again until a file comes; that shows only where it undoes an UploadFailed.
    const { conditions = [] } = image.status ?? {};
    const waits = conditions.some(({ type, status }) => type === 'Imported' && status === 'Unknown');
    return waits && isTrue(conditions, 'Initialized') ? 'fine' : 'broken';
  }

  async initialize(image: VirtualMachineImage, record: StatusRecord): Promise<void> {
    if (image.spec.sourceType === 'upload') return; // the upload itself makes the volume
    const sizes = await this.sizesOf(image);
    await record(sizes);
    await createDataVolume(this.world, image, sizes.virtualSize);
  }

  private async sizesOf(image: VirtualMachineImage): Promise<Sizes> {
    const { sourceType, url = '', pvcNamespace, pvcName } = image.spec;
    if (sourceType === 'download') {
      const virtualSize = await told('failed to fetch image virtual size', () => this.virtualSizeAt(image));
      const size = await told('failed to fetch image size', () => this.lengthAt(url));
      return { size, virtualSize: virtualSize ?? size };
    }
    if (sourceType !== 'export-from-volume') throw new Error(`unsupported source type: ${sourceType}`);
    const claim = this.world.claims.get(`${pvcNamespace}/${pvcName}`);
    if (!claim) {
      const cause = `persistentvolumeclaims ${JSON.stringify(pvcName)} not found`;
      throw new Error(`failed to get source PVC ${pvcNamespace}/${pvcName}: ${cause}`);
    }
    const size = parseQuantity(claim.status?.capacity?.storage ?? '') ?? 0;
    return { size, virtualSize: size };
  }

  /** From the first bytes, by a ranged GET; undefined: not qcow2. The status of the answer is not looked at. */
  private async virtualSizeAt(image: VirtualMachineImage): Promise<number | undefined> {
    const { headFails } = imageScriptOf(image, this.world.scripts);
    if (headFails && (image.status?.failed ?? 0) < headFails.times) throw new Error(headFails.message);
    const header = await this.world.source().first(image.spec.url ?? '', HEADER, this.world.pace.headTimeout);
    if (header.length < HEADER) throw new Error(`content length is less than ${HEADER} bytes`);
    return qcow2VirtualSize(header);
  }

  private async lengthAt(url: string): Promise<number> {
    const { length } = await this.world.source().head(url, this.world.pace.headTimeout);
    if (length === undefined) throw new Error('Content-Length is not found in the header');
    return length;
  }

  async remove(image: VirtualMachineImage): Promise<boolean> {
    await this.world.cluster.delete(DATA_VOLUMES, image.metadata);
    return true;
  }
}

/** Makes the DataVolume of an image, as large as its guest will see it. */
export async function createDataVolume(
  world: World,
  image: VirtualMachineImage,
  virtualSize: number,
): Promise<void> {
  const { name, namespace, uid } = image.metadata;
  const storageClassName = image.spec.targetStorageClassName ?? '';
  const storageClass = world.storageClasses.get(storageClassName);
  if (!storageClass) {
    const cause = `storageclasses.storage.k8s.io ${JSON.stringify(storageClassName)} not found`;
    throw new Error(`failed to get StorageClass ${storageClassName}: ${cause}`);
  }
  const { apiVersion, kind } = image;
  const waits = storageClass.volumeBindingMode === 'WaitForFirstConsumer';
  const creation = world.cluster.create(DATA_VOLUMES, {
    metadata: {
      name,
      namespace: namespace!,
      ...(waits && { annotations: { [BIND_AT_ONCE]: 'true' } }),
      ownerReferences: [{ apiVersion, kind, name, uid: uid!, blockOwnerDeletion: true }],
    },
    spec: {
      source: sourceOf(image),
      storage: { storageClassName, resources: { requests: { storage: String(virtualSize) } } },
    },
  });
  await told(`failed to create DataVolume ${namespace}/${name}`, () => orExists(creation));
}

function sourceOf({ spec, metadata }: VirtualMachineImage): DataVolume['spec']['source'] {
  if (spec.sourceType === 'upload') return { upload: {} };
  if (spec.sourceType === 'download') return { http: { url: spec.url ?? '' } };
  return { pvc: { name: spec.pvcName ?? '', namespace: metadata.namespace ?? '' } };
}

async function told<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // No `cause`: the text becomes a condition's message.
    throw new Error(`${doing}: ${messageOf(error)}`);
  }
}
