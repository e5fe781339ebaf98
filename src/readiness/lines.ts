/**
 * Waiting for a line instead of an answer: the mark that a machine writes to its console once it is ready. Works with no route
 * to the machine, and sees the line that says "failed" in the same second (facts/harvester.md §2.6).
 */
import { stripVTControlCharacters } from 'node:util';
import { abortReason, type Clock, withTimeLimit } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { withHeartbeat } from '../base/heartbeat.ts';
import type { Logger } from '../base/log.ts';
import type { Explanation } from './explanation.ts';
import type { LineSource } from './facts.ts';
import type { Matcher } from './matcher.ts';
import type { WaitReport } from './wait.ts';

export interface LinePlan {
  /** The line that means ready. */
  readonly mark: Matcher;
  /** The line that means never. */
  readonly failMark: Matcher | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

export interface LineContext {
  readonly source: LineSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface LineReport extends WaitReport {
  /** The last lines that were read, the decisive one last. */
  readonly lastLines: readonly string[];
}

/** Characters of a line that are looked at; a console knows no limit. */
const LONGEST_LINE = 16_384;
const KEPT_LINES = 20;

/** Reads until a mark comes, the source ends, or the time is over. Throws what the source throws, and the abort reason. */
export async function waitForLine(plan: LinePlan, context: LineContext): Promise<LineReport> {
  const { source, clock, log, signal } = context;
  const start = clock.monotonic();
  const reader = new MarkReader(plan);
  const late = new Error('late');
  const limit = withTimeLimit(clock, plan.timeout, signal, () => late);
  const status = () =>
    `${formatDuration(clock.monotonic() - start)} of ${formatDuration(plan.timeout)}: ${source.name}: the last of ${reader.count} lines: ${reader.lastLines.at(-1) ?? 'none yet'}`;
  try {
    await withHeartbeat({ clock, log, status }, () => reader.read(source, limit.signal));
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    if (error !== late && limit.signal.reason !== late) throw error;
    reader.why = noMark(plan, `did not come within ${formatDuration(plan.timeout)}`);
  } finally {
    limit.clear();
  }
  return reader.report(source.name, clock.monotonic() - start);
}

class MarkReader {
  readonly #plan: LinePlan;
  readonly lastLines: string[] = [];
  count = 0;
  outcome: 'ready' | 'never' | 'late' = 'late';
  why: Explanation | undefined;

  constructor(plan: LinePlan) {
    this.#plan = plan;
  }

  async read(source: LineSource, signal: AbortSignal): Promise<void> {
    for await (const raw of source.lines(signal)) {
      this.#take(stripVTControlCharacters(raw.slice(0, LONGEST_LINE)).trimEnd());
      if (this.outcome !== 'late') return;
    }
    this.why = noMark(this.#plan, 'did not come before the lines ended');
  }

  #take(line: string): void {
    this.count++;
    this.lastLines.push(line);
    if (this.lastLines.length > KEPT_LINES) this.lastLines.shift();
    const { mark, failMark } = this.#plan;
    if (failMark?.test(line)) {
      this.outcome = 'never';
      this.why = {
        code: 'WAIT_FAIL_FAST',
        what: `a line has ${failMark.source}, which means that it will never be ready: "${line}"`,
        mend: 'Look at the lines before it.',
      };
    } else if (mark.test(line)) this.outcome = 'ready';
  }

  report(name: string, elapsed: number): LineReport {
    const { outcome, why, count: attempts } = this;
    const target = {
      name,
      outcome,
      attempts,
      elapsed,
      answer: undefined,
      finalUrl: undefined,
      why,
      spans: [],
    };
    return { ready: outcome === 'ready', elapsed, attempts, targets: [target], lastLines: this.lastLines };
  }
}

function noMark({ mark }: LinePlan, what: string): Explanation {
  return {
    code: 'WAIT_LINE',
    what: `the line with ${mark.source} ${what}`,
    mend: 'Check expect-line against the last lines below, and that the machine writes to its serial console (ttyS0).',
  };
}
