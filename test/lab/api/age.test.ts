import { describe, expect, test } from '@jest/globals';
import { ageOf, humanDuration } from '../../../lab/api/age.ts';

const [S, M, H, D] = [1000, 60_000, 3_600_000, 86_400_000];

describe('ages', () => {
  test.each([
    [-5 * S, '<invalid>'],
    [-S, '0s'],
    [119 * S, '119s'],
    [2 * M, '2m'],
    [5 * M + 9 * S, '5m9s'],
    [179 * M, '179m'],
    [3 * H + 5 * M, '3h5m'],
    [47 * H, '47h'],
    [2 * D, '2d'],
    [3 * D + 4 * H, '3d4h'],
    [100 * D, '100d'],
    [365 * 3 * D + 5 * D, '3y5d'],
    [365 * 9 * D, '9y'],
  ])('%d ms: %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });

  test('a time that is none is unknown', () => {
    expect(ageOf(undefined, 0)).toBe('<unknown>');
    expect(ageOf('soon', 0)).toBe('<unknown>');
    expect(ageOf('1970-01-01T00:00:00Z', 5 * S)).toBe('5s');
  });
});
