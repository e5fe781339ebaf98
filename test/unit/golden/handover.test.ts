import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { findUrl } from '../../../src/golden/handover.ts';
import { planGolden } from '../../../src/golden/plan.ts';
import { VIRTUAL_MACHINE_INSTANCES as INSTANCES } from '../../../src/harvester/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';
import { FakeHttp } from './fake-http.ts';
import { request } from './request.ts';

function setUp(answers: ConstructorParameters<typeof FakeHttp>[0] = {}) {
  const clock = new IdleClock();
  const kube = new FakeKube([INSTANCES]);
  const plan = planGolden(request(), clock);
  const report = (...ipAddresses: string[]) =>
    kube.put(INSTANCES, {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { name: plan.names.vm },
      status: { interfaces: [{ ipAddresses }] },
    } as never);
  const find = (...addresses: string[]) => {
    const signal = new AbortController().signal;
    const context = {
      kube,
      http: new FakeHttp(answers),
      clock,
      log: silentLogger,
      signal,
      progress: () => {},
      step: () => {},
    };
    return findUrl(plan, { addresses, port: 8080, path: '/t/x', size: 100 }, context);
  };
  return { clock, kube, report, find };
}

const serves = (length: number) => ({ headers: { 'content-length': String(length) } });

describe('findUrl', () => {
  test('takes what the builder says, without a look at the cluster', async () => {
    const { kube, find } = setUp();
    expect(await find('fe80::1', '10.0.0.5')).toBe('http://10.0.0.5:8080/t/x');
    expect(kube.calls).toEqual([]);
  });

  test('prefers an address that answers from here', async () => {
    const { find } = setUp({ 'http://10.0.0.9:8080/t/x': serves(100) });
    expect(await find('172.17.0.1', '10.0.0.9')).toBe('http://10.0.0.9:8080/t/x');
  });

  test('takes the first when none answers: Harvester may have a route that we have not', async () => {
    expect(await setUp().find('10.0.0.5', '10.0.0.9')).toBe('http://10.0.0.5:8080/t/x');
  });

  test('asks the cluster until it reports one', async () => {
    const { clock, report, find } = setUp();
    clock.at(30_000, () => report('fe80::1'));
    clock.at(60_000, () => report('fe80::1', '10.0.0.7'));
    expect(await find()).toBe('http://10.0.0.7:8080/t/x');
    expect(clock.monotonic()).toBeGreaterThanOrEqual(60_000);
  });

  test('somebody else at the address is an error, not a URL', () =>
    expect(setUp({ 'http://10.0.0.5:8080/t/x': serves(7) }).find('10.0.0.5')).rejects.toMatchObject({
      code: 'HANDOVER_MISMATCH',
    }));

  test('an address that answers 404 is passed over', async () => {
    const { find } = setUp({
      'http://10.0.0.5:8080/t/x': { status: 404 },
      'http://10.0.0.9:8080/t/x': serves(100),
    });
    expect(await find('10.0.0.5', '10.0.0.9')).toBe('http://10.0.0.9:8080/t/x');
  });
});
