/**
 * The three kinds of failure, told apart by whose fault it is and who can mend it (DESIGN §3 "Errors").
 * Each carries a stable `code`, set as the output `error-code`, and speaks in the order: what happened, what to do.
 */
import { types } from 'node:util';

export interface ErrorDetails {
  /** What the reader should do about it; a whole sentence. */
  readonly mend?: string;
  /** Evidence that belongs below the message: last console lines, conditions, what was tried. */
  readonly evidence?: readonly string[];
  readonly cause?: unknown;
}

/** Common face of the three classes: `code` is stable over releases, `message` is not. */
export abstract class CodedError extends Error {
  readonly code: string;
  readonly mend: string | undefined;
  readonly evidence: readonly string[];

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.mend = details.mend;
    this.evidence = details.evidence ?? [];
  }
}

/** The user can mend it: a wrong input, a recipe with a mistake. Shown without a stack. */
export class UserError extends CodedError {}

/** Cluster, registry, network or machine: names the verb, resource or host and what was tried. */
export class EnvironmentError extends CodedError {}

/** Our own fault: shown with its stack and where to report it. */
export class InternalError extends CodedError {}

/** The run was cancelled by a signal or by the caller; not a failure of anything. */
export class CancelledError extends CodedError {
  constructor(message = 'The run was cancelled.') {
    super('CANCELLED', message);
  }
}

/** The message of anything that was thrown, `cause` chain included, on one line. */
export function messageOf(thrown: unknown): string {
  if (!types.isNativeError(thrown)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : messageOf(thrown.cause);
  return cause && !thrown.message.includes(cause) ? `${thrown.message}: ${cause}` : thrown.message;
}

/** Wraps what was thrown, keeping coded errors as they are: `doing` is a gerund with its object. */
export function asCoded(thrown: unknown, doing: string): CodedError {
  if (thrown instanceof CodedError) return thrown;
  return new InternalError('INTERNAL', `${doing}: ${messageOf(thrown)}`, { cause: thrown });
}

/** Refuses what cannot happen; for exhaustive switches and invariants. */
export function unreachable(what: never): never {
  throw new InternalError('INTERNAL', `unexpected value ${JSON.stringify(what)}`);
}
