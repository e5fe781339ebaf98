/**
 * One AbortSignal for SIGINT and SIGTERM: the runner sends the first, waits 7.5 s, sends the second, waits 2.5 s, then kills
 * (facts/actions-platform.md A2). What was begun stops through the signal; what is left is the post step's.
 */
import { CancelledError } from '../base/errors.ts';

/** Runs `work` with that signal; the process's own handlers are back afterwards. */
export async function withSignals<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) controller.abort(new CancelledError(`The run was cancelled (${name}).`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
