/** What a run can leave whose runner died at the worst moment: objects on their own, long expired. */
import { EXPIRES_AT, ownershipMeta } from '../../../src/harvester/labels.ts';
import { findOwn, isSwept } from '../../../src/harvester/own-objects.ts';
import { VIRTUAL_MACHINE_INSTANCES } from '../../../src/harvester/resources.ts';
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
    const metadata = { name: `stray-${resource.kind.toLowerCase()}`, namespace, ...meta };
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
