import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../../src/base/log.ts';
import { followHttpLog } from '../../../../src/golden/log-sources/http.ts';
import { IdleClock } from '../../kube/idle-clock.ts';
import { LogServer } from './log-server.ts';

function setUp(addresses: () => readonly string[] = () => ['10.0.0.5']) {
  const clock = new IdleClock();
  const server = new LogServer();
  const stop = new AbortController();
  const lines = followHttpLog({
    http: server,
    clock,
    log: silentLogger,
    signal: stop.signal,
    progress: () => {},
    urls: async () => addresses().map((address) => `http://${address}:8080/token/log`),
    answerWithin: 600_000,
  });
  const take = async (count: number) => {
    const taken: string[] = [];
    while (taken.length < count) taken.push((await lines.next()).value);
    return taken;
  };
  return { clock, server, stop, lines, take };
}

describe('the log over HTTP', () => {
  test('is read as it grows', async () => {
    const { clock, server, take } = setUp();
    clock.at(5000, () => (server.text = 'one\n'));
    clock.at(9000, () => (server.text += 'two\nthree\n'));
    expect(await take(3)).toEqual(['one', 'two', 'three']);
    expect(clock.monotonic()).toBeLessThan(12_000);
  });

  test('waits for an address, and passes over those that do not answer', async () => {
    let addresses: string[] = [];
    const { clock, server, take } = setUp(() => addresses);
    server.text = 'one\n';
    clock.at(60_000, () => (addresses = ['172.17.0.1', '10.0.0.5']));
    expect(await take(1)).toEqual(['one']);
  });

  test('survives a server that goes away and comes back elsewhere', async () => {
    let addresses = ['10.0.0.5'];
    const { clock, server, take } = setUp(() => addresses);
    server.text = 'one\n';
    expect(await take(1)).toEqual(['one']);
    server.hosts.clear();
    clock.at(clock.monotonic() + 3_600_000, () => {
      addresses = ['10.0.0.6'];
      server.hosts.add('10.0.0.6:8080');
      server.text += 'two\n';
    });
    expect(await take(1)).toEqual(['two']);
  });

  test.each([
    ['no address', [], /reports none/],
    ['an address that does not answer', ['10.0.0.9'], /10\.0\.0\.9:8080/],
  ])('%s in time is an error with a way out', async (_name, addresses, text) => {
    const { clock, take } = setUp(() => addresses);
    await expect(take(1)).rejects.toMatchObject({
      code: 'BUILDER_UNREACHABLE',
      message: expect.stringMatching(text),
      mend: expect.stringContaining('readiness: console'),
    });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(600_000);
  });

  test('ends with the run', async () => {
    const { clock, stop, take } = setUp();
    clock.at(5000, () => stop.abort());
    await expect(take(1)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
