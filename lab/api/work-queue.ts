/** Work that is done after a change, one piece per key at a time, and again a while later when it fails. */
import type { Clock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';

const PAUSE_AFTER_FAILURE = 1000;

export class WorkQueue {
  private readonly waiting = new Map<string, () => Promise<void>>();
  private readonly running = new Set<string>();
  private readonly stop = new AbortController();
  private readonly name: string;
  private readonly clock: Clock;
  private readonly log: Logger;

  constructor(name: string, parts: { clock: Clock; log: Logger }) {
    this.name = name;
    this.clock = parts.clock;
    this.log = parts.log;
  }

  /** Starts `work` soon; while work of the same key runs, it waits for that, and newer work takes its place. */
  add(key: string, work: () => Promise<void>): void {
    if (this.stop.signal.aborted) return;
    this.waiting.set(key, work);
    queueMicrotask(() => void this.run(key));
  }

  /** No more work is begun; what runs now ends by itself. */
  close(): void {
    this.stop.abort();
    this.waiting.clear();
  }

  private async run(key: string): Promise<void> {
    const work = this.waiting.get(key);
    if (!work || this.running.has(key)) return;
    this.waiting.delete(key);
    this.running.add(key);
    const done = await this.attempt(key, work);
    this.running.delete(key);
    if (!done && !this.waiting.has(key)) this.add(key, work);
    else if (this.waiting.has(key)) await this.run(key);
  }

  private async attempt(key: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.log.debug(`${this.name}: ${key}: ${messageOf(error)}`);
      await this.clock.sleep(PAUSE_AFTER_FAILURE, this.stop.signal).catch(() => {});
      return false;
    }
  }
}
