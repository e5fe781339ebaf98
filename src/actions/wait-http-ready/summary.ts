/** The step summary: what came of each URL, and where the time went. */
import { formatDuration } from '../../base/duration.ts';
import type { CodedError } from '../../base/errors.ts';
import type { WaitReport } from '../../readiness/wait.ts';
import type { TargetReport } from '../../readiness/watch.ts';
import { Summary, type TimelineBar } from '../../runner/summary.ts';

/** URLs that the table names; of many, those that are not ready come first. */
const ROWS = 50;
/** URLs and changes of each that still make a picture. */
const PICTURED = 5;
const BARS = 10;

export function waitSummary(report: WaitReport, error: CodedError | undefined): Summary {
  const { targets, elapsed } = report;
  const summary = new Summary().heading(
    error ? `Not ready: ${error.code}` : `Ready after ${formatDuration(elapsed)}`,
  );
  if (error?.mend) summary.paragraph(error.mend);
  const sorted = targets.toSorted((a, b) => Number(a.outcome === 'ready') - Number(b.outcome === 'ready'));
  summary.table(
    ['URL', 'Outcome', 'After', 'Tries', 'Status', 'Last failure'],
    sorted.slice(0, ROWS).map(row),
  );
  if (sorted.length > ROWS) summary.paragraph(`And ${sorted.length - ROWS} more.`);
  return summary.timeline('Answers', sorted.slice(0, PICTURED).flatMap(bars));
}

function row({ name, outcome, elapsed, attempts, answer, why }: TargetReport): string[] {
  return [
    name,
    { ready: 'ready', never: 'failed', late: 'not ready' }[outcome],
    formatDuration(elapsed),
    String(attempts),
    answer ? String(answer.status) : '',
    why?.what ?? '',
  ];
}

function bars({ name, spans }: TargetReport): TimelineBar[] {
  return spans.slice(-BARS).map(({ label, from, to }) => ({
    label: `${name} ${label}`,
    start: from,
    end: to,
    failed: label !== 'ready',
  }));
}
