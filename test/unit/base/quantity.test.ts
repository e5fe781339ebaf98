import { describe, expect, test } from '@jest/globals';
import { formatBytes, parseQuantity } from '../../../src/base/quantity.ts';

describe('parseQuantity', () => {
  test.each([
    ['1024', 1024],
    ['4Gi', 4_294_967_296],
    ['512M', 512_000_000],
    ['1.5Gi', 1_610_612_736],
    ['1k', 1000],
    ['0', 0],
  ])('%s is %d bytes', (text, bytes) => expect(parseQuantity(text)).toBe(bytes));

  test.each(['', '4GB', '4 Gi', '-1Gi', '4gi', '0.3', 'Gi', '9999999Pi'])('refuses "%s"', (text) =>
    expect(parseQuantity(text)).toBeUndefined(),
  );
});

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1_610_612_736, '1.5 GiB'],
    [20 * 2 ** 20, '20 MiB'],
    [2 ** 20 - 1, '1.0 MiB'],
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});
