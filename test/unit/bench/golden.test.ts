import { describe, expect, test } from '@jest/globals';
import { goalLine, overheadGoals } from '../../../bench/golden.ts';

const cost = (elapsed: number, processor = 100_000) => ({ elapsed, processor });

describe('goals of the golden build', () => {
  test('the overhead is the ratio of medians, which one slow round does not move', () => {
    const ours = [cost(105_000), cost(300_000), cost(104_000)];
    const [elapsed] = overheadGoals(ours, [cost(100_000), cost(99_000), cost(200_000)]);
    expect(elapsed!.value).toBeCloseTo(1.05);
    expect(goalLine(elapsed!)).toEqual({
      line: 'customize against virt-customize by hand, elapsed time  × 1.05, goal ≤ × 1.10: ok (ours 105.0 s, 300.0 s, 104.0 s; by hand 100.0 s, 99.0 s, 200.0 s)',
      met: true,
    });
  });

  test('processor time has a goal of its own, and what is over says so', () => {
    const [elapsed, processor] = overheadGoals([cost(100, 120)], [cost(100, 100)]);
    expect(goalLine(elapsed!).met).toBe(true);
    expect(goalLine(processor!)).toMatchObject({
      met: false,
      line: expect.stringContaining('processor time  × 1.20, goal ≤ × 1.10: OVER'),
    });
  });
});
