/**
 * The wait: every URL by itself, all at the same time within a bound, until all are ready, one never will be, or the time is
 * over. None of these throws: what came of it is a report (report.ts).
 */
import { type Clock, throwIfAborted } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { withHeartbeat } from '../base/heartbeat.ts';
import type { Logger } from '../base/log.ts';
import { judge } from './expectations.ts';
import type { Prober } from './facts.ts';
import type { PlannedTarget, WaitPlan } from './plan.ts';
import { delayAfter } from './schedule.ts';
import { type TargetReport, Watch } from './watch.ts';

export interface WaitReport {
  readonly ready: boolean;
  /** Milliseconds. */
  readonly elapsed: number;
  readonly attempts: number;
  readonly targets: readonly TargetReport[];
}

export interface WaitContext {
  readonly prober: Prober;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Source of jitter in [0, 1); for tests. */
  readonly random?: () => number;
}

/** The last try before the end is made this much earlier, ms, so that it can still pass. */
const LAST_TRY = 1000;

/** Waits as planned. Throws the abort reason, and what makes every try pointless, such as UserError WAIT_REGEX_SLOW. */
export function waitUntilReady(plan: WaitPlan, context: WaitContext): Promise<WaitReport> {
  return new Wait(plan, context).run();
}

class Wait {
  readonly #plan: WaitPlan;
  readonly #context: WaitContext;
  readonly #watches: readonly (readonly [PlannedTarget, Watch])[];
  /** Ends all other tries once one URL is hopeless. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #gate: Gate;
  #start = 0;

  constructor(plan: WaitPlan, context: WaitContext) {
    this.#plan = plan;
    this.#context = context;
    this.#watches = plan.targets.map((target) => [target, new Watch(target.name)]);
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
    this.#gate = new Gate(plan.concurrency);
  }

  async run(): Promise<WaitReport> {
    const { clock, log, signal } = this.#context;
    this.#start = clock.monotonic();
    const within = formatDuration(this.#plan.timeout);
    const status = () =>
      `${formatDuration(this.#elapsed())} of ${within}: ${statusLines(this.#watches.map(([, watch]) => watch)).join('; ')}`;
    await withHeartbeat({ clock, log, status }, async () => {
      await clock.sleep(Math.min(this.#plan.initialDelay, this.#plan.timeout), signal);
      await Promise.all(this.#watches.map(([target, watch]) => this.#watchUntilDecided(target, watch)));
    });
    const elapsed = this.#elapsed();
    const targets = this.#watches.map(([, watch]) => watch.report(elapsed));
    return {
      ready: targets.every(({ outcome }) => outcome === 'ready'),
      elapsed,
      attempts: targets.reduce((sum, { attempts }) => sum + attempts, 0),
      targets,
    };
  }

  async #watchUntilDecided(target: PlannedTarget, watch: Watch): Promise<void> {
    try {
      while (!watch.decided && this.#left() > 0) {
        await this.#gate.pass(() => this.#try(target, watch));
        if (watch.outcome === 'never') this.#stop.abort();
        if (!watch.decided) await this.#pause(watch);
      }
    } catch (error) {
      const stopped = this.#stop.signal.aborted && !this.#context.signal.aborted;
      this.#stop.abort();
      if (!stopped) throw error;
    }
  }

  async #try({ target }: PlannedTarget, watch: Watch): Promise<void> {
    const { prober, clock } = this.#context;
    throwIfAborted(this.#signal);
    const left = this.#left();
    if (left <= 0) return;
    const facts = await prober.probe(target, Math.min(this.#plan.requestTimeout, left), this.#signal);
    // A try that the end cut short says nothing that the one before did not say better.
    if (facts.failure?.kind === 'timeout' && left < this.#plan.requestTimeout && watch.why) return;
    const verdict = judge(facts, this.#plan.judgement, clock.now());
    watch.note(facts, verdict, this.#elapsed());
    if (verdict.state === 'never') watch.outcome = 'never';
    if (watch.successes >= this.#plan.consecutiveSuccesses) watch.outcome = 'ready';
  }

  async #pause(watch: Watch): Promise<void> {
    const { prober, clock, random = Math.random } = this.#context;
    if (prober.paces) return;
    const pending = this.#watches.filter(([, other]) => !other.decided).length;
    // Successes follow each other at the first interval, however rare the tries before them were.
    const repeated = watch.successes > 0 ? 1 : watch.repeated;
    const delay = delayAfter(this.#plan.schedule, { repeated, pending, random: random() });
    const left = this.#left();
    const latest = left > LAST_TRY ? left - LAST_TRY : left;
    await clock.sleep(Math.max(0, Math.min(delay, latest)), this.#signal);
  }

  #elapsed(): number {
    return this.#context.clock.monotonic() - this.#start;
  }

  #left(): number {
    return this.#plan.timeout - this.#elapsed();
  }
}

/** Lets so many through at a time, in the order of asking. */
class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#free = width;
  }

  async pass(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** URLs that a heartbeat tells of. */
const SHOWN = 3;

function statusLines(watches: readonly Watch[]): string[] {
  const pending = watches.filter(({ decided }) => !decided);
  const ready = watches.length > 1 ? [`${watches.length - pending.length} of ${watches.length} ready`] : [];
  const more = pending.length > SHOWN ? [`and ${pending.length - SHOWN} more`] : [];
  return [...ready, ...pending.slice(0, SHOWN).map((watch) => watch.line()), ...more];
}
