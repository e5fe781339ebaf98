/**
 * Finding what is ours by its labels: everything of a run, or everything there is. What a kubeconfig may not list is said,
 * and looked up by name where names are known (DESIGN §2 rule 5).
 */
import { throwIfAborted } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { isForbidden, isNotFound } from '../kube/errors.ts';
import { type Kube, type KubeObject, type Resource, resourceName } from '../kube/kube.ts';
import { LEASES, PERSISTENT_VOLUME_CLAIMS, PODS, SECRETS } from '../kube/resources.ts';
import { isOfRun, isTemporary, OWN_SELECTOR, runSelector } from './labels.ts';
import { VIRTUAL_MACHINE_IMAGES, VIRTUAL_MACHINE_INSTANCES, VIRTUAL_MACHINES } from './resources.ts';

/** Every kind of object the project creates, in the order in which they can go. */
export const OWN_KINDS: readonly Resource[] = [
  VIRTUAL_MACHINES,
  VIRTUAL_MACHINE_INSTANCES,
  PODS,
  PERSISTENT_VOLUME_CLAIMS,
  SECRETS,
  VIRTUAL_MACHINE_IMAGES,
  LEASES,
];

/** An object, and the collection it is in. */
export interface OwnObject {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** `virtualmachineimages.harvesterhci.io ns/name`. */
export function nameOf({ resource, object }: OwnObject): string {
  return `${resourceName(resource)} ${object.metadata.namespace}/${object.metadata.name}`;
}

export interface RunSearch {
  readonly kube: Kube;
  readonly namespace: string;
  readonly runId: string;
  readonly signal?: AbortSignal | undefined;
  /**
   * Names the run may have given, for what labels do not find: a least-privilege role has no list of Secrets
   * (facts/harvester.md §2.9), and it is Harvester that makes the claims.
   */
  readonly known?: { readonly secrets: readonly string[]; readonly claims: readonly string[] };
}

export interface RunObjects {
  /** Temporary objects of the run. */
  readonly found: readonly OwnObject[];
  /** Where could not be looked, and why. */
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}

/** The kinds a run creates by itself; instances and launcher pods belong to its machine. */
const RUN_KINDS = OWN_KINDS.filter((resource) => resource !== VIRTUAL_MACHINE_INSTANCES);

/** Everything temporary of one run. Throws only the abort reason. */
export async function findRun(search: RunSearch): Promise<RunObjects> {
  const found: OwnObject[] = [];
  const unseen: { what: string; why: string }[] = [];
  for (const resource of RUN_KINDS) {
    try {
      found.push(...(await ofRun(resource, search)));
    } catch (error) {
      throwIfAborted(search.signal);
      unseen.push({
        what: `${resourceName(resource)} of run ${search.runId}, if any`,
        why: messageOf(error),
      });
    }
  }
  return { found, unseen };
}

async function ofRun(resource: Resource, search: RunSearch): Promise<OwnObject[]> {
  const { runId, known = { secrets: [], claims: [] } } = search;
  const mayGo = (object: KubeObject) => isOfRun(object, runId) && isSwept({ resource, object });
  const objects = await listed(resource, search).catch((error: unknown) => {
    if (resource !== SECRETS || !isForbidden(error)) throw error;
    return named(resource, known.secrets, search);
  });
  const swept = objects.filter(mayGo);
  if (resource !== PERSISTENT_VOLUME_CLAIMS) return swept.map((object) => ({ resource, object }));
  // Whether Harvester copies the labels of a claim's template differs between releases.
  const names = known.claims.filter((name) => !swept.some(({ metadata }) => metadata.name === name));
  const others = await named(resource, names, search);
  return [...swept, ...others].map((object) => ({ resource, object }));
}

/** Temporary and not somebody's: a launcher pod goes with its instance, an instance with its machine. */
export function isSwept({ resource, object }: OwnObject): boolean {
  const follows = resource === PODS || resource === VIRTUAL_MACHINE_INSTANCES;
  const owners = object.metadata.ownerReferences ?? [];
  return isTemporary(object) && !(follows && owners.length > 0);
}

async function listed(resource: Resource, { kube, namespace, runId, signal }: RunSearch) {
  return (await kube.list(resource, { namespace, labelSelector: runSelector(runId), signal })).items;
}

async function named(resource: Resource, names: readonly string[], search: RunSearch): Promise<KubeObject[]> {
  const { kube, namespace, signal } = search;
  const get = (name: string) =>
    kube.get(resource, { namespace, name }, { signal }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  return (await Promise.all(names.map(get))).filter((object) => object !== undefined);
}

/**
 * Everything of ours in a namespace, of the kinds given and in their order. Throws the first KubeError. What belongs to something
 * is read before it, so that nobody sees a volume without the machine that was made meanwhile.
 */
export async function findOwn(
  kube: Kube,
  namespace: string,
  options: { kinds?: readonly Resource[]; signal?: AbortSignal | undefined } = {},
): Promise<OwnObject[]> {
  const { kinds = OWN_KINDS, signal } = options;
  let found: OwnObject[] = [];
  for (const resource of kinds.toReversed()) {
    const { items } = await kube.list(resource, { namespace, labelSelector: OWN_SELECTOR, signal });
    found = [...items.map((object) => ({ resource, object })), ...found];
  }
  return found;
}
