/** What is done with an object that a client or a webhook hands in, before anything else looks at it. */
import { ApiFailure, badRequest, type Fault, forbidden, invalid, notFound } from './failure.ts';
import { tidyMetadata, validateMetadata } from './metadata.ts';
import { isFields, type KubeObject } from './object.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';
import { applyDefaults, prune } from './schema.ts';
import type { Store } from './store.ts';
import { invalidValue, validate } from './validate.ts';
import { terminatingCause, type Write } from './write-options.ts';

/** Reads a JSON body as an object of the type. Throws 400 for what is none. */
export function parseObject(body: string, type: ResourceType): KubeObject {
  const object = parseJson(body, type);
  const unrecognized = `the object provided is unrecognized (must be of type ${type.kind}): `;
  if (!isFields(object)) throw badRequest(`${unrecognized}it is not an object`);
  // Kubernetes reads its own kinds also without kind and apiVersion.
  if (!type.custom) {
    object.kind ??= type.kind;
    object.apiVersion ??= apiVersionOf(type);
  }
  if (!object.kind) throw badRequest(`${unrecognized}Object 'Kind' is missing in '${body.slice(0, 200)}'`);
  if (!isFields(object.metadata)) object.metadata = {};
  return object as KubeObject;
}

function parseJson(body: string, type: ResourceType): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const why = `couldn't get version/kind; json parse error: ${(error as Error).message}`;
    throw badRequest(`the object provided is unrecognized (must be of type ${type.kind}): ${why}`);
  }
}

/** Checks that the object belongs where it was sent, and sets its namespace. */
export function place(object: KubeObject, { type, namespace }: Write): void {
  if (object.apiVersion !== apiVersionOf(type)) {
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersionOf(type)})`,
    );
  }
  if (object.kind !== type.kind) {
    const fault = invalidValue('kind', object.kind, `must be ${type.kind}`);
    throw invalid({ group: type.group, kind: object.kind }, object.metadata.name ?? '', [fault]);
  }
  const { metadata } = object;
  if (!type.namespaced) {
    delete metadata.namespace;
  } else {
    if (metadata.namespace && metadata.namespace !== namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    if (!namespace) throw badRequest('an empty namespace may not be set during creation');
    metadata.namespace = namespace;
  }
}

/** Prunes and defaults; what was pruned is warned of, or refused with 400 where the client wants it strict. */
export function normalize(object: KubeObject, write: Write): void {
  const { type } = write;
  tidyMetadata(object.metadata);
  if (!type.schema) return;
  const unknown = type.custom ? prune(object, type.schema) : [];
  applyDefaults(object, type.schema);
  const texts = unknown.map((path) => `unknown field "${path}"`);
  if (texts.length > 0 && write.fieldValidation === 'Strict') {
    const what = `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}`;
    throw badRequest(`${what}: strict decoding error: ${texts.join(', ')}`);
  }
  if (write.fieldValidation === 'Warn') write.warnings.push(...texts);
}

/** Throws 422 with all faults of metadata and schema; those that were there before are let through unchanged. */
export function mustFitSchema(object: KubeObject, type: ResourceType, previous?: KubeObject): void {
  const old = previous && type.custom ? schemaFaults(previous, type).map(textOf) : [];
  const faults = schemaFaults(object, type, previous).filter((fault) => !old.includes(textOf(fault)));
  const wrong = faults.find(({ reason }) => reason === 'FieldValueTypeInvalid');
  if (wrong && !type.custom) {
    const what = `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}`;
    throw badRequest(`${what}: json: cannot unmarshal into Go struct field ${wrong.field}: ${wrong.detail}`);
  }
  if (faults.length > 0) throw invalid(type, object.metadata.name, faults);
}

/** Throws 422 with the faults that only the kind itself knows of. */
export function mustBeAllowed(object: KubeObject, type: ResourceType, previous?: KubeObject): void {
  const faults = type.strategy.validate?.(object, previous) ?? [];
  if (faults.length > 0) throw invalid(type, object.metadata.name, faults);
}

function schemaFaults(object: KubeObject, type: ResourceType, previous?: KubeObject): Fault[] {
  return [...validateMetadata(object, previous), ...(type.schema ? validate(object, type.schema) : [])];
}

function textOf(fault: Fault): string {
  return `${fault.field}: ${fault.detail}`;
}

/** New objects need a namespace that exists and is not going away. */
export function mustHaveNamespace(store: Store, { type, namespace }: Write, name: string): void {
  if (!type.namespaced || !namespace) return;
  const found = store.get('namespaces', undefined, namespace);
  if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace);
  if (!found.metadata.deletionTimestamp) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { status } = forbidden(type, name, why);
  const details = { ...status.details, causes: [terminatingCause(namespace)] };
  throw new ApiFailure(403, 'Forbidden', status.message ?? '', details);
}
