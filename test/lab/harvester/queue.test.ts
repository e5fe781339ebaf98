import { expect, test } from '@jest/globals';
import { WorkQueue } from '../../../lab/harvester/queue.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { FakeClock } from '../../unit/base/fake-clock.ts';

function queueOf(reconcile: (key: string) => Promise<number | undefined>) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const queue = new WorkQueue({
    name: 'x',
    reconcile,
    retryAfter: 100,
    clock,
    log: silentLogger,
    signal: stop.signal,
  });
  return { queue, clock, stop };
}

test('one key is worked on once at a time, and what comes meanwhile is not lost', async () => {
  const gates: (() => void)[] = [];
  let active = 0;
  let most = 0;
  const { queue } = queueOf(async () => {
    most = Math.max(most, ++active);
    await new Promise<void>((resolve) => gates.push(resolve));
    active--;
    return undefined;
  });
  queue.add('a');
  await settle();
  queue.add('a');
  queue.add('a');
  await settle();
  expect(gates).toHaveLength(1);
  gates[0]!();
  await settle();
  expect(gates).toHaveLength(2);
  gates[1]!();
  await queue.drain();
  expect({ most, runs: gates.length }).toEqual({ most: 1, runs: 2 });
});

test('a failed key comes again after the pause', async () => {
  const runs: string[] = [];
  const { queue, clock } = queueOf(async (key) => {
    runs.push(key);
    if (runs.length === 1) throw new Error('boom');
    return undefined;
  });
  queue.add('a');
  await settle();
  expect(runs).toEqual(['a']);
  await clock.advance(100);
  await settle();
  expect(runs).toEqual(['a', 'a']);
});

test('after the stop nothing is started', async () => {
  let runs = 0;
  const { queue, stop } = queueOf(async () => void runs++ as undefined);
  stop.abort();
  queue.add('a');
  await settle();
  expect(runs).toBe(0);
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
