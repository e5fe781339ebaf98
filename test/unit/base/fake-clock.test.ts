import { describe, expect, test } from '@jest/globals';
import { withTimeLimit } from '../../../src/base/clock.ts';
import { CancelledError } from '../../../src/base/errors.ts';
import { FakeClock } from './fake-clock.ts';

describe('advance', () => {
  test('wakes who is due, earliest first, at their own time', async () => {
    const clock = new FakeClock({ start: 0 });
    const woken: string[] = [];
    const sleeper = (ms: number) => clock.sleep(ms).then(() => woken.push(`${ms} at ${clock.now()}`));
    void sleeper(300);
    void sleeper(100);
    void sleeper(500);
    await clock.advance(400);
    expect(woken).toEqual(['100 at 100', '300 at 300']);
    expect(clock.now()).toBe(400);
  });

  test('an aborted sleeper rejects and is forgotten', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(100, stop.signal);
    stop.abort();
    await expect(sleeping).rejects.toThrow(CancelledError);
  });
});

describe('auto', () => {
  test('time moves to the next sleeper by itself', async () => {
    const clock = new FakeClock({ start: 0, auto: true });
    for (let round = 0; round < 100; round++) await clock.sleep(10_000);
    expect(clock.now()).toBe(1_000_000);
  });

  test('two loops interleave in the order of time', async () => {
    const clock = new FakeClock({ start: 0, auto: true });
    const seen: string[] = [];
    const loop = async (name: string, ms: number, count: number) => {
      for (let round = 0; round < count; round++) {
        await clock.sleep(ms);
        seen.push(`${name}${clock.now()}`);
      }
    };
    await Promise.all([loop('slow', 50, 2), loop('fast', 20, 4)]);
    expect(seen).toEqual(['fast20', 'fast40', 'slow50', 'fast60', 'fast80', 'slow100']);
  });

  test('a time limit does not pass while work goes on, but does while polls pass time', async () => {
    const clock = new FakeClock({ start: 0, auto: true });
    const { signal } = withTimeLimit(clock, 1_800_000, undefined, () => new Error('limit'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(0);
    const polling = async () => {
      for (;;) await clock.sleep(30_000, signal);
    };
    await expect(polling()).rejects.toThrow('limit');
    expect(clock.now()).toBe(1_800_000);
  });
});
