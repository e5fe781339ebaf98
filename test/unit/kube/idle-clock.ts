/**
 * A clock that moves to the next timer whenever nothing else is left to do, so that waits of hours, time limits and
 * heartbeats run in milliseconds and in the right order.
 */
import { abortReason, type Clock } from '../../../src/base/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export class IdleClock implements Clock {
  #now: number;
  readonly #start: number;
  #sleepers: Sleeper[] = [];
  #pumping = false;

  constructor(start = '2026-11-21T12:00:00Z') {
    this.#start = Date.parse(start);
    this.#now = this.#start;
  }

  now = () => this.#now;
  monotonic = () => this.#now - this.#start;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortReason(signal));
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          reject(abortReason(signal));
        },
        { once: true },
      );
      this.#pump();
    });

  /** Runs `work` when the clock reaches `ms` after its start. */
  at(ms: number, work: () => void): void {
    void this.sleep(ms - this.monotonic()).then(work);
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() =>
      setImmediate(() => {
        this.#pumping = false;
        const next = this.#sleepers.reduce<Sleeper | undefined>(
          (first, other) => (first && first.at <= other.at ? first : other),
          undefined,
        );
        if (!next) return;
        this.#now = Math.max(this.#now, next.at);
        this.#sleepers = this.#sleepers.filter((other) => other !== next);
        next.wake();
        if (this.#sleepers.length > 0) this.#pump();
      }),
    );
  }
}
