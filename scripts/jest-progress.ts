/**
 * jest's reporter while `npm test` runs: a line for each test file as it ends, a failure in full, a skipped test by its
 * name, which says why (test/requirements.ts).
 */
import { relative } from 'node:path';
import { statusOf } from './jest-report.ts';
import { tallyLine, tallyOf } from './tally.ts';

/** The parts of jest's own types that are used here (@jest/reporters 30). */
interface JestTest {
  readonly path: string;
  readonly context: {
    readonly config: { readonly displayName?: { readonly name: string }; readonly rootDir: string };
  };
}
interface JestResult {
  readonly failureMessage?: string | null;
  readonly perfStats: { readonly start: number; readonly end: number };
  readonly testResults: readonly { readonly fullName: string; readonly status: string }[];
}
interface JestProgressSoFar {
  readonly numTotalTestSuites: number;
  readonly numPassedTestSuites: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTestSuites: number;
}

export default class JestProgress {
  onTestResult(test: JestTest, result: JestResult, all: JestProgressSoFar): void {
    const { displayName, rootDir } = test.context.config;
    const done = all.numPassedTestSuites + all.numFailedTestSuites + all.numPendingTestSuites;
    const outcomes = result.testResults.map(({ fullName, status }) => ({
      name: fullName,
      status: statusOf(status),
    }));
    const seconds = ((result.perfStats.end - result.perfStats.start) / 1000).toFixed(1);
    const progress = `${displayName?.name ?? 'tests'} [${done}/${all.numTotalTestSuites}]`;
    console.log(
      `${progress} ${relative(rootDir, test.path)}: ${tallyLine(tallyOf(outcomes))} (${seconds} s)`,
    );
    for (const { name, status } of outcomes) if (status === 'skipped') console.log(`    skipped: ${name}`);
    if (result.failureMessage) console.log(result.failureMessage);
  }
}
