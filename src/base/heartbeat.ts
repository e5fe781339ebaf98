/** A sign of life while waiting: a line after every 30 s of silence, with what is waited for (DESIGN §3 "Log"). */
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

/** Milliseconds of silence after which a line is due. */
const SILENCE = 30_000;

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** How it stands, in one line; empty: there is nothing to say. */
  readonly status: () => string;
}

/** Runs `work` and says how it stands whenever nothing was said for 30 s; lines to the logger that `work` gets postpone that. */
export async function withHeartbeat<T>(
  { clock, log, status }: HeartbeatOptions,
  work: (log: Logger) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const voice = new Voice(clock, log);
  void beat(voice, clock, status, ended.signal).catch(() => {}); // ends with the abort
  try {
    return await work(voice.log);
  } finally {
    ended.abort();
  }
}

async function beat(voice: Voice, clock: Clock, status: () => string, ended: AbortSignal): Promise<never> {
  for (;;) {
    await clock.sleep(Math.max(1, SILENCE - voice.silence()), ended);
    const text = voice.silence() < SILENCE ? '' : status();
    if (text !== '') voice.log.info(text);
  }
}

/** A logger that knows when it last spoke. */
class Voice {
  readonly log: Logger;
  readonly #clock: Clock;
  #spokenAt: number;

  constructor(clock: Clock, target: Logger) {
    this.#clock = clock;
    this.#spokenAt = clock.monotonic();
    const noting = (level: 'info' | 'notice' | 'warning' | 'error') => (line: string) => {
      this.#spokenAt = clock.monotonic();
      target[level](line);
    };
    this.log = {
      debug: (line) => target.debug(line),
      info: noting('info'),
      notice: noting('notice'),
      warning: noting('warning'),
      error: noting('error'),
      group: (title, work) => target.group(title, work),
    };
  }

  /** Milliseconds since the last line. */
  silence(): number {
    return this.#clock.monotonic() - this.#spokenAt;
  }
}
