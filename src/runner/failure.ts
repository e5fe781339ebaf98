/** What a failure shows besides its message: evidence, and for our own faults the stack and where to report it. */
import { type CodedError, InternalError } from '../base/errors.ts';

const REPORT = 'Please report it, with this log: https://github.com/org/rke2-actions/issues';

/** Lines for the log, to stand above the message; none for a failure that needs no more words. */
export function describeFailure(error: CodedError): string[] {
  const evidence = error.evidence.length > 0 ? ['', ...error.evidence.map((line) => `  | ${line}`)] : [];
  if (!(error instanceof InternalError)) return evidence;
  const stack = (error.cause as Error | undefined)?.stack ?? error.stack ?? error.message;
  return [...evidence, stack, REPORT];
}
