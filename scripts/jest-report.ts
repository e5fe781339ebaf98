/** Counting what jest ran, from the file that `jest --json --outputFile` writes. */
import { NOTHING, type Outcome, type Tally } from './tally.ts';

/** The parts of jest's report that are counted. */
export interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** jest's word for how a test ended as one of ours. What did not run, for whatever reason, is skipped. */
export function statusOf(status: string): Outcome['status'] {
  return status === 'passed' || status === 'failed' ? status : 'skipped';
}

/**
 * The counts of a report. A test file that could not run at all, for want of an import say, has no tests to count: it
 * counts as one failed.
 */
export function tallyOfReport(report: JestReport): Tally {
  const counts = { ...NOTHING };
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map((test) => statusOf(test.status));
    for (const status of statuses) counts[status] += 1;
    if (file.status === 'failed' && !statuses.includes('failed')) counts.failed += 1;
  }
  return counts;
}

/**
 * The counts of a jest run: its exit code and its report, if it wrote one. A run that crashed, found no tests or failed
 * without a failed test counts as one failed test more.
 */
export function tallyOfRun(exitCode: number, report: JestReport | undefined): Tally {
  const tally = report ? tallyOfReport(report) : NOTHING;
  const empty = tally.passed + tally.failed + tally.skipped === 0;
  const unexplained = exitCode !== 0 && tally.failed === 0;
  return empty || unexplained ? { ...tally, failed: tally.failed + 1 } : tally;
}
