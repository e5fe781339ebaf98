/**
 * Longhorn's side of a volume claim: Pending → Bound with a PersistentVolume, and detached some time after its deletion
 * (facts/harvester.md §2.8, §3.3). Also plays Kubernetes' volume protection: a claim that a pod uses stays.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseQuantity } from '../../../src/base/quantity.ts';
import { Ages } from '../ages.ts';
import { orExists } from '../client.ts';
import { recordEvent } from '../events.ts';
import { LONGHORN_NAMESPACE } from '../image/names.ts';
import { PERSISTENT_VOLUMES, VOLUME_CLAIMS } from '../kinds.ts';
import type { Pod, StorageClass, Volume } from '../objects.ts';
import type { World } from '../world.ts';

/** Kubernetes' own, and Longhorn's until the volume is detached. */
const FINALIZERS = ['kubernetes.io/pvc-protection', 'longhorn.io/volume'];

/** The file that stands for a volume's blocks. */
export function volumeFile(folder: string, claim: Volume): string {
  return join(folder, 'volumes', `${claim.metadata.uid}.img`);
}

export class VolumeController {
  private readonly world: World;
  private readonly refused = new Set<string>();
  private readonly ages: Ages;

  constructor(world: World) {
    this.world = world;
    this.ages = new Ages(world.clock);
  }

  /** One step for the claim `namespace/name`. */
  async reconcile(key: string): Promise<number | undefined> {
    const claim = this.world.claims.get(key);
    if (!claim) return undefined;
    if (claim.metadata.deletionTimestamp) return this.remove(claim);
    if (claim.status?.phase === 'Bound') return undefined;
    const storageClass = this.world.storageClasses.get(claim.spec.storageClassName ?? '');
    if (!storageClass) return this.world.pace.tick;
    const wait = this.world.pace.bind - this.ages.of(claim.metadata.uid!);
    if (wait > 0) return wait;
    return this.provision(claim, storageClass);
  }

  private async provision(claim: Volume, storageClass: StorageClass): Promise<number | undefined> {
    const problem = this.tooSmall(claim, storageClass);
    if (problem) {
      if (!this.refused.has(claim.metadata.uid!)) {
        await recordEvent(this.world, claim, {
          type: 'Warning',
          reason: 'ProvisioningFailed',
          message: problem,
        });
        this.refused.add(claim.metadata.uid!);
      }
      return this.world.pace.retryDelay;
    }
    await this.bind(claim, storageClass);
    return undefined;
  }

  /** Longhorn refuses a volume smaller than the image it starts from. */
  private tooSmall(claim: Volume, storageClass: StorageClass): string | undefined {
    const name = storageClass.parameters?.backingImage;
    const backing = name ? this.world.backingImages.get(`${LONGHORN_NAMESPACE}/${name}`) : undefined;
    if (!name) return undefined;
    if (!backing) return `failed to provision volume: backing image ${name} not found`;
    const wanted = parseQuantity(claim.spec.resources?.requests?.storage ?? '') ?? 0;
    const least = backing.status?.virtualSize ?? 0;
    if (wanted >= least) return undefined;
    return `failed to provision volume: volume size ${wanted} should be larger than the backing image size ${least}`;
  }

  private async bind(claim: Volume, storageClass: StorageClass): Promise<void> {
    const { cluster } = this.world;
    const { namespace, name, uid } = claim.metadata;
    const capacity = { storage: claim.spec.resources?.requests?.storage ?? '0' };
    const volumeName = `pvc-${uid}`;
    await orExists(
      cluster.create(PERSISTENT_VOLUMES, {
        metadata: { name: volumeName },
        spec: {
          accessModes: claim.spec.accessModes,
          capacity,
          volumeMode: claim.spec.volumeMode ?? 'Filesystem',
          storageClassName: storageClass.metadata.name,
          persistentVolumeReclaimPolicy: 'Delete',
          claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
          csi: { driver: storageClass.provisioner, volumeHandle: volumeName },
        },
      }),
    );
    await cluster.patch(PERSISTENT_VOLUMES, { name: volumeName }, { status: { phase: 'Bound' } }, 'status');
    const finalizers = [...new Set([...(claim.metadata.finalizers ?? []), ...FINALIZERS])];
    await cluster.patch(VOLUME_CLAIMS, claim.metadata, { metadata: { finalizers }, spec: { volumeName } });
    const status = { phase: 'Bound', capacity, accessModes: claim.spec.accessModes };
    await cluster.patch(VOLUME_CLAIMS, claim.metadata, { status }, 'status');
  }

  private async remove(claim: Volume): Promise<number | undefined> {
    const { cluster, pace, pods } = this.world;
    if (pods.all().some((pod) => uses(pod, claim))) return pace.tick;
    const wait = pace.detach - this.ages.of(`${claim.metadata.uid} deleted`);
    if (wait > 0) return wait;
    await rm(volumeFile(this.world.folder, claim), { force: true });
    if (claim.spec.volumeName) await this.removeVolume(claim.spec.volumeName);
    const finalizers = claim.metadata.finalizers?.filter((name) => !FINALIZERS.includes(name)) ?? [];
    await cluster.replace(VOLUME_CLAIMS, { ...claim, metadata: { ...claim.metadata, finalizers } });
    this.refused.delete(claim.metadata.uid!);
    this.ages.forget(claim.metadata.uid!);
    this.ages.forget(`${claim.metadata.uid} deleted`);
    return undefined;
  }

  private async removeVolume(name: string): Promise<void> {
    const { cluster } = this.world;
    const volume = await cluster.get(PERSISTENT_VOLUMES, { name });
    if (!volume) return;
    if (volume.metadata.finalizers?.length) {
      await cluster.patch(PERSISTENT_VOLUMES, { name }, { metadata: { finalizers: null } });
    }
    await cluster.delete(PERSISTENT_VOLUMES, { name });
  }
}

function uses(pod: Pod, claim: Volume): boolean {
  if (pod.metadata.namespace !== claim.metadata.namespace) return false;
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return false;
  const volumes = (pod.spec.volumes ?? []) as { persistentVolumeClaim?: { claimName: string } }[];
  return volumes.some((volume) => volume.persistentVolumeClaim?.claimName === claim.metadata.name);
}
