/**
 * What the API server answered when it refused, and what to do about it. Source: the `Status` object of
 * k8s.io/apimachinery; webhook denials as in facts/harvester.md §1.6.
 */
import { EnvironmentError } from '../base/errors.ts';
import { networkError } from '../base/network-failure.ts';

export type KubeErrorCode =
  | 'KUBE_NOT_FOUND'
  | 'KUBE_DENIED'
  | 'KUBE_FORBIDDEN'
  | 'KUBE_QUOTA_EXCEEDED'
  | 'KUBE_UNAUTHORIZED'
  | 'KUBE_CONFLICT'
  | 'KUBE_INVALID'
  | 'KUBE_GONE'
  | 'KUBE_UNREACHABLE'
  | 'KUBE_FAILED';

/** One field the server objects to. */
export interface StatusCause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

export interface KubeErrorFacts {
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid` …; empty if the server gave none. */
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  /** Milliseconds the server asked to wait. */
  readonly retryAfter?: number | undefined;
}

/** A failed call: the message begins with verb, resource and object. */
export class KubeError extends EnvironmentError {
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfter: number | undefined;

  constructor(
    code: KubeErrorCode,
    message: string,
    facts: KubeErrorFacts,
    details: { mend?: string; cause?: unknown } = {},
  ) {
    super(code, message, { ...details, evidence: facts.causes.map(causeLine) });
    this.status = facts.status;
    this.reason = facts.reason;
    this.causes = facts.causes;
    this.retryAfter = facts.retryAfter;
  }
}

const causeLine = (cause: StatusCause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message);

export const isNotFound = (error: unknown): boolean => isKube(error, 'KUBE_NOT_FOUND');
export const isForbidden = (error: unknown): boolean => isKube(error, 'KUBE_FORBIDDEN');
/** 409 because the name is taken (not because of a stale resourceVersion). */
export const isAlreadyExists = (error: unknown): boolean =>
  error instanceof KubeError && error.status === 409 && error.reason === 'AlreadyExists';

function isKube(error: unknown, code: KubeErrorCode): boolean {
  return error instanceof KubeError && error.code === code;
}

/** The error for an answer that is not 2xx. `doing`: `create virtualmachines.kubevirt.io "x" in namespace "y"`. */
export function errorFromAnswer(doing: string, status: number, body: string, retryAfter?: number): KubeError {
  const answer = readStatus(body);
  const text = answer.message || `HTTP ${status}`;
  const code = codeOf(status, text);
  const mend = mendOf(code, text, answer.named);
  return new KubeError(
    code,
    `${doing}: ${text}`,
    { status, reason: answer.reason, causes: answer.causes, retryAfter },
    mend === undefined ? {} : { mend },
  );
}

/** The error for a call that got no answer at all; `reason` is the HTTP_… code of base/network-failure. */
export function errorFromNetwork(doing: string, server: string, cause: unknown): KubeError {
  const { code, message, mend } = networkError(cause, new URL(server));
  const facts = { status: 0, reason: code, causes: [] };
  return new KubeError('KUBE_UNREACHABLE', `${doing}: ${message}`, facts, {
    cause,
    mend: code === 'HTTP_TLS' ? TLS_MEND : mend!,
  });
}

/**
 * The error for a WebSocket that did not come about although a plain request would be answered: `body` is that of the 400. Kubernetes 1.35
 * asks for create at the upgrade alone (k8s.io/kubernetes pkg/registry/core/pod/rest, AuthorizePodWebsocketUpgradeCreatePermission).
 */
export function errorFromUpgrade(doing: string, body: string): KubeError {
  if (!/upgrade request required/i.test(body)) return errorFromAnswer(doing, 400, body);
  const facts = { status: 400, reason: '', causes: [] };
  return new KubeError('KUBE_FAILED', `${doing}: the server did not upgrade to a WebSocket.`, facts, {
    mend:
      "From Kubernetes 1.35 on the kubeconfig's user needs the verb create for this, besides get; else a proxy before the API server " +
      'lets no WebSockets through, or the node of the pod does not answer.',
  });
}

const TLS_MEND = 'Check certificate-authority-data and tls-server-name in the kubeconfig.';

/**
 * True if the same request may succeed soon: overload, a server or webhook that is away, a lost connection. Harvester
 * answers 500 for some user mistakes too, so tries must be few (facts/harvester.md §1.6).
 */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  return error.status === 429 || error.status >= 500 || (error.status === 0 && error.reason !== 'HTTP_TLS');
}

/** True if the server certainly stored nothing, so that even a create may be repeated. */
export function isRefusedUnstored(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  if (error.status === 0) return /^HTTP_(REFUSED|DNS|UNREACHABLE)$/.test(error.reason);
  return error.status === 429 || error.status === 503 || error.message.includes('failed calling webhook');
}

/** Admission answers 403 as RBAC does, but no permission helps against it (k8s.io/apiserver pkg/admission). */
function codeOf(status: number, text: string): KubeErrorCode {
  if (status === 403 && text.includes('exceeded quota:')) return 'KUBE_QUOTA_EXCEEDED';
  if (status === 403 && text.includes('denied the request')) return 'KUBE_DENIED';
  switch (status) {
    case 401:
      return 'KUBE_UNAUTHORIZED';
    case 403:
      return 'KUBE_FORBIDDEN';
    case 404:
      return 'KUBE_NOT_FOUND';
    case 409:
      return 'KUBE_CONFLICT';
    case 410:
      return 'KUBE_GONE';
    case 422:
      return 'KUBE_INVALID';
    default:
      return 'KUBE_FAILED';
  }
}

function mendOf(code: KubeErrorCode, text: string, named: boolean): string | undefined {
  if (text.includes('failed calling webhook'))
    return "A webhook of the cluster does not answer; look at Harvester's webhook pods.";
  if (text.includes('admission webhook'))
    return 'A webhook of the cluster refused the object; its text says why.';
  switch (code) {
    case 'KUBE_UNAUTHORIZED':
      return (
        'The credentials of the kubeconfig are not valid (any more): tokens of the Harvester UI expire. ' +
        'Use a ServiceAccount kubeconfig, or download a new one.'
      );
    case 'KUBE_QUOTA_EXCEEDED':
      return 'Remove what is not needed in the namespace, or have its ResourceQuota raised; the text says which part of it.';
    case 'KUBE_FORBIDDEN':
      return "Give the kubeconfig's user this permission with a Role and RoleBinding; docs/rbac has the whole Roles.";
    case 'KUBE_NOT_FOUND':
      return named
        ? undefined
        : 'The server does not serve this resource: is the kubeconfig of a Harvester cluster?';
    case 'KUBE_INVALID':
      return 'The server refused the object; the fields it names are listed.';
    default:
      return undefined;
  }
}

interface StatusAnswer {
  readonly message: string;
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  /** Whether the answer is about a named object rather than about the path. */
  readonly named: boolean;
}

function readStatus(body: string): StatusAnswer {
  try {
    const status = JSON.parse(body) as Record<string, unknown>;
    const details = (status.details ?? {}) as { name?: string; causes?: Partial<StatusCause>[] };
    const causes = (details.causes ?? []).map(({ reason = '', field = '', message = '' }) => ({
      reason,
      field,
      message,
    }));
    const named = details.name !== undefined && details.name !== '';
    return { message: String(status.message ?? ''), reason: String(status.reason ?? ''), causes, named };
  } catch {
    return { message: body.trim().slice(0, 500), reason: '', causes: [], named: false };
  }
}
