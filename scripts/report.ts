/** How the commands in this folder speak of an error, and end. */
import { CodedError, messageOf } from '../src/base/errors.ts';

/** The error as lines: what happened, its evidence, what to do. Our own mistakes come with their stack. */
export function errorLines(thrown: unknown): string[] {
  if (!(thrown instanceof CodedError)) {
    return [thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown)];
  }
  return [
    messageOf(thrown),
    ...thrown.evidence.map((line) => `  ${line}`),
    ...(thrown.mend ? [thrown.mend] : []),
  ];
}

/** A rejection handler: prints the error under the command's name and lets the process end with 1. */
export function reportAndFail(command: string): (thrown: unknown) => void {
  return (thrown) => {
    console.error(`${command}: ${errorLines(thrown).join('\n')}`);
    process.exitCode = 1;
  };
}
