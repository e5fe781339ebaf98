import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { PODS } from '../../../src/kube/resources.ts';
import { waitForObject } from '../../../src/kube/watch.ts';
import { FakeKube, status } from './fake-kube.ts';
import { IdleClock } from './idle-clock.ts';

interface Phased {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  status?: { phase: string };
}

function setUp() {
  const kube = new FakeKube([PODS]);
  const clock = new IdleClock();
  const pod = (phase: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    status: { phase },
  });
  const wait = (judge: (pod: Phased | undefined) => string | undefined, signal?: AbortSignal) =>
    waitForObject<Phased, string>({
      kube,
      resource: PODS,
      namespace: 'ci',
      name: 'a',
      clock,
      log: silentLogger,
      signal,
      judge,
    });
  const untilRunning = () => wait((found) => (found?.status?.phase === 'Running' ? 'running' : undefined));
  return { kube, clock, pod, wait, untilRunning };
}

describe('waitForObject', () => {
  test('answers from the first list', async () => {
    const { kube, pod, untilRunning } = setUp();
    kube.put(PODS, pod('Running'));
    expect(await untilRunning()).toBe('running');
  });

  test('sees an object that appears later', async () => {
    const { kube, clock, pod, untilRunning } = setUp();
    clock.at(60_000, () => kube.put(PODS, pod('Running')));
    expect(await untilRunning()).toBe('running');
    expect(clock.monotonic()).toBeLessThan(62_000);
  });

  test('judges every state, in order, even those that last no time', async () => {
    const { kube, clock, pod, wait } = setUp();
    const seen: (string | undefined)[] = [];
    clock.at(5000, () => {
      for (const phase of ['Pending', 'Failed', 'Running']) kube.put(PODS, pod(phase));
    });
    await wait((found) => {
      if (seen.at(-1) !== found?.status?.phase) seen.push(found?.status?.phase);
      return found?.status?.phase === 'Running' ? 'done' : undefined;
    });
    expect(seen.filter(Boolean)).toEqual(['Pending', 'Failed', 'Running']);
  });

  test('goes on after the server ended the watch', async () => {
    const { kube, clock, pod, untilRunning } = setUp();
    kube.put(PODS, pod('Pending'));
    clock.at(10_000, () => kube.endWatches());
    clock.at(20_000, () => kube.put(PODS, pod('Running')));
    expect(await untilRunning()).toBe('running');
    expect(kube.calls.filter((call) => call.startsWith('list'))).toHaveLength(1);
  });

  test('lists anew after 410, and sees what it missed', async () => {
    const { kube, clock, pod, untilRunning } = setUp();
    kube.put(PODS, pod('Pending'));
    clock.at(10_000, () => {
      kube.endWatches(status(410, 'too old resource version'));
      kube.put(PODS, pod('Running'));
    });
    expect(await untilRunning()).toBe('running');
    expect(kube.calls.filter((call) => call.startsWith('list'))).toHaveLength(2);
  });

  test('survives seven failures of the server in a row', async () => {
    const { kube, pod, untilRunning } = setUp();
    kube.put(PODS, pod('Running'));
    kube.refuse('list', PODS, 503, 'overloaded', 7);
    expect(await untilRunning()).toBe('running');
  });

  test('gives up after the eighth', async () => {
    const { kube, untilRunning } = setUp();
    kube.refuse('list', PODS, 503, 'overloaded', 8);
    await expect(untilRunning()).rejects.toMatchObject({ code: 'KUBE_FAILED', status: 503 });
  });

  test('does not repeat what is forbidden', async () => {
    const { kube, untilRunning } = setUp();
    kube.refuse('list', PODS, 403, 'no', 1);
    await expect(untilRunning()).rejects.toMatchObject({ code: 'KUBE_FORBIDDEN' });
    expect(kube.calls).toEqual(['list pods']);
  });

  test('is told when the object goes away', async () => {
    const { kube, clock, pod, wait } = setUp();
    kube.put(PODS, pod('Running'));
    clock.at(3000, () => kube.drop(PODS, 'a'));
    expect(await wait((found) => (found ? undefined : 'gone'))).toBe('gone');
  });

  test('asks at each tick, so that time alone can end the wait', async () => {
    const { clock, wait } = setUp();
    expect(await wait(() => (clock.monotonic() > 30_000 ? 'late' : undefined))).toBe('late');
  });

  test('rejects with the reason of the abort', async () => {
    const { clock, wait } = setUp();
    const stop = new AbortController();
    clock.at(4000, () => stop.abort());
    await expect(wait(() => undefined, stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
