/** Counting: every part of the tests ends in a tally, and `npm test` in the sum of them. */

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The tally of what ran no tests. */
export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 };

/** One test or check that has run; `detail` says why it failed or was skipped. */
export interface Outcome {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly detail?: string;
}

export function tallyOf(outcomes: readonly Outcome[]): Tally {
  const count = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

export function sumOf(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, tally) => ({
      passed: sum.passed + tally.passed,
      failed: sum.failed + tally.failed,
      skipped: sum.skipped + tally.skipped,
    }),
    NOTHING,
  );
}

/** `12 passed, 0 failed, 3 skipped`: the form that the last line of `npm test` has. */
export function tallyLine(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}
