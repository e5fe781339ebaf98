import { expect, test } from '@jest/globals';
import { goalLine } from '../../../bench/readiness.ts';

test.each([
  [249.6, true, 'ok   longest latency: 250 ms, goal 250 ms'],
  [250, true, 'ok   longest latency: 250 ms, goal 250 ms'],
  [251, false, 'over longest latency: 251 ms, goal 250 ms'],
])('a goal is met by %d: %s', (value, within, line) =>
  expect(goalLine('longest latency', value, 250, 'ms')).toEqual({ line, within }),
);
