import { describe, expect, test } from '@jest/globals';
import { WorkQueue } from '../../../lab/api/work-queue.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { FakeClock } from '../../unit/base/fake-clock.ts';

const queueOf = () => new WorkQueue('test', { clock: new FakeClock({ auto: true }), log: silentLogger });
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('work queue', () => {
  test('work of one key does not overlap, and the newest waits for the running', async () => {
    const queue = queueOf();
    const done: string[] = [];
    let release = () => {};
    const running = new Promise<void>((resolve) => {
      release = resolve;
    });
    queue.add('k', async () => {
      await running;
      done.push('first');
    });
    await settled();
    for (const name of ['second', 'third']) queue.add('k', async () => void done.push(name));
    await settled();
    expect(done).toEqual([]);
    release();
    await settled();
    expect(done).toEqual(['first', 'third']);
  });

  test('what fails is tried again', async () => {
    const queue = queueOf();
    let attempts = 0;
    queue.add('k', async () => {
      attempts += 1;
      if (attempts < 3) throw new Error('not yet');
    });
    for (let count = 0; count < 100 && attempts < 3; count++) await settled();
    expect(attempts).toBe(3);
  });

  test('a closed queue begins nothing', async () => {
    const queue = queueOf();
    let begun = false;
    queue.close();
    queue.add('k', async () => {
      begun = true;
    });
    await settled();
    expect(begun).toBe(false);
  });
});
