/**
 * AdmissionReview as the webhooks see it, and a denial in the shape that Harvester gives it (facts/harvester.md §1.6
 * "Shape on the wire").
 */
import type { KubeObject, UserInfo } from '../objects.ts';

export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  readonly subResource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly userInfo?: UserInfo;
  /** Absent for DELETE. */
  readonly object?: KubeObject | null;
  /** Absent for CREATE. */
  readonly oldObject?: KubeObject | null;
}

/** A refusal; the API server puts `admission webhook "…" denied the request: ` before the message. */
export class Denial extends Error {
  readonly code: number;
  readonly reason: string;
  readonly field: string | undefined;

  constructor(code: number, reason: string, message: string, field?: string) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.field = field;
  }
}

/** 422 `Invalid`: the object says something that it may not say. */
export function invalid(message: string, field: string): Denial {
  return new Denial(422, 'Invalid', message, field);
}

/** 409 `Conflict`: something else stands in the way. */
export function conflict(message: string): Denial {
  return new Denial(409, 'Conflict', message);
}

/** 500 `InternalError`: what Harvester's code returns as a plain error, a user's mistake though it may be. */
export function internal(message: string): Denial {
  return new Denial(500, 'InternalError', message);
}

export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** JSON Patch that turns the top-level parts `metadata`, `spec` of one object into the other's; empty if they are equal. */
export function patchBetween(before: KubeObject, after: KubeObject): PatchOperation[] {
  const [from, to] = [
    before as unknown as Record<string, unknown>,
    after as unknown as Record<string, unknown>,
  ];
  return ['metadata', 'spec']
    .filter((part) => JSON.stringify(from[part]) !== JSON.stringify(to[part]))
    .map((part) => ({ op: 'replace', path: `/${part}`, value: to[part] }));
}

/** The answer to an AdmissionReview. */
export function review(uid: string, outcome: { patch?: readonly PatchOperation[] } | Denial): object {
  const response = outcome instanceof Denial ? denied(outcome) : allowed(outcome.patch ?? []);
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, ...response } };
}

function allowed(patch: readonly PatchOperation[]): object {
  if (patch.length === 0) return { allowed: true };
  return {
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
  };
}

function denied({ code, reason, message, field }: Denial): object {
  const causes =
    field === undefined ? [] : [{ reason: 'FieldValueInvalid', message, ...(field !== '' && { field }) }];
  return { allowed: false, status: { status: 'Failure', code, reason, message, details: { causes } } };
}
