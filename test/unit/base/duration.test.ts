import { describe, expect, test } from '@jest/globals';
import { formatDuration, parseDuration } from '../../../src/base/duration.ts';
import { formatBytes, parseQuantity } from '../../../src/base/quantity.ts';

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['15s', 15_000],
    ['30m', 1_800_000],
    ['1h30m', 5_400_000],
    ['35d', 3_024_000_000],
    ['1.5s', 1500],
    [' 2m ', 120_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['20', '', '5 m', 'm', '-1s', '1s2', '1y'])('"%s" is refused', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});

describe('formatDuration', () => {
  test.each([
    [320, '320ms'],
    [2400, '2.4s'],
    [5000, '5s'],
    [59_600, '1m'],
    [5_400_000, '1h30m'],
    [90_061_000, '1d1h1m1s'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('parseQuantity', () => {
  test.each([
    ['4Gi', 4 * 2 ** 30],
    ['512M', 512e6],
    ['1.5Ki', 1536],
    ['1024', 1024],
  ])('%s is %d bytes', (text, bytes) => expect(parseQuantity(text)).toBe(bytes));

  test.each(['4gb', '4 Gi', '', '0.3', '-1Gi', '99999Pi'])('"%s" is refused', (text) =>
    expect(parseQuantity(text)).toBeUndefined(),
  );
});

test('formatBytes keeps one decimal below ten', () => {
  expect([formatBytes(12), formatBytes(1_610_612_736), formatBytes(300 * 2 ** 20)]).toEqual([
    '12 B',
    '1.5 GiB',
    '300 MiB',
  ]);
});
