import { describe, expect, test } from '@jest/globals';
import { tallyOfReport, tallyOfRun } from '../../../scripts/jest-report.ts';

const file = (status: string, ...tests: string[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});

describe('counting a report of jest', () => {
  test('adds up the tests of all files', () => {
    const report = { testResults: [file('passed', 'passed', 'passed'), file('failed', 'failed', 'passed')] };
    expect(tallyOfReport(report)).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });

  test.each(['pending', 'skipped', 'todo', 'disabled'])('counts %s as skipped, never as passed', (status) => {
    expect(tallyOfReport({ testResults: [file('passed', status)] })).toEqual({
      passed: 0,
      failed: 0,
      skipped: 1,
    });
  });

  test('counts a file that could not run as one failed', () => {
    expect(tallyOfReport({ testResults: [file('failed')] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('counts a file whose clean-up failed as one failed beside its passed tests', () => {
    expect(tallyOfReport({ testResults: [file('failed', 'passed')] })).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });
});

describe('counting a run of jest', () => {
  const green = { testResults: [file('passed', 'passed')] };

  test('is the report where the exit code agrees', () => {
    expect(tallyOfRun(0, green)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  });

  test('fails where jest crashed before it wrote a report', () => {
    expect(tallyOfRun(1, undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('fails where jest found no tests, even with exit code 0', () => {
    expect(tallyOfRun(0, { testResults: [] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('fails where jest exits with an error that no test explains', () => {
    expect(tallyOfRun(1, green)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test('does not count a failed test twice', () => {
    expect(tallyOfRun(1, { testResults: [file('failed', 'failed')] })).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
    });
  });
});
