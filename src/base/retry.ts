/**
 * One way to try again: exponential back-off with jitter, a budget of attempts, Retry-After honoured, stopped by a
 * signal. The caller says which errors are worth another try (habit of google/go-containerregistry internal/retry).
 */
import { type Clock, throwIfAborted } from './clock.ts';
import { formatDuration } from './duration.ts';
import { messageOf } from './errors.ts';
import type { Logger } from './log.ts';

export interface RetryOptions {
  /** What is being done, for the log: "fetching https://…". */
  readonly doing: string;
  /** Attempts in all, the first included. Default 5. */
  readonly attempts?: number;
  /** First delay in ms; doubles each time, of which at least half is waited. Default 500. */
  readonly firstDelay?: number;
  /** Longest delay in ms. Default 15 000. A Retry-After may exceed it, up to `longestRetryAfter`. */
  readonly longestDelay?: number;
  /** Longest server-given delay that is obeyed, ms. Default 60 000; a longer one ends the tries. */
  readonly longestRetryAfter?: number;
  /** True if another try may help. */
  readonly retryable: (error: unknown) => boolean;
  /** Milliseconds the server asked to wait, if it did. */
  readonly retryAfter?: (error: unknown) => number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Source of jitter in [0, 1); for tests. */
  readonly random?: () => number;
}

/** Runs `work` until it succeeds, fails for good, or the budget is spent; then rethrows the last error unchanged. */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { attempts = 5, firstDelay = 500, longestDelay = 15_000, longestRetryAfter = 60_000 } = options;
  const random = options.random ?? Math.random;
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(options.signal);
    try {
      return await work(attempt);
    } catch (error) {
      throwIfAborted(options.signal);
      if (attempt >= attempts || !options.retryable(error)) throw error;
      const asked = options.retryAfter?.(error);
      if (asked !== undefined && asked > longestRetryAfter) throw error;
      const backoff = Math.min(longestDelay, firstDelay * 2 ** (attempt - 1));
      const delay = asked ?? backoff * (0.5 + random() / 2);
      options.log.info(
        `${options.doing}: attempt ${attempt} of ${attempts} failed: ${messageOf(error)}; next in ${formatDuration(delay)}`,
      );
      await options.clock.sleep(delay, options.signal);
    }
  }
}

/** Milliseconds of a Retry-After header: delta seconds or an HTTP date (RFC 9110 §10.2.3). */
export function parseRetryAfter(header: string | undefined, clock: Clock): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = /[A-Za-z]/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now());
}
