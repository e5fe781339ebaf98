/**
 * The work queue of a controller: each key is reconciled by one worker at a time, is never lost while it is being worked on,
 * and comes again after a failure. The same promises as client-go's rate-limiting queue.
 */
import type { Clock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import { isConflict, isNotFound } from './client.ts';

export interface QueueOptions {
  /** For the log: `image`. */
  readonly name: string;
  /** Brings one object nearer to what it should be; the milliseconds it returns are the delay until it is asked again. */
  readonly reconcile: (key: string) => Promise<number | undefined>;
  /** Milliseconds before a failed key comes again. */
  readonly retryAfter: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export class WorkQueue {
  private readonly options: QueueOptions;
  private readonly running = new Map<string, Promise<void>>();
  private readonly again = new Set<string>();

  constructor(options: QueueOptions) {
    this.options = options;
  }

  /** Asks for `key` to be reconciled, after `delay` milliseconds. */
  add(key: string, delay = 0): void {
    const { clock, signal } = this.options;
    if (signal.aborted) return;
    if (delay <= 0) this.run(key);
    else
      clock.sleep(delay, signal).then(
        () => this.run(key),
        () => {},
      );
  }

  /** Resolves when no reconciliation is under way any more; call after the signal has aborted. */
  async drain(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running.values());
  }

  private run(key: string): void {
    if (this.options.signal.aborted) return;
    if (this.running.has(key)) {
      this.again.add(key);
      return;
    }
    this.running.set(key, this.work(key));
  }

  private async work(key: string): Promise<void> {
    // Not in the caller's turn: a watch must not wait for its listeners.
    await Promise.resolve();
    const delay = await this.attempt(key);
    this.running.delete(key);
    if (this.again.delete(key)) this.run(key);
    if (delay !== undefined) this.add(key, delay);
  }

  private async attempt(key: string): Promise<number | undefined> {
    const { name, reconcile, retryAfter, log, signal } = this.options;
    try {
      return await reconcile(key);
    } catch (error) {
      if (signal.aborted) return undefined;
      // A stale read is ordinary; the watch will bring the newer object.
      if (!isConflict(error) && !isNotFound(error)) log.warning(`${name} ${key}: ${messageOf(error)}`);
      return retryAfter;
    }
  }
}
