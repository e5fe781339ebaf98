import { describe, expect, test } from '@jest/globals';
import { CancelledError, EnvironmentError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { parseRetryAfter, type RetryOptions, retry } from '../../../src/base/retry.ts';
import { FakeClock } from './fake-clock.ts';

function options(clock: FakeClock, more: Partial<RetryOptions> = {}): RetryOptions {
  return { doing: 'trying', retryable: () => true, clock, log: silentLogger, random: () => 1, ...more };
}

describe('retry', () => {
  test('returns the first success, after doubling delays', async () => {
    const clock = new FakeClock({ auto: true });
    const result = await retry(async (attempt) => {
      if (attempt < 4) throw new Error('no');
      return attempt;
    }, options(clock));
    expect(result).toBe(4);
    expect(clock.slept).toEqual([500, 1000, 2000]);
  });

  test('rethrows the last error unchanged when the budget is spent', async () => {
    const error = new EnvironmentError('X', 'x');
    const tries = retry(() => Promise.reject(error), options(new FakeClock({ auto: true }), { attempts: 3 }));
    await expect(tries).rejects.toBe(error);
  });

  test('does not retry what cannot get better', async () => {
    const clock = new FakeClock({ auto: true });
    await expect(
      retry(() => Promise.reject(new Error('403')), options(clock, { retryable: () => false })),
    ).rejects.toThrow('403');
    expect(clock.slept).toEqual([]);
  });

  test('waits as long as the server asks', async () => {
    const clock = new FakeClock({ auto: true });
    await retry(
      async (attempt) => {
        if (attempt === 1) throw new Error('429');
      },
      options(clock, { retryAfter: () => 7000 }),
    );
    expect(clock.slept).toEqual([7000]);
  });

  test('gives up when the server asks for longer than allowed', async () => {
    const tries = retry(
      () => Promise.reject(new Error('429')),
      options(new FakeClock({ auto: true }), { retryAfter: () => 61_000 }),
    );
    await expect(tries).rejects.toThrow('429');
  });

  test('an abort ends the wait at once', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const tries = retry(() => Promise.reject(new Error('no')), options(clock, { signal: controller.signal }));
    setImmediate(() => controller.abort());
    await expect(tries).rejects.toBeInstanceOf(CancelledError);
  });
});

describe('parseRetryAfter', () => {
  const clock = new FakeClock({ start: Date.UTC(2026, 0, 1) });
  test.each([
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s is %s', (header, ms) => expect(parseRetryAfter(header, clock)).toBe(ms));
});
