/** What came of a wait: lines for the log, and the error that it ends with. */
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError } from '../base/errors.ts';
import type { WaitReport } from './wait.ts';
import { type TargetReport, tries } from './watch.ts';

/** Lines of a body that an error shows. */
const BODY_LINES = 10;
const BODY_LINE = 200;
/** URLs that an error names. */
const NAMED = 10;

/** One line per URL: outcome, time, tries, and the way there. */
export function reportLines({ targets }: WaitReport): string[] {
  return targets.map((target) => {
    const { name, outcome, attempts, elapsed } = target;
    const way = historyOf(target);
    return `${name}: ${OUTCOMES[outcome]} after ${formatDuration(elapsed)}, ${tries(attempts)}${way && ` (${way})`}`;
  });
}

const OUTCOMES = { ready: 'ready', never: 'failed', late: 'not ready' } as const;

/** `refused for 9.8s, 503 for 2.4s`: the last five changes; empty if there was none. */
export function historyOf({ spans }: TargetReport): string {
  const told = spans.filter(({ label }) => label !== 'ready').slice(-5);
  return told.map(({ label, from, to }) => `${label} for ${formatDuration(to - from)}`).join(', ');
}

/** The URL that the outputs tell of: the one that failed, else the last that became ready. */
export function decidingTarget({ targets }: WaitReport): TargetReport {
  const rank = ({ outcome }: TargetReport) => ['ready', 'late', 'never'].indexOf(outcome);
  return targets.toSorted((a, b) => rank(b) - rank(a) || b.elapsed - a.elapsed)[0]!;
}

/** Why the wait failed; only for a report that is not ready. `evidence`: more lines to show. */
export function waitError(report: WaitReport, evidence: readonly string[] = []): EnvironmentError {
  const deciding = decidingTarget(report);
  const { code = 'WAIT_TIMEOUT', mend = 'Allow more time.' } = deciding.why ?? {};
  const open = report.targets.filter(({ outcome }) => outcome !== 'ready');
  return new EnvironmentError(code, messageOf(open, report), {
    mend,
    evidence: [...evidence, ...bodyLines(deciding)],
  });
}

function messageOf(open: readonly TargetReport[], { targets, elapsed }: WaitReport): string {
  const failed = open.filter(({ outcome }) => outcome === 'never');
  const [only] = failed.length > 0 ? failed : open;
  if (targets.length === 1 || failed.length > 0) return sentence(only!);
  const lines = open.slice(0, NAMED).map((target) => `  - ${sentence(target)}`);
  const more = open.length > NAMED ? [`  - and ${open.length - NAMED} more`] : [];
  const head = `${open.length} of ${targets.length} URLs were not ready after ${formatDuration(elapsed)}:`;
  return [head, ...lines, ...more].join('\n');
}

function sentence({ name, outcome, attempts, elapsed, why }: TargetReport): string {
  const what = why?.what ?? 'it was not tried to the end once';
  if (outcome === 'never') return `${name} failed: ${what}.`;
  const verb = why?.code === 'WAIT_STILL_READY' ? 'was not gone' : 'was not ready';
  return `${name} ${verb} after ${formatDuration(elapsed)} and ${tries(attempts)}: ${what}.`;
}

function bodyLines({ answer }: TargetReport): string[] {
  const body = answer?.body.trim() ?? '';
  if (body === '' || body.includes('\uFFFD')) return [];
  const lines = body.split(/\r?\n/).map((line) => line.slice(0, BODY_LINE));
  return [
    `The last answer, ${answer!.status}:`,
    ...lines.slice(0, BODY_LINES),
    ...(lines.length > BODY_LINES ? ['…'] : []),
  ];
}
