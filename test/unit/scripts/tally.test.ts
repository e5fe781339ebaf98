import { describe, expect, test } from '@jest/globals';
import { type Outcome, sumOf, tallyLine, tallyOf } from '../../../scripts/tally.ts';

describe('tally', () => {
  const outcomes: Outcome[] = [
    { name: 'a', status: 'passed' },
    { name: 'b', status: 'failed', detail: 'why' },
    { name: 'c', status: 'skipped', detail: 'needs root' },
    { name: 'd', status: 'passed' },
  ];

  test('counts each outcome once', () => {
    expect(tallyOf(outcomes)).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  test('sums over parts', () => {
    const lint = { passed: 10, failed: 0, skipped: 1 };
    expect(sumOf([lint, tallyOf(outcomes)])).toEqual({ passed: 12, failed: 1, skipped: 2 });
  });

  test('is nothing for no parts', () => {
    expect(sumOf([])).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });

  test('has the form that continuous integration reads', () => {
    expect(tallyLine({ passed: 12, failed: 0, skipped: 3 })).toBe('12 passed, 0 failed, 3 skipped');
  });
});
