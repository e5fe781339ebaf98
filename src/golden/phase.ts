/** One phase at a time: a log group, its duration, its own time limit, and a sign of life while it waits. */
import { type Clock, timestamp, withTimeLimit } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';

/** Milliseconds of silence after which a line says what is being waited for (DESIGN §3 "Log"). */
const HEARTBEAT = 30_000;

export interface Phase {
  readonly id: string;
  readonly title: string;
  /** Milliseconds. */
  readonly limit: number;
  /** The input that sets the limit. */
  readonly limitInput?: string;
}

export interface PhaseTiming {
  /** Its id. */
  readonly phase: string;
  readonly start: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly outcome: 'done' | 'failed';
  /** What the phase itself was made of, in order; empty where it is one piece. */
  readonly steps: readonly StepTiming[];
}

export interface StepTiming {
  readonly name: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** What a phase works with. */
export interface PhaseContext {
  /** Aborts at the phase's limit, or with the run. */
  readonly signal: AbortSignal;
  /** A logger that postpones the heartbeat. */
  readonly log: Logger;
  /** Says in words what is being waited for; printed when nothing else was. */
  readonly progress: (text: string) => void;
  /** A new step of the phase begins, and the one before ends; the same name again changes nothing. */
  readonly step: (name: string) => void;
}

export class PhaseRunner {
  readonly timings: PhaseTiming[] = [];
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Runs `work`; EnvironmentError PHASE_TIMEOUT if it takes longer than planned. */
  run<T>(
    phase: Phase,
    signal: AbortSignal | undefined,
    work: (context: PhaseContext) => Promise<T>,
  ): Promise<T> {
    return this.#log.group(phase.title, () => this.#timed(phase, signal, work));
  }

  async #timed<T>(
    phase: Phase,
    parent: AbortSignal | undefined,
    work: (context: PhaseContext) => Promise<T>,
  ): Promise<T> {
    const clock = this.#clock;
    const [start, began] = [timestamp(clock), clock.monotonic()];
    const pulse = new Heartbeat(clock, this.#log);
    const limit = withTimeLimit(clock, phase.limit, parent, () => tooLong(phase, pulse.waitingFor));
    const beating = pulse.beat(limit.signal);
    const steps = new Steps(clock);
    let outcome: PhaseTiming['outcome'] = 'failed';
    try {
      const context = { signal: limit.signal, log: pulse.log, progress: pulse.progress, step: steps.begin };
      const result = await work(context);
      outcome = 'done';
      return result;
    } finally {
      limit.clear();
      beating.stop();
      const duration = clock.monotonic() - began;
      this.timings.push({ phase: phase.id, start, duration, outcome, steps: steps.end() });
      this.#log.info(`${phase.id}: ${outcome} after ${formatDuration(duration)}`);
    }
  }
}

function tooLong(phase: Phase, waitingFor: string): EnvironmentError {
  const last = waitingFor ? ` Last: ${waitingFor}.` : '';
  return new EnvironmentError(
    'PHASE_TIMEOUT',
    `The phase "${phase.id}" was not finished within ${formatDuration(phase.limit)}.${last}`,
    phase.limitInput ? { mend: `Raise the input ${phase.limitInput} if the work only needs longer.` } : {},
  );
}

class Steps {
  readonly #clock: Clock;
  readonly #begun: { name: string; at: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly begin = (name: string): void => {
    if (this.#begun.at(-1)?.name !== name) this.#begun.push({ name, at: this.#clock.monotonic() });
  };

  end(): StepTiming[] {
    const now = this.#clock.monotonic();
    return this.#begun.map(({ name, at }, index) => ({
      name,
      duration: (this.#begun[index + 1]?.at ?? now) - at,
    }));
  }
}

class Heartbeat {
  waitingFor = '';
  readonly log: Logger;
  readonly #clock: Clock;
  readonly #target: Logger;
  #spokenAt: number;

  constructor(clock: Clock, target: Logger) {
    this.#clock = clock;
    this.#target = target;
    this.#spokenAt = clock.monotonic();
    this.log = this.#noticing(target);
  }

  readonly progress = (text: string): void => {
    this.waitingFor = text;
  };

  /** Speaks until stopped. */
  beat(signal: AbortSignal): { stop: () => void } {
    const stop = new AbortController();
    void this.#loop(AbortSignal.any([signal, stop.signal])).catch(() => {}); // ends with the abort
    return { stop: () => stop.abort() };
  }

  async #loop(signal: AbortSignal): Promise<void> {
    for (;;) {
      const silent = this.#clock.monotonic() - this.#spokenAt;
      await this.#clock.sleep(Math.max(1, HEARTBEAT - silent), signal);
      if (this.#clock.monotonic() - this.#spokenAt < HEARTBEAT || this.waitingFor === '') continue;
      this.log.info(`… ${this.waitingFor}`);
    }
  }

  #noticing(target: Logger): Logger {
    const noting = (level: 'info' | 'notice' | 'warning' | 'error') => (line: string) => {
      this.#spokenAt = this.#clock.monotonic();
      target[level](line);
    };
    return {
      debug: (line) => target.debug(line),
      info: noting('info'),
      notice: noting('notice'),
      warning: noting('warning'),
      error: noting('error'),
      group: (title, work) => this.#target.group(title, work),
    };
  }
}
