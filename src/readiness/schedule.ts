/** When the next try is made: at a fixed interval or ever more rarely, spread by jitter, and never too many at once. */

export interface Schedule {
  readonly kind: 'fixed' | 'exponential';
  /** Milliseconds after a try; of an exponential schedule the first ones. */
  readonly interval: number;
  /** Milliseconds that an exponential schedule ends with. */
  readonly longestInterval: number;
  /** Part of the interval, 0 to 1, by which it is shortened at random: not all who wait should ask at the same time. */
  readonly jitter: number;
}

/**
 * Milliseconds of interval for each URL that is still waited for: all together make at most 12 tries in a second, whose cost
 * stays below one hundredth of a core (bench/readiness.ts).
 */
export const SHARE = 80;

export interface Moment {
  /** Tries with the same outcome so far; whenever it changes, an exponential schedule begins anew. */
  readonly repeated: number;
  /** URLs that are still waited for. */
  readonly pending: number;
  /** In [0, 1). */
  readonly random: number;
}

/** Milliseconds from the end of a try to the next one; never more than the interval that is due. */
export function delayAfter(schedule: Schedule, { repeated, pending, random }: Moment): number {
  const { kind, interval, longestInterval, jitter } = schedule;
  const grown = interval * 2 ** Math.min(repeated - 1, 30);
  const due = kind === 'fixed' ? interval : Math.min(Math.max(interval, longestInterval), grown);
  return Math.max(due, pending > 1 ? pending * SHARE : 0) * (1 - jitter * random);
}
