/**
 * Everything the API refuses, in the words of Kubernetes: a `Status` with code, reason, details and causes.
 * Texts: kubernetes/apimachinery pkg/api/errors/errors.go.
 */
import { EnvironmentError } from '../../src/base/errors.ts';

export interface Cause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: readonly Cause[];
  retryAfterSeconds?: number;
}

export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** Which resource a failure is about: `virtualmachines` in `kubevirt.io`. */
export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

/** A refusal that goes to the client as it is. `code` is `API_<reason in capitals>`. */
export class ApiFailure extends EnvironmentError {
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(`API_${(reason || String(code)).replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`, message);
    const shared = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' } as const;
    this.status = { ...shared, message, ...(reason && { reason }), ...(details && { details }), code };
  }
}

/** `pods`, `virtualmachines.kubevirt.io`. */
export function qualifiedName({ group, plural }: GroupResource): string {
  return group ? `${plural}.${group}` : plural;
}

export function notFound(resource: GroupResource, name: string): ApiFailure {
  const message = `${qualifiedName(resource)} "${name}" not found`;
  return new ApiFailure(404, 'NotFound', message, about(resource, name));
}

/** The path itself is unknown. */
export function noSuchResource(): ApiFailure {
  return new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: GroupResource, name: string): ApiFailure {
  const message = `${qualifiedName(resource)} "${name}" already exists`;
  return new ApiFailure(409, 'AlreadyExists', message, about(resource, name));
}

export const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(resource: GroupResource, name: string, why = MODIFIED): ApiFailure {
  const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`;
  return new ApiFailure(409, 'Conflict', message, about(resource, name));
}

export function badRequest(message: string): ApiFailure {
  return new ApiFailure(400, 'BadRequest', message);
}

export function unauthorized(): ApiFailure {
  return new ApiFailure(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(resource: GroupResource, name: string, why: string): ApiFailure {
  const named = name ? `${qualifiedName(resource)} "${name}"` : qualifiedName(resource);
  return new ApiFailure(403, 'Forbidden', `${named} is forbidden: ${why}`, about(resource, name));
}

/** For paths that are not resources. */
export function forbiddenPath(why: string): ApiFailure {
  return new ApiFailure(403, 'Forbidden', `forbidden: ${why}`, {});
}

export function expired(message: string): ApiFailure {
  return new ApiFailure(410, 'Expired', message);
}

export function internal(message: string): ApiFailure {
  return new ApiFailure(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

export function methodNotAllowed(): ApiFailure {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiFailure(405, 'MethodNotAllowed', message, {});
}

export function tooLarge(limit: number): ApiFailure {
  return new ApiFailure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}

export function unsupportedMediaType(message: string): ApiFailure {
  return new ApiFailure(415, 'UnsupportedMediaType', message);
}

/** A resourceVersion that the server has not reached yet. */
export function tooLargeVersion(asked: number, current: number): ApiFailure {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new ApiFailure(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

/** A field that is wrong. `detail` begins with the kind of fault: `Required value`, `Invalid value: 11: should be …`. */
export interface Fault {
  readonly field: string;
  readonly reason: string;
  readonly detail: string;
}

/** All faults of an object at once. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  faults: readonly Fault[],
): ApiFailure {
  const texts = faults.map((fault) => `${fault.field}: ${fault.detail}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const qualified = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  const causes = faults.map(({ reason, detail, field }) => ({ reason, message: detail, field }));
  const details = {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    kind: kind.kind,
    causes,
  };
  return new ApiFailure(422, 'Invalid', `${qualified} "${name}" is invalid: ${list}`, details);
}

function about(resource: GroupResource, name: string): StatusDetails {
  return { ...(name && { name }), ...(resource.group && { group: resource.group }), kind: resource.plural };
}
