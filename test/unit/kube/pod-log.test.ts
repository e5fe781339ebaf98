import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { followPodLog } from '../../../src/kube/pod-log.ts';
import { PODS } from '../../../src/kube/resources.ts';
import { FakeKube, status } from './fake-kube.ts';
import { IdleClock } from './idle-clock.ts';

const T = (seconds: number, fraction = '') => `2026-11-21T12:00:0${seconds}${fraction && `.${fraction}`}Z`;

function setUp() {
  const kube = new FakeKube([PODS]);
  const clock = new IdleClock();
  kube.put(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } });
  const terminate = () =>
    kube.change(PODS, 'p', { status: { initContainerStatuses: [{ name: 'c', state: { terminated: {} } }] } });
  /** A stream that ends after `pieces`; `then` runs before its end. */
  const stream = (pieces: string[], then: () => unknown = () => undefined) =>
    kube.script(async function* () {
      yield* pieces;
      const error = then();
      if (error instanceof Error) throw error;
    });
  const read = async (signal?: AbortSignal) => {
    const lines: string[] = [];
    const target = { name: 'p', namespace: 'ci' };
    for await (const line of followPodLog({
      kube,
      pod: target,
      container: 'c',
      clock,
      log: silentLogger,
      signal,
    }))
      lines.push(line);
    return lines;
  };
  return { kube, clock, stream, terminate, read };
}

describe('followPodLog', () => {
  test('hands on lines without their stamps, cut anywhere', async () => {
    const { stream, terminate, read } = setUp();
    stream([`${T(1)} on`, `e\n${T(2)} two\n`], terminate);
    stream([]);
    expect(await read()).toEqual(['one', 'two']);
  });

  test('drops what a new stream repeats and keeps equal texts of other times', async () => {
    const { kube, stream, terminate, read } = setUp();
    stream([`${T(1, '1')} a\n${T(1, '2')} a\n`], () => status(500, 'connection lost'));
    stream([`${T(1, '1')} a\n${T(1, '2')} a\n${T(1, '3')} a\n`], terminate);
    stream([]);
    expect(await read()).toEqual(['a', 'a', 'a']);
    expect(kube.calls.filter((call) => call.startsWith('log'))[1]).toBe('log p since 2026-11-21T12:00:01Z');
  });

  test('counts lines of one stamp, because order is all they differ in', async () => {
    const { stream, terminate, read } = setUp();
    stream([`${T(1)} a\n${T(1)} b\n`]);
    stream([`${T(1)} a\n${T(1)} b\n${T(1)} c\n`], terminate);
    stream([`${T(1)} a\n${T(1)} b\n${T(1)} c\n${T(1)} d\n`]);
    expect(await read()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('takes a line that the cut halved from the next stream, whole and once', async () => {
    const { stream, terminate, read } = setUp();
    stream([`${T(1)} one\n${T(2)} tw`]);
    stream([`${T(1)} one\n${T(2)} two\n`], terminate);
    stream([]);
    expect(await read()).toEqual(['one', 'two']);
  });

  test('keeps the last line without a line feed when there is no more to come', async () => {
    const { stream, terminate, read } = setUp();
    stream([`${T(1)} one\n`], terminate);
    stream([`${T(1)} one\n${T(2)} end`]);
    expect(await read()).toEqual(['one', 'end']);
  });

  test('compares stamps of other lengths and offsets as times', async () => {
    const { stream, terminate, read } = setUp();
    stream([`2026-11-21T13:00:01.5+01:00 a\n2026-11-21T13:00:01.51+01:00 b\n`]);
    stream([`2026-11-21T12:00:01.500000000Z a\n2026-11-21T12:00:01.510000000Z b\n${T(2)} c\n`], terminate);
    stream([]);
    expect(await read()).toEqual(['a', 'b', 'c']);
  });

  test('keeps the rest of a line that the runtime split, unless its beginning was dropped', async () => {
    const { stream, terminate, read } = setUp();
    stream([`${T(1)} begin\nrest\n`]);
    stream([`${T(1)} begin\nrest\n${T(2)} next\n`], terminate);
    stream([]);
    expect(await read()).toEqual(['begin', 'rest', 'next']);
  });

  test('waits while the container has not started', async () => {
    const { stream, terminate, read } = setUp();
    stream([], () => status(400, 'container "c" in pod "p" is waiting to start: ContainerCreating'));
    stream([`${T(1)} up\n`], terminate);
    stream([]);
    expect(await read()).toEqual(['up']);
  });

  test('ends when the pod is gone', async () => {
    const { kube, stream, read } = setUp();
    stream([`${T(1)} one\n`], () => kube.drop(PODS, 'p'));
    stream([], () => status(404, 'pods "p" not found'));
    expect(await read()).toEqual(['one']);
  });

  test('fails when it may not read the log', async () => {
    const { stream, read } = setUp();
    stream([], () => status(403, 'cannot get resource "pods/log"'));
    await expect(read()).rejects.toMatchObject({ code: 'KUBE_FORBIDDEN' });
  });

  test('ends with the reason of the abort', async () => {
    const { clock, stream, read } = setUp();
    const stop = new AbortController();
    for (let i = 0; i < 20; i++) stream([]);
    clock.at(5000, () => stop.abort());
    await expect(read(stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
