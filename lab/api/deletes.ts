/**
 * Deleting: at once, or marked with a deletionTimestamp until finalizers, dependents or a pod's node let go
 * (kubernetes/apiserver pkg/registry/rest/delete.go, registry/generic/registry/store.go).
 */
import type { Clock } from '../../src/base/clock.ts';
import type { Admission } from './admission.ts';
import { ApiFailure, conflict, forbidden, notFound, qualifiedName } from './failure.ts';
import { fieldAt, type KubeObject, type Metadata, textAt } from './object.ts';
import { apiVersionOf, collectionOf, type ResourceType } from './resource-type.ts';
import type { Store } from './store.ts';
import { timestampIn } from './timestamp.ts';
import type { DeleteOptions, Write } from './write-options.ts';
import { admissionRequest, isFinished } from './writes.ts';

export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';
/** Holds a definition until its objects are gone (definitions.ts). */
export const DEFINITION_CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

const DEFAULT_GRACE = 30;
const MAX_RACES = 20;
/** Kinds that are deleted by ways of their own: no grace period is noted. */
const WITHOUT_GRACE = ['CustomResourceDefinition', 'Namespace'];
const PERMANENT_NAMESPACES = ['default', 'kube-system', 'kube-public'];

export interface Deletion {
  /** As it is now, or was when it went. */
  readonly object: KubeObject;
  readonly gone: boolean;
}

export class Deleter {
  private readonly store: Store;
  private readonly admission: Admission;
  private readonly clock: Clock;

  constructor(parts: { store: Store; admission: Admission; clock: Clock }) {
    this.store = parts.store;
    this.admission = parts.admission;
    this.clock = parts.clock;
  }

  /** Throws 404, 409 for preconditions that do not hold, 403, or what a webhook refuses with. */
  async delete(write: Write, name: string, options: DeleteOptions): Promise<Deletion> {
    const { type, namespace } = write;
    for (let race = 0; race < MAX_RACES; race++) {
      const current = this.store.get(collectionOf(type), namespace, name);
      if (!current) throw notFound(type, name);
      checkPreconditions(current, type, options);
      await this.mayDelete(write, current);
      const next = this.marked(current, type, options);
      if (write.dryRun) return { object: next, gone: isFinished(next) };
      const deletion = this.put(type, current, next);
      if (deletion) return deletion;
    }
    throw conflict(type, name);
  }

  private async mayDelete(write: Write, current: KubeObject): Promise<void> {
    const { name } = current.metadata;
    if (current.kind === 'Namespace' && PERMANENT_NAMESPACES.includes(name)) {
      throw forbidden(write.type, name, 'this namespace may not be deleted');
    }
    const request = admissionRequest(write, 'DELETE', null, {
      ...current,
      apiVersion: apiVersionOf(write.type),
    });
    await this.admission.mutate(request);
    await this.admission.validate(request);
  }

  private put(type: ResourceType, current: KubeObject, next: KubeObject): Deletion | undefined {
    const collection = collectionOf(type);
    const gone = isFinished(next);
    const object = gone
      ? this.store.remove(collection, current, next)
      : this.store.replace(collection, current, next);
    return object && { object, gone };
  }

  /** The object with its deletionTimestamp and the finalizers that the propagation asks for. */
  private marked(current: KubeObject, type: ResourceType, options: DeleteOptions): KubeObject {
    const finalizers = finalizersOf(current, options);
    const { finalizers: _before, ...rest } = current.metadata;
    const metadata = {
      ...rest,
      ...this.marks(current, type, options),
      ...(finalizers.length > 0 && { finalizers }),
    };
    const object: KubeObject = { ...current, metadata };
    if (current.kind === 'Namespace') object.status = { ...(current.status as object), phase: 'Terminating' };
    return object;
  }

  /** Another deletion can only shorten the time that is left. */
  private marks(current: KubeObject, type: ResourceType, options: DeleteOptions): Partial<Metadata> {
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, generation } = current.metadata;
    const grace = graceOf(current, type, options);
    if (deletionTimestamp !== undefined && grace >= deletionGracePeriodSeconds) return {};
    const mark = { deletionTimestamp: timestampIn(this.clock, grace) };
    if (WITHOUT_GRACE.includes(current.kind)) return mark;
    const counted = generation !== undefined && deletionTimestamp === undefined;
    return { ...mark, deletionGracePeriodSeconds: grace, ...(counted && { generation: generation + 1 }) };
  }
}

function checkPreconditions(current: KubeObject, type: ResourceType, { preconditions }: DeleteOptions): void {
  const { name, uid, resourceVersion } = current.metadata;
  const refuse = (why: string) => {
    const kind = qualifiedName({ group: type.group, plural: type.kind });
    const details = { name, ...(type.group && { group: type.group }), kind: type.kind };
    return new ApiFailure(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${kind} "${name}": ${why}`,
      details,
    );
  };
  if (preconditions.uid && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid})`;
    throw refuse(`${why}. The object might have been deleted and then recreated`);
  }
  if (preconditions.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    const asked = `the ResourceVersion in the precondition (${preconditions.resourceVersion})`;
    const why = `${asked} does not match the ResourceVersion in record (${resourceVersion})`;
    throw refuse(`${why}. The object might have been modified`);
  }
}

/** Seconds that a pod has to end; its node then deletes it with 0. Everything else has none. */
function graceOf(current: KubeObject, type: ResourceType, options: DeleteOptions): number {
  if (type.group !== '' || type.kind !== 'Pod') return 0;
  const scheduled = textAt(current, 'spec', 'nodeName') !== '';
  const over = ['Failed', 'Succeeded'].includes(textAt(current, 'status', 'phase'));
  if (!scheduled || over) return 0;
  const own = fieldAt(current, 'spec', 'terminationGracePeriodSeconds') as number | undefined;
  return options.gracePeriodSeconds ?? own ?? DEFAULT_GRACE;
}

function finalizersOf(current: KubeObject, { propagation }: DeleteOptions): string[] {
  const others = (current.metadata.finalizers ?? []).filter((name) => name !== ORPHAN && name !== FOREGROUND);
  const ours = { Orphan: [ORPHAN], Foreground: [FOREGROUND], Background: [] }[propagation];
  const cleanup = current.kind === 'CustomResourceDefinition' ? [DEFINITION_CLEANUP] : [];
  return [...new Set([...others, ...cleanup, ...ours])];
}
