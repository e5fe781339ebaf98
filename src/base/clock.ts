/**
 * Time as an argument: nothing else in `src/` reads the time or sets a timer, so that a test runs a 30-minute wait
 * in milliseconds (DESIGN §2 rule 6).
 */
import { CancelledError } from './errors.ts';

export interface Clock {
  /** Milliseconds since the epoch; for timestamps. */
  now(): number;
  /** Milliseconds that never go back; for durations. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds; rejects with {@link CancelledError} (or the signal's coded reason) on abort. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node fires a timer of more than 2³¹−1 ms at once, so a longer sleep takes several. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What ends the sleep of a limit that is no longer needed; made once, since an error costs more than the rest of it. */
const CLEARED = new CancelledError();

/** The error that an aborted signal stands for: its reason if that is an error, else {@link CancelledError}. */
export function abortReason(signal: AbortSignal): Error {
  const { reason } = signal;
  return reason instanceof Error && reason.name !== 'AbortError' ? reason : new CancelledError();
}

/** Throws {@link abortReason} if `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    let left = ms;
    for (; left > LONGEST_TIMER; left -= LONGEST_TIMER) await timer(LONGEST_TIMER, signal);
    await timer(left, signal);
  },
};

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal));
    const onAbort = () => {
      clearTimeout(timeout);
      reject(abortReason(signal!));
    };
    const timeout = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** `2026-11-21T12:00:00Z`: RFC 3339 in UTC, whole seconds, the form of Kubernetes timestamps. */
export function timestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}

/**
 * A signal that also aborts after `ms` milliseconds, with `reason()` as its error. Call `clear` when the work is done.
 */
export function withTimeLimit(
  clock: Clock,
  ms: number,
  parent: AbortSignal | undefined,
  reason: () => Error,
): { signal: AbortSignal; clear: () => void } {
  const limit = new AbortController();
  const stop = new AbortController();
  clock.sleep(ms, stop.signal).then(
    () => limit.abort(reason()),
    () => {},
  );
  const signal = parent ? AbortSignal.any([parent, limit.signal]) : limit.signal;
  return { signal, clear: () => stop.abort(CLEARED) };
}
