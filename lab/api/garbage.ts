/**
 * Collects what its owners leave behind, and carries out foreground deletion and orphaning
 * (kubernetes/kubernetes pkg/controller/garbagecollector; kubernetes/website "Garbage Collection").
 */
import type { Deleter } from './deletes.ts';
import { FOREGROUND, ORPHAN } from './deletes.ts';
import { ApiFailure } from './failure.ts';
import { MASTERS } from './kubeconfig.ts';
import { type KubeObject, type OwnerReference, splitGroupVersion } from './object.ts';
import type { User } from './rbac.ts';
import type { Registry } from './registry.ts';
import { collectionOf, type ResourceType } from './resource-type.ts';
import type { Store } from './store.ts';
import type { WorkQueue } from './work-queue.ts';
import { BACKGROUND, type DeleteOptions, type Write } from './write-options.ts';
import type { Writer } from './writes.ts';

/** Whoever works on behalf of the cluster itself; admission webhooks see it as the user. */
export function controllerUser(name: string): User {
  const namespace = 'kube-system';
  const groups = [
    'system:serviceaccounts',
    `system:serviceaccounts:${namespace}`,
    'system:authenticated',
    MASTERS,
  ];
  return { name: `system:serviceaccount:${namespace}:${name}`, groups };
}

/** What the cluster's own controllers work with. */
export interface ControllerParts {
  readonly store: Store;
  readonly registry: Registry;
  readonly writer: Writer;
  readonly deleter: Deleter;
  readonly queue: WorkQueue;
}

/** A change by a controller. */
export function controllerWrite(user: User, type: ResourceType, namespace: string | undefined): Write {
  return { type, namespace, subresource: '', user, dryRun: false, fieldValidation: 'Ignore', warnings: [] };
}

/** Whether an error says that there is nothing left to do. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiFailure && error.status.code === 404;
}

const USER = controllerUser('generic-garbage-collector');

export class GarbageCollector {
  private readonly parts: ControllerParts;

  constructor(parts: ControllerParts) {
    this.parts = parts;
  }

  /** Looks at every object once, then at what changes; returns how to stop. */
  start(): () => void {
    const { store } = this.parts;
    for (const collection of store.collectionNames()) {
      for (const object of store.list(collection)) this.consider(collection, object);
    }
    return store.observe((collection, { type, object }) => {
      if (type !== 'DELETED') this.consider(collection, object);
      else this.considerRelatives(object);
    });
  }

  private consider(collection: string, object: KubeObject): void {
    const { ownerReferences = [], finalizers = [], deletionTimestamp, uid } = object.metadata;
    const waits = deletionTimestamp && (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN));
    if (ownerReferences.length === 0 && !waits) return;
    this.parts.queue.add(uid!, () => this.settle(collection, object));
  }

  /** After an object is gone: those it owned, and those of whose foreground deletion it was the last obstacle. */
  private considerRelatives(gone: KubeObject): void {
    for (const { collection, object } of this.dependentsOf(gone.metadata.uid!))
      this.consider(collection, object);
    for (const owner of gone.metadata.ownerReferences ?? []) {
      const found = this.find(owner, gone.metadata.namespace);
      if (found) this.consider(found.collection, found.object);
    }
  }

  private async settle(collection: string, { metadata }: KubeObject): Promise<void> {
    const { store } = this.parts;
    const object = store.get(collection, metadata.namespace, metadata.name);
    const type = object && this.typeOf(object);
    if (!object || !type || object.metadata.uid !== metadata.uid) return;
    if (!object.metadata.deletionTimestamp) return this.collect(type, object);
    const { finalizers = [] } = object.metadata;
    if (finalizers.includes(ORPHAN)) await this.orphan(type, object);
    else if (finalizers.includes(FOREGROUND)) await this.deleteDependents(type, object);
  }

  /** Deletes an object without owners, and removes references to those that are gone. */
  private async collect(type: ResourceType, object: KubeObject): Promise<void> {
    const owners = object.metadata.ownerReferences ?? [];
    const alive = owners.filter((owner) => this.find(owner, object.metadata.namespace) !== undefined);
    if (owners.length === 0 || alive.length === owners.length) return;
    if (alive.length > 0) await this.changeMetadata(type, object, { ownerReferences: alive });
    else await this.delete(type, object, BACKGROUND);
  }

  private async orphan(type: ResourceType, owner: KubeObject): Promise<void> {
    for (const { object } of this.dependentsOf(owner.metadata.uid!)) {
      const others = object.metadata.ownerReferences!.filter(({ uid }) => uid !== owner.metadata.uid);
      const dependentType = this.typeOf(object);
      if (dependentType) await this.changeMetadata(dependentType, object, { ownerReferences: others });
    }
    await this.letGo(type, owner, ORPHAN);
  }

  private async deleteDependents(type: ResourceType, owner: KubeObject): Promise<void> {
    const dependents = this.dependentsOf(owner.metadata.uid!);
    for (const { object } of dependents) {
      const dependentType = this.typeOf(object);
      if (!dependentType || object.metadata.deletionTimestamp) continue;
      const hasOwn = this.dependentsOf(object.metadata.uid!).length > 0;
      await this.delete(
        dependentType,
        object,
        hasOwn ? { ...BACKGROUND, propagation: 'Foreground' } : BACKGROUND,
      );
    }
    const blocking = this.dependentsOf(owner.metadata.uid!).some(({ object }) => blocks(object, owner));
    if (!blocking) await this.letGo(type, owner, FOREGROUND);
  }

  private letGo(type: ResourceType, object: KubeObject, finalizer: string): Promise<void> {
    const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    return this.changeMetadata(type, object, { finalizers });
  }

  private async changeMetadata(
    type: ResourceType,
    { metadata }: KubeObject,
    change: Partial<KubeObject['metadata']>,
  ): Promise<void> {
    const write = controllerWrite(USER, type, metadata.namespace);
    const merge = (current: KubeObject) => ({ ...current, metadata: { ...current.metadata, ...change } });
    await unlessGone(this.parts.writer.update(write, metadata.name, merge));
  }

  private async delete(type: ResourceType, { metadata }: KubeObject, options: DeleteOptions): Promise<void> {
    const write = controllerWrite(USER, type, metadata.namespace);
    const guarded = { ...options, preconditions: { uid: metadata.uid! } };
    await unlessGone(this.parts.deleter.delete(write, metadata.name, guarded));
  }

  private typeOf(object: KubeObject): ResourceType | undefined {
    return this.parts.registry.findKind(splitGroupVersion(object.apiVersion).group, object.kind);
  }

  private find(owner: OwnerReference, namespace: string | undefined) {
    const { group } = splitGroupVersion(owner.apiVersion);
    const type = this.parts.registry.findKind(group, owner.kind);
    // An unknown kind may be served again later: its objects count as present.
    if (!type) return { collection: '', object: {} as KubeObject };
    const collection = collectionOf(type);
    const object = this.parts.store.get(collection, type.namespaced ? namespace : undefined, owner.name);
    return object?.metadata.uid === owner.uid ? { collection, object: object! } : undefined;
  }

  private dependentsOf(uid: string): { collection: string; object: KubeObject }[] {
    const { store } = this.parts;
    return store.collectionNames().flatMap((collection) =>
      store
        .list(collection)
        .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
        .map((object) => ({ collection, object })),
    );
  }
}

function blocks(dependent: KubeObject, owner: KubeObject): boolean {
  const reference = dependent.metadata.ownerReferences?.find(({ uid }) => uid === owner.metadata.uid);
  return reference?.blockOwnerDeletion === true;
}

async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
