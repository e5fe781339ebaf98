/**
 * The cluster's own small controllers: empties namespaces and ends definitions that are being deleted, lets volumes go
 * that nothing uses (kubernetes/kubernetes pkg/controller/{namespace,volume/pvcprotection,volume/pvprotection}).
 */

import { DEFINITIONS } from './definitions.ts';
import { DEFINITION_CLEANUP } from './deletes.ts';
import { type ControllerParts, controllerUser, controllerWrite, isGone } from './garbage.ts';
import { fieldAt, isFields, type KubeObject, listAt, textAt } from './object.ts';
import type { User } from './rbac.ts';
import { collectionOf, type ResourceType } from './resource-type.ts';
import { CLAIM_PROTECTION, VOLUME_PROTECTION } from './strategy.ts';
import { BACKGROUND } from './write-options.ts';

const NAMESPACE_USER = controllerUser('namespace-controller');
const DEFINITION_USER = controllerUser('customresourcedefinition-controller');
const VOLUME_USER = controllerUser('pvc-protection-controller');

/** Acts on what is there, then on each change; returns how to stop. */
export function startCleanup(parts: ControllerParts): () => void {
  const { store } = parts;
  const consider = (collection: string, object: KubeObject) => {
    if (collection === 'pods') considerClaims(parts, object.metadata.namespace!);
    if (object.metadata.deletionTimestamp) plan(parts, collection, object);
    considerTerminatingNamespace(parts, object);
  };
  for (const collection of ['namespaces', DEFINITIONS, 'persistentvolumeclaims', 'persistentvolumes']) {
    for (const object of store.list(collection)) consider(collection, object);
  }
  return store.observe((collection, { type, object }) => {
    if (type === 'DELETED') considerRest(parts, collection, object);
    else consider(collection, object);
  });
}

function plan(parts: ControllerParts, collection: string, object: KubeObject): void {
  const work = WORK[collection];
  if (work)
    parts.queue.add(`${collection}/${object.metadata.uid}`, () =>
      work(parts, object.metadata.namespace, object.metadata.name),
    );
}

type Work = (parts: ControllerParts, namespace: string | undefined, name: string) => Promise<void>;

const WORK: Readonly<Record<string, Work>> = {
  namespaces: (parts, _namespace, name) => emptyNamespace(parts, name),
  [DEFINITIONS]: (parts, _namespace, name) => endDefinition(parts, name),
  persistentvolumeclaims: (parts, namespace, name) => releaseClaim(parts, namespace!, name),
  persistentvolumes: (parts, _namespace, name) => releaseVolume(parts, name),
};

/** What was deleted may have been the last obstacle of its namespace, its definition, or a claim. */
function considerRest(parts: ControllerParts, collection: string, gone: KubeObject): void {
  const { store } = parts;
  if (collection === 'pods') considerClaims(parts, gone.metadata.namespace!);
  considerTerminatingNamespace(parts, gone);
  const definition = store.get(DEFINITIONS, undefined, collection);
  if (definition?.metadata.deletionTimestamp) plan(parts, DEFINITIONS, definition);
}

function considerTerminatingNamespace(parts: ControllerParts, { metadata }: KubeObject): void {
  const namespace = parts.store.get('namespaces', undefined, metadata.namespace ?? '');
  if (namespace?.metadata.deletionTimestamp) plan(parts, 'namespaces', namespace);
}

function considerClaims(parts: ControllerParts, namespace: string): void {
  for (const claim of parts.store.list('persistentvolumeclaims', namespace)) {
    if (claim.metadata.deletionTimestamp) plan(parts, 'persistentvolumeclaims', claim);
  }
}

async function emptyNamespace(parts: ControllerParts, name: string): Promise<void> {
  const namespace = parts.store.get('namespaces', undefined, name);
  const type = parts.registry.find('', 'v1', 'namespaces')!;
  if (!namespace?.metadata.deletionTimestamp) return;
  const kinds = parts.registry
    .all()
    .filter((candidate) => candidate.namespaced && candidate.verbs.includes('list'));
  let left = 0;
  for (const kind of kinds) left += await deleteAll(parts, NAMESPACE_USER, kind, name);
  if (left > 0) return;
  const write = { ...controllerWrite(NAMESPACE_USER, type, undefined), subresource: 'finalize' };
  await parts.writer
    .update(write, name, (current) => ({ ...current, spec: { finalizers: [] } }))
    .catch(unlessGone);
}

async function endDefinition(parts: ControllerParts, name: string): Promise<void> {
  const definition = parts.store.get(DEFINITIONS, undefined, name);
  const type = parts.registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')!;
  if (!definition?.metadata.finalizers?.includes(DEFINITION_CLEANUP)) return;
  const { group, names } = definition.spec as { group: string; names: { plural: string } };
  const kind = parts.registry.findResource(group, names.plural);
  if (kind && (await deleteAll(parts, DEFINITION_USER, kind, undefined)) > 0) return;
  await removeFinalizer(parts, DEFINITION_USER, type, definition, DEFINITION_CLEANUP);
}

/** Deletes all objects of a type and says how many are still held by something. */
async function deleteAll(
  parts: ControllerParts,
  user: User,
  type: ResourceType,
  namespace: string | undefined,
): Promise<number> {
  const collection = collectionOf(type);
  for (const { metadata } of parts.store.list(collection, namespace)) {
    if (metadata.deletionTimestamp) continue;
    const write = controllerWrite(user, type, metadata.namespace);
    await parts.deleter.delete(write, metadata.name, BACKGROUND).catch(unlessGone);
  }
  return parts.store.list(collection, namespace).length;
}

/** A claim stays while a pod that has not ended uses it. */
async function releaseClaim(parts: ControllerParts, namespace: string, name: string): Promise<void> {
  const claim = parts.store.get('persistentvolumeclaims', namespace, name);
  const type = parts.registry.find('', 'v1', 'persistentvolumeclaims')!;
  const used = parts.store.list('pods', namespace).some((pod) => usesClaim(pod, name));
  if (claim && !used) await removeFinalizer(parts, VOLUME_USER, type, claim, CLAIM_PROTECTION);
}

function usesClaim(pod: KubeObject, claim: string): boolean {
  if (['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase'))) return false;
  return listAt(pod, 'spec', 'volumes')
    .filter(isFields)
    .some((volume) => fieldAt(volume, 'persistentVolumeClaim', 'claimName') === claim);
}

async function releaseVolume(parts: ControllerParts, name: string): Promise<void> {
  const volume = parts.store.get('persistentvolumes', undefined, name);
  const type = parts.registry.find('', 'v1', 'persistentvolumes')!;
  const bound = textAt(volume, 'status', 'phase') === 'Bound';
  if (volume && !bound) await removeFinalizer(parts, VOLUME_USER, type, volume, VOLUME_PROTECTION);
}

async function removeFinalizer(
  parts: ControllerParts,
  user: User,
  type: ResourceType,
  { metadata }: KubeObject,
  finalizer: string,
): Promise<void> {
  if (!metadata.deletionTimestamp || !metadata.finalizers?.includes(finalizer)) return;
  const write = controllerWrite(user, type, metadata.namespace);
  const without = (current: KubeObject) => {
    const finalizers = (current.metadata.finalizers ?? []).filter((item) => item !== finalizer);
    return { ...current, metadata: { ...current.metadata, finalizers } };
  };
  await parts.writer.update(write, metadata.name, without).catch(unlessGone);
}

function unlessGone(error: unknown): void {
  if (!isGone(error)) throw error;
}
