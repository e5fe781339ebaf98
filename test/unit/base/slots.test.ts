import { describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../../src/base/errors.ts';
import { createSlots } from '../../../src/base/slots.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('createSlots', () => {
  test('runs no more than its places at once, and all in the end', async () => {
    const slots = createSlots(2);
    let [now, most, done] = [0, 0, 0];
    const work = async () => {
      most = Math.max(most, ++now);
      await turn();
      now--;
      done++;
    };
    await Promise.all(Array.from({ length: 7 }, () => slots.run(work)));
    expect([most, done]).toEqual([2, 7]);
  });

  test('a failure frees its place', async () => {
    const slots = createSlots(1);
    await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(slots.run(async () => 'yes')).resolves.toBe('yes');
  });

  test('begins nothing after an abort', async () => {
    const abort = new AbortController();
    const slots = createSlots(1, abort.signal);
    const first = slots.run(turn);
    let began = false;
    const second = slots.run(async () => {
      began = true;
    });
    abort.abort(new CancelledError());
    await first;
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(began).toBe(false);
  });
});
