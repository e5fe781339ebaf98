/** The options of changing requests: from the query, and for deletions also from the body. */
import type { Cause } from './failure.ts';
import { badRequest, type Fault, invalid } from './failure.ts';
import { fieldAt, isFields } from './object.ts';
import type { User } from './rbac.ts';
import type { ResourceType } from './resource-type.ts';
import { notSupported } from './validate.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';
export type Propagation = 'Foreground' | 'Background' | 'Orphan';

/** A change on its way: to what, by whom, how. */
export interface Write {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly subresource: string;
  readonly user: User;
  /** Check everything, store nothing. */
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Texts for the client's `Warning` headers. */
  readonly warnings: string[];
}

export interface DeleteOptions {
  readonly propagation: Propagation;
  readonly gracePeriodSeconds: number | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
}

export const BACKGROUND: DeleteOptions = {
  propagation: 'Background',
  gracePeriodSeconds: undefined,
  preconditions: {},
};

/** Throws 422 for a dryRun or fieldValidation that does not exist. */
export function writeOf(
  query: URLSearchParams,
  rest: Omit<Write, 'dryRun' | 'fieldValidation' | 'warnings'>,
): Write {
  const dryRun = query.getAll('dryRun').filter(Boolean);
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  const faults: Fault[] = [];
  if (dryRun.some((value) => value !== 'All')) faults.push(notSupported('dryRun', dryRun, ['All']));
  const modes = ['Ignore', 'Strict', 'Warn'];
  if (!modes.includes(fieldValidation)) faults.push(notSupported('fieldValidation', fieldValidation, modes));
  if (faults.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', faults);
  return {
    ...rest,
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation as FieldValidation,
    warnings: [],
  };
}

const PROPAGATIONS = ['Foreground', 'Background', 'Orphan'];

/** The body wins over the query. Throws 400 or 422. */
export function deleteOptionsOf(query: URLSearchParams, body: unknown): DeleteOptions & { dryRun: boolean } {
  if (body !== undefined && !isFields(body)) throw badRequest('the DeleteOptions must be an object');
  const propagation = fieldAt(body, 'propagationPolicy') ?? query.get('propagationPolicy') ?? 'Background';
  const orphan = fieldAt(body, 'orphanDependents') ?? query.get('orphanDependents');
  const grace = fieldAt(body, 'gracePeriodSeconds') ?? query.get('gracePeriodSeconds') ?? undefined;
  if (!PROPAGATIONS.includes(String(propagation))) {
    const fault = notSupported('propagationPolicy', propagation, [...PROPAGATIONS, 'nil']);
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [fault]);
  }
  const dryRun = [fieldAt(body, 'dryRun'), query.getAll('dryRun')].flat().includes('All');
  return {
    propagation: orphan === true || orphan === 'true' ? 'Orphan' : (propagation as Propagation),
    gracePeriodSeconds: grace === undefined ? undefined : Math.max(0, Number(grace)),
    preconditions: (fieldAt(body, 'preconditions') ?? {}) as DeleteOptions['preconditions'],
    dryRun,
  };
}

/** The cause that goes with "the namespace is being terminated". */
export function terminatingCause(namespace: string): Cause {
  return {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
}
