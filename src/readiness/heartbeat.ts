/** A sign of life while waiting: at most one line in 30 s, with what is waited for (DESIGN §3 "Log"). */
import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import type { Logger } from '../base/log.ts';

/** Milliseconds between two lines. */
const EVERY = 30_000;

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds that the wait may take; only for the line. */
  readonly timeout: number;
  /** What is said, joined to one line. */
  readonly status: () => readonly string[];
}

/** Runs `work` and says every 30 s how it stands. */
export async function withHeartbeat<T>(options: HeartbeatOptions, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController();
  void beat(options, ended.signal).catch(() => {});
  try {
    return await work();
  } finally {
    ended.abort();
  }
}

async function beat({ clock, log, timeout, status }: HeartbeatOptions, ended: AbortSignal): Promise<never> {
  const start = clock.monotonic();
  for (;;) {
    await clock.sleep(EVERY, ended);
    const elapsed = formatDuration(clock.monotonic() - start);
    log.info(`${elapsed} of ${formatDuration(timeout)}: ${status().join('; ')}`);
  }
}
