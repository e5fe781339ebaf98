import { expect, test } from '@jest/globals';
import { alignedLines } from '../../../src/base/table.ts';

test('columns stand below each other, without blanks at the ends', () =>
  expect(
    alignedLines([
      ['Image', 'Size'],
      ['a', '10 MiB'],
      ['longer', ''],
    ]),
  ).toEqual(['Image   Size', 'a       10 MiB', 'longer']));

test('no rows are no lines', () => expect(alignedLines([])).toEqual([]));
