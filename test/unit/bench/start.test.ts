import { describe, expect, test } from '@jest/globals';
import { median, verdictLine } from '../../../bench/start.ts';

describe('cold start', () => {
  test('is the median, which one slow start does not move', () => {
    expect(median([31, 900, 30, 29, 32])).toBe(31);
  });

  test('passes up to 100 ms above an empty script', () => {
    expect(verdictLine({ action: 'bake', time: 130 }, 30)).toEqual({
      line: 'bake  130 ms, 4.3 × an empty script (30 ms)',
      within: true,
    });
  });

  test('fails above', () => {
    const { line, within } = verdictLine({ action: 'bake', time: 131 }, 30);
    expect(within).toBe(false);
    expect(line).toContain('over the budget of 100 ms more');
  });
});
