/** How long a controller has known a state: finer than the whole seconds of Kubernetes timestamps, so that a fast pace is fast. */
import type { Clock } from '../../src/base/clock.ts';

export class Ages {
  private readonly clock: Clock;
  private readonly since = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Milliseconds since `key` was first asked for; 0 the first time. */
  of(key: string): number {
    const now = this.clock.monotonic();
    const first = this.since.get(key) ?? now;
    this.since.set(key, first);
    return now - first;
  }

  /** Starts again at 0 the next time. */
  forget(key: string): void {
    this.since.delete(key);
  }
}
