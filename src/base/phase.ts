/** One phase at a time: a log group, its duration, its own time limit, and a sign of life while it waits. */
import { type Clock, timestamp, withTimeLimit } from './clock.ts';
import { formatDuration } from './duration.ts';
import { EnvironmentError } from './errors.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Logger } from './log.ts';

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
    let waitingFor = '';
    const limit = withTimeLimit(clock, phase.limit, parent, () => tooLong(phase, waitingFor));
    const { signal } = limit;
    const status = () => waitingFor && `… ${waitingFor}`;
    const progress = (text: string) => {
      waitingFor = text;
    };
    const steps = new Steps(clock);
    let outcome: PhaseTiming['outcome'] = 'failed';
    try {
      const result = await withHeartbeat({ clock, log: this.#log, status }, (log) =>
        work({ signal, log, progress, step: steps.begin }),
      );
      outcome = 'done';
      return result;
    } finally {
      limit.clear();
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
