import { expect, test } from '@jest/globals';
import { figureLine } from '../../../bench/import.ts';

test('a maximum holds up to its budget', () => {
  expect(figureLine({ what: 'memory', value: 150, unit: 'MB', budget: 150 })).toEqual({
    line: 'memory  150.00 MB (at most 150)',
    within: true,
  });
  expect(figureLine({ what: 'memory', value: 150.1, unit: 'MB', budget: 150 }).within).toBe(false);
});

test('a minimum holds from its budget on', () => {
  const figure = { what: 'throughput', unit: '× curl -F', budget: 0.8, atLeast: true };
  expect(figureLine({ ...figure, value: 0.8 }).within).toBe(true);
  expect(figureLine({ ...figure, value: 0.79 })).toEqual({
    line: 'throughput  0.79 × curl -F (at least 0.8): out of budget',
    within: false,
  });
});
