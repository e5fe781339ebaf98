import { describe, expect, test } from '@jest/globals';
import {
  abortReason,
  systemClock,
  throwIfAborted,
  timestamp,
  withTimeLimit,
} from '../../../src/base/clock.ts';
import { CancelledError, EnvironmentError, UserError } from '../../../src/base/errors.ts';
import { FakeClock } from './fake-clock.ts';

const tooLong = () => new EnvironmentError('TOO_LONG', 'too long');

describe('abortReason', () => {
  test('is the given error', () => {
    const reason = new UserError('X', 'x');
    expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
  });

  test('is CancelledError where none was given', () => {
    expect(abortReason(AbortSignal.abort())).toBeInstanceOf(CancelledError);
    expect(() => throwIfAborted(AbortSignal.abort())).toThrow(CancelledError);
  });

  test('nothing is thrown for a live or absent signal', () => {
    expect(() => throwIfAborted(new AbortController().signal)).not.toThrow();
    expect(() => throwIfAborted(undefined)).not.toThrow();
  });
});

describe('systemClock.sleep', () => {
  test('rejects when aborted before and while it sleeps', async () => {
    await expect(systemClock.sleep(1e6, AbortSignal.abort())).rejects.toThrow(CancelledError);
    const stop = new AbortController();
    const sleeping = systemClock.sleep(1e6, stop.signal);
    stop.abort();
    await expect(sleeping).rejects.toThrow(CancelledError);
  });

  test('a sleep of 35 days does not end at once', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(35 * 86_400_000, stop.signal).then(
      () => 'woken',
      () => 'aborted',
    );
    await systemClock.sleep(20);
    stop.abort();
    expect(await sleeping).toBe('aborted');
  });
});

describe('withTimeLimit', () => {
  test('aborts with its reason when the time is over', async () => {
    const clock = new FakeClock();
    const { signal } = withTimeLimit(clock, 1000, undefined, tooLong);
    await clock.advance(999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(abortReason(signal)).toMatchObject({ code: 'TOO_LONG' });
  });

  test('aborts with its parent', () => {
    const parent = new AbortController();
    const { signal } = withTimeLimit(new FakeClock(), 1000, parent.signal, tooLong);
    parent.abort();
    expect(abortReason(signal)).toBeInstanceOf(CancelledError);
  });

  test('stays quiet once cleared', async () => {
    const clock = new FakeClock();
    const { signal, clear } = withTimeLimit(clock, 1000, undefined, tooLong);
    clear();
    await clock.advance(5000);
    expect(signal.aborted).toBe(false);
  });
});

test('timestamp has the form of Kubernetes', () => {
  expect(timestamp(new FakeClock({ start: Date.UTC(2026, 10, 21, 12, 0, 0, 999) }))).toBe(
    '2026-11-21T12:00:00Z',
  );
});
