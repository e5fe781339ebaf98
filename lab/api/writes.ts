/**
 * Creating and changing objects: normalize → mutating webhooks → prepare → validate → validating webhooks → store.
 * Order and rules: kubernetes/apiserver pkg/registry/generic/registry/store.go, pkg/registry/rest/{create,update}.go.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Clock, timestamp } from '../../src/base/clock.ts';
import type { Admission, AdmissionRequest } from './admission.ts';
import { ApiFailure, alreadyExists, badRequest, conflict, invalid, notFound } from './failure.ts';
import { mustBeAllowed, mustFitSchema, mustHaveNamespace, normalize, place } from './incoming.ts';
import type { KubeObject, Metadata } from './object.ts';
import { listAt, sameJson } from './object.ts';
import type { Change } from './patch.ts';
import { apiVersionOf, collectionOf, type ResourceType } from './resource-type.ts';
import type { Store } from './store.ts';
import { invalidValue } from './validate.ts';
import type { Write } from './write-options.ts';

/** How often a patch that lost a race is tried on the newer object. */
const MAX_RACES = 5;

const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export class Writer {
  private readonly store: Store;
  private readonly admission: Admission;
  private readonly clock: Clock;

  constructor(parts: { store: Store; admission: Admission; clock: Clock }) {
    this.store = parts.store;
    this.admission = parts.admission;
    this.clock = parts.clock;
  }

  /** Stores a new object. Throws 400, 403, 404 (namespace), 409, 422, or what a webhook refuses with. */
  async create(write: Write, submitted: KubeObject): Promise<KubeObject> {
    const { type } = write;
    const object = structuredClone(submitted);
    place(object, write);
    if (object.metadata.resourceVersion) {
      throw new ApiFailure(500, '', 'resourceVersion should not be set on objects to be created');
    }
    wipeSystemFields(object.metadata);
    normalize(object, write);
    mustHaveNamespace(this.store, write, object.metadata.name ?? '');
    const request = admissionRequest(write, 'CREATE', object, null);
    const admitted = { ...((await this.admission.mutate(request)) as KubeObject) };
    normalize(admitted, { ...write, fieldValidation: 'Ignore' });
    this.fillSystemFields(admitted, type);
    mustFitSchema(admitted, type);
    type.strategy.prepareCreate?.(admitted);
    mustBeAllowed(admitted, type);
    await this.admission.validate({ ...request, name: admitted.metadata.name, object: admitted });
    if (write.dryRun) return this.dryCreate(admitted, type);
    const stored = this.store.create(collectionOf(type), admitted);
    if (!stored) throw alreadyExists(type, admitted.metadata.name);
    return stored;
  }

  /** Replaces an object by what the client sent. Throws 409 if that was made from an older version. */
  async replace(write: Write, name: string, submitted: KubeObject): Promise<KubeObject> {
    mustBeNamed(submitted, name);
    return this.update(write, name, (current) => {
      const { metadata } = submitted;
      if (metadata.uid && metadata.uid !== current.metadata.uid)
        throw otherObject(write.type, name, metadata, current);
      if (!metadata.resourceVersion && !write.type.unconditional) throw versionMissing(write.type, name);
      const resourceVersion = metadata.resourceVersion || current.metadata.resourceVersion!;
      return { ...submitted, metadata: { ...metadata, resourceVersion } };
    });
  }

  /** Applies a change to the newest object, again if another one came first. Throws 404, 409, 422 or a webhook's no. */
  async update(write: Write, name: string, change: Change): Promise<KubeObject> {
    const { type, namespace } = write;
    for (let race = 0; race < MAX_RACES; race++) {
      const current = this.store.get(collectionOf(type), namespace, name);
      if (!current) throw notFound(type, name);
      const served = { ...current, apiVersion: apiVersionOf(type) };
      const wanted = structuredClone(change(served));
      checkIdentity(wanted, served, type, name);
      const next = await this.admitted(write, wanted, served);
      if (write.dryRun) return next;
      const stored = this.put(type, current, next);
      if (stored) return stored;
    }
    throw conflict(type, name);
  }

  /** The wanted object after webhooks, rules and validation. */
  private async admitted(write: Write, wanted: KubeObject, current: KubeObject): Promise<KubeObject> {
    const { type, subresource } = write;
    place(wanted, write);
    normalize(wanted, write);
    const request = admissionRequest(write, 'UPDATE', wanted, current);
    const mutated = { ...((await this.admission.mutate(request)) as KubeObject) };
    normalize(mutated, { ...write, fieldValidation: 'Ignore' });
    const next = keepUnchangeable(mutated, current, type, subresource);
    mustFitSchema(next, type, current);
    if (!subresource) type.strategy.prepareUpdate?.(next, current);
    countGeneration(next, current, type);
    mustBeAllowed(next, type, current);
    await this.admission.validate({ ...request, object: next });
    return next;
  }

  private put(type: ResourceType, current: KubeObject, next: KubeObject): KubeObject | undefined {
    const collection = collectionOf(type);
    if (isFinished(next)) return this.store.remove(collection, current, next);
    return this.store.replace(collection, current, next);
  }

  private dryCreate(object: KubeObject, type: ResourceType): KubeObject {
    const { namespace, name } = object.metadata;
    if (this.store.get(collectionOf(type), namespace, name)) throw alreadyExists(type, name);
    return object;
  }

  private fillSystemFields(object: KubeObject, type: ResourceType): void {
    const { metadata } = object;
    if (!metadata.name && metadata.generateName) metadata.name = metadata.generateName + randomSuffix();
    metadata.name ??= '';
    metadata.uid = randomUUID();
    metadata.creationTimestamp = timestamp(this.clock);
    if (type.custom || type.counted) metadata.generation = 1;
    if (type.custom && type.subresources.includes('status')) delete object.status;
  }
}

/** What the webhooks are asked. */
export function admissionRequest(
  write: Write,
  operation: AdmissionRequest['operation'],
  object: KubeObject | null,
  oldObject: KubeObject | null,
): AdmissionRequest {
  const { type, namespace, subresource, user, dryRun, warnings } = write;
  const name = (object ?? oldObject)?.metadata.name ?? '';
  const kind = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' }[operation];
  const options = { kind, apiVersion: 'meta.k8s.io/v1', ...(dryRun && { dryRun: ['All'] }) };
  return {
    operation,
    type,
    subresource,
    namespace,
    name,
    user,
    object,
    oldObject,
    dryRun,
    options,
    warnings,
  };
}

/** Deleted, and nothing holds it any more. */
export function isFinished(object: KubeObject): boolean {
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  const held = object.kind === 'Namespace' && listAt(object, 'spec', 'finalizers').length > 0;
  return (
    deletionTimestamp !== undefined && finalizers.length === 0 && deletionGracePeriodSeconds === 0 && !held
  );
}

function randomSuffix(): string {
  return [...randomBytes(5)].map((byte) => NAME_LETTERS[byte % NAME_LETTERS.length]).join('');
}

function wipeSystemFields(metadata: Metadata): void {
  delete metadata.uid;
  delete metadata.creationTimestamp;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.generation;
}

function versionMissing(type: ResourceType, name: string): ApiFailure {
  const fault = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update');
  return invalid({ group: type.group, kind: type.plural }, name, [fault]);
}

/** A PUT that was meant for a namesake that is gone. */
function otherObject(type: ResourceType, name: string, { uid }: Metadata, current: KubeObject): ApiFailure {
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`;
  return conflict(type, name, why);
}

function mustBeNamed({ metadata }: KubeObject, name: string): void {
  if (metadata.name === name) return;
  throw badRequest(
    `the name of the object (${metadata.name ?? ''}) does not match the name on the URL (${name})`,
  );
}

function checkIdentity(wanted: KubeObject, current: KubeObject, type: ResourceType, name: string): void {
  mustBeNamed(wanted, name);
  const { metadata } = wanted;
  if (metadata.uid && metadata.uid !== current.metadata.uid) {
    throw invalid(type, name, [invalidValue('metadata.uid', metadata.uid, 'field is immutable')]);
  }
  if (metadata.resourceVersion !== current.metadata.resourceVersion) throw conflict(type, name);
}

/** Keeps what this request may not change. */
function keepUnchangeable(
  next: KubeObject,
  current: KubeObject,
  type: ResourceType,
  subresource: string,
): KubeObject {
  const object = subresource ? withSubresource(next, current, subresource) : next;
  if (!subresource && type.subresources.includes('status')) copyField(current, object, 'status');
  keepSystemFields(object.metadata, current.metadata);
  return object;
}

function countGeneration(object: KubeObject, current: KubeObject, type: ResourceType): void {
  const { generation } = current.metadata;
  const changed = !sameJson(desiredState(object, type), desiredState(current, type));
  if (changed && generation) object.metadata.generation = generation + 1;
}

/** `status` changes the status alone; `finalize` the finalizers of a namespace. */
function withSubresource(next: KubeObject, current: KubeObject, subresource: string): KubeObject {
  const object = { ...structuredClone(current), apiVersion: next.apiVersion };
  copyField(next, object, subresource === 'finalize' ? 'spec' : 'status');
  return object;
}

function copyField(from: KubeObject, to: KubeObject, field: string): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

function keepSystemFields(metadata: Metadata, current: Metadata): void {
  const kept = [
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
  ] as const;
  for (const key of kept) {
    if (current[key] === undefined) delete metadata[key];
    else Object.assign(metadata, { [key]: current[key] });
  }
}

function desiredState(object: KubeObject, type: ResourceType): object {
  const { metadata: _metadata, apiVersion: _apiVersion, ...state } = object;
  if (type.subresources.includes('status')) delete state.status;
  return state;
}
