/**
 * A clock that moves only when told (`advance`), or, in mode `auto`, whenever nothing else is left to do: then the next
 * sleeper wakes, so that waits of hours, heartbeats and time limits run in milliseconds and in the right order.
 */
import { abortReason, type Clock } from '../../../src/base/clock.ts';

interface Sleeper {
  readonly due: number;
  /** Time moves for it in mode `auto`. */
  readonly pulls: boolean;
  readonly wake: () => void;
}

/** In mode `auto` a sleep of more than this does not move time by itself: it is a limit on work that is going on. */
const LONGEST_STEP = 60_000;

export class FakeClock implements Clock {
  #time: number;
  #pulling = false;
  readonly #auto: boolean;
  readonly #sleepers = new Set<Sleeper>();
  /** Lengths of all sleeps asked for, in order. */
  readonly slept: number[] = [];

  constructor(options: { start?: number; auto?: boolean } = {}) {
    this.#time = options.start ?? Date.UTC(2026, 10, 21, 12);
    this.#auto = options.auto ?? false;
  }

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortReason(signal));
      const onAbort = () => this.#sleepers.delete(sleeper) && reject(abortReason(signal!));
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = { due: this.#time + ms, pulls: ms <= LONGEST_STEP, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#auto) void this.#pull();
    });
  }

  /** Moves time forward and wakes who is due, earliest first; waits until they have run. */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms;
    for (let next = this.#next(); next && next.due <= end; next = this.#next()) {
      this.#wake(next);
      await idle();
    }
    this.#time = end;
    await idle();
  }

  /** Wakes one sleeper after the other, each when all that is ready has run, as long as a short one sleeps. */
  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    await idle();
    while ([...this.#sleepers].some((sleeper) => sleeper.pulls)) {
      this.#wake(this.#next()!);
      await idle();
    }
    this.#pulling = false;
  }

  #next(): Sleeper | undefined {
    return [...this.#sleepers].sort((a, b) => a.due - b.due)[0];
  }

  #wake(sleeper: Sleeper): void {
    this.#time = Math.max(this.#time, sleeper.due);
    this.#sleepers.delete(sleeper);
    sleeper.wake();
  }
}

/** Resolves when promises that were ready have run, and what they made ready. */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
