import { describe, expect, test } from '@jest/globals';
import { goalLine, overheadGoal } from '../../../bench/golden.ts';

describe('goals of the golden build', () => {
  test('the overhead is the ratio of medians, which one slow round does not move', () => {
    const goal = overheadGoal([105_000, 300_000, 104_000], [100_000, 99_000, 200_000]);
    expect(goal.value).toBeCloseTo(1.05);
    expect(goalLine(goal)).toEqual({
      line: 'customize, against virt-customize by hand  × 1.05, goal ≤ × 1.10: ok (medians of 3: 105.0 s against 100.0 s; ours 105.0 s, 300.0 s, 104.0 s; by hand 100.0 s, 99.0 s, 200.0 s)',
      met: true,
    });
  });

  test('what is over its goal says so', () => {
    const { line, met } = goalLine(overheadGoal([120], [100]));
    expect(met).toBe(false);
    expect(line).toContain('× 1.20, goal ≤ × 1.10: OVER');
  });
});
