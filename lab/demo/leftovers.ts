/** Everything in a namespace that a build made for its own use and should have taken away again. */
import { isTemporary, MANAGED_BY, MANAGER } from '../../src/harvester/labels.ts';
import {
  VIRTUAL_MACHINE_IMAGES,
  VIRTUAL_MACHINE_INSTANCES,
  VIRTUAL_MACHINES,
} from '../../src/harvester/resources.ts';
import type { Kube } from '../../src/kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS, SECRETS } from '../../src/kube/resources.ts';

const KINDS = [
  VIRTUAL_MACHINES,
  VIRTUAL_MACHINE_INSTANCES,
  PERSISTENT_VOLUME_CLAIMS,
  SECRETS,
  VIRTUAL_MACHINE_IMAGES,
];

/** `Secret/x` for each object of ours that is not meant to stay. */
export async function leftovers(kube: Kube, namespace: string): Promise<string[]> {
  const found: string[] = [];
  for (const resource of KINDS) {
    const { items } = await kube.list(resource, { namespace, labelSelector: `${MANAGED_BY}=${MANAGER}` });
    const passing = items.filter((item) => resource !== VIRTUAL_MACHINE_IMAGES || isTemporary(item));
    found.push(...passing.map((item) => `${resource.kind}/${item.metadata.name}`));
  }
  return found;
}
