import { describe, expect, test } from '@jest/globals';
import { allSettledOrThrow } from '../../../../src/oci/push/slots.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('allSettledOrThrow', () => {
  test('waits for all, stops them, and throws what failed first', async () => {
    const stopped: unknown[] = [];
    let ended = false;
    const slow = turn()
      .then(turn)
      .then(() => {
        ended = true;
        throw new Error('second');
      });
    const work = [slow, Promise.reject(new Error('first')), Promise.resolve(1)];
    await expect(allSettledOrThrow(work, (error) => stopped.push(error))).rejects.toThrow('first');
    expect(ended).toBe(true);
    expect(stopped).toEqual([new Error('first')]);
  });

  test('gives all values in their order', async () =>
    expect(await allSettledOrThrow([turn().then(() => 1), Promise.resolve(2)], () => {})).toEqual([1, 2]));
});
