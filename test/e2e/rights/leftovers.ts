/** What a run can leave whose runner died at the worst moment: objects on their own, long expired. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SCRIPT_ANNOTATION } from '../../../lab/harvester/script.ts';
import { EXPIRES_AT, ownershipMeta } from '../../../src/harvester/labels.ts';
import { findOwn, isSwept } from '../../../src/harvester/own-objects.ts';
import { VIRTUAL_MACHINE_IMAGES, VIRTUAL_MACHINE_INSTANCES } from '../../../src/harvester/resources.ts';
import type { Kube, KubeObject, Resource } from '../../../src/kube/kube.ts';
import { apiVersion } from '../../../src/kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS, SECRETS } from '../../../src/kube/resources.ts';

const PAST = '2026-01-01T00:00:00Z';

/** The time of everything temporary is up. */
export async function expireAll(kube: Kube, namespace: string): Promise<void> {
  for (const one of (await findOwn(kube, namespace)).filter(isSwept)) {
    const patch = { metadata: { annotations: { [EXPIRES_AT]: PAST } } };
    await kube.mergePatch(one.resource, one.object.metadata, patch);
  }
}

/** One of each kind that can be left without its machine. */
export async function leaveStrays(kube: Kube, namespace: string): Promise<void> {
  const make = (resource: Resource, fields: object) => {
    const meta = ownershipMeta({ runId: 'long-ago', recipe: 'small-node', expiresAt: PAST });
    // An instance that no node takes: its launcher pod, which nobody would run, must not wait for a kubelet to end.
    const annotations = { ...meta.annotations, [SCRIPT_ANNOTATION]: '{"unschedulable":"no node"}' };
    const metadata = { name: `stray-${resource.kind.toLowerCase()}`, namespace, ...meta, annotations };
    return kube.create(resource, {
      apiVersion: apiVersion(resource),
      kind: resource.kind,
      metadata,
      ...fields,
    } as KubeObject);
  };
  await make(SECRETS, { stringData: { userdata: '#cloud-config' } });
  await make(PODS, { spec: { containers: [{ name: 'check', image: 'registry.invalid/check' }] } });
  await make(PERSISTENT_VOLUME_CLAIMS, {
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'longhorn',
      resources: { requests: { storage: '1Gi' } },
    },
  });
  const devices = { disks: [], interfaces: [] };
  await make(VIRTUAL_MACHINE_INSTANCES, { spec: { domain: { devices }, networks: [], volumes: [] } });
}

/** What a node does: a volume that stands on the image (namespace/name). What is returned takes it away. */
export async function useImage(kube: Kube, imageId: string, volume: string): Promise<() => Promise<void>> {
  const [namespace = '', name = ''] = imageId.split('/');
  const image = await kube.get(VIRTUAL_MACHINE_IMAGES, { namespace, name });
  const { storageClassName } = (image as unknown as { status: { storageClassName: string } }).status;
  const annotations = { 'harvesterhci.io/imageId': imageId };
  return bindVolume(kube, { name: volume, namespace, annotations }, { storageClassName, storage: '10Gi' });
}

/** Makes a volume and waits until it is bound. What is returned takes it away. */
export async function bindVolume(
  kube: Kube,
  metadata: KubeObject['metadata'],
  { storageClassName, storage }: { storageClassName: string; storage: string },
): Promise<() => Promise<void>> {
  const resources = { requests: { storage } };
  const spec = { accessModes: ['ReadWriteMany'], volumeMode: 'Block', storageClassName, resources };
  const kind = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
  await kube.create(PERSISTENT_VOLUME_CLAIMS, { ...kind, metadata, spec } as KubeObject);
  for (let phase = ''; phase !== 'Bound'; await sleep(20)) {
    const claim = await kube.get(PERSISTENT_VOLUME_CLAIMS, metadata);
    phase = (claim as unknown as { status?: { phase?: string } }).status?.phase ?? '';
  }
  return async () => {
    await kube.delete(PERSISTENT_VOLUME_CLAIMS, metadata);
    while (await kube.get(PERSISTENT_VOLUME_CLAIMS, metadata).catch(() => undefined)) await sleep(20);
  };
}
