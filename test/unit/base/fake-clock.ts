/** A clock that moves only when told (`advance`), or, in mode `auto`, whenever somebody sleeps. */
import { abortReason, type Clock } from '../../../src/base/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

export class FakeClock implements Clock {
  #time: number;
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
      const due = this.#time + ms;
      const sleeper = { due, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        if (this.#sleepers.delete(sleeper)) reject(abortReason(signal));
      });
      // In mode auto time passes once all that is ready has run, so that the earliest sleeper wakes first.
      if (this.#auto) setImmediate(() => this.#sleepers.has(sleeper) && this.#wakeUntil(due));
    });
  }

  /** Moves time forward and wakes who is due, earliest first; waits until they have run. */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms;
    for (;;) {
      const next = [...this.#sleepers].sort((a, b) => a.due - b.due)[0];
      if (!next || next.due > end) break;
      this.#wakeUntil(next.due);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#time = end;
    await new Promise((resolve) => setImmediate(resolve));
  }

  #wakeUntil(time: number): void {
    for (const sleeper of [...this.#sleepers]
      .filter((one) => one.due <= time)
      .sort((a, b) => a.due - b.due)) {
      this.#time = Math.max(this.#time, sleeper.due);
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    this.#time = Math.max(this.#time, time);
  }
}
