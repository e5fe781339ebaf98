import { describe, expect, test } from '@jest/globals';
import { CancelledError, EnvironmentError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { findUrl, sourceOf } from '../../../src/golden/handover.ts';
import { type GoldenRequest, planGolden } from '../../../src/golden/plan.ts';
import { VIRTUAL_MACHINE_INSTANCES as INSTANCES } from '../../../src/harvester/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';
import { FakeHttp } from './fake-http.ts';
import { request } from './request.ts';

function setUp(
  answers: ConstructorParameters<typeof FakeHttp>[0] = {},
  changes: Partial<GoldenRequest> = {},
) {
  const clock = new IdleClock();
  const stop = new AbortController();
  const kube = new FakeKube([INSTANCES]);
  const plan = planGolden(request(changes), clock);
  const report = (...ipAddresses: string[]) =>
    kube.put(INSTANCES, {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { name: plan.names.vm },
      status: { interfaces: [{ ipAddresses }] },
    } as never);
  const warnings: string[] = [];
  const context = {
    kube,
    http: new FakeHttp(answers),
    clock,
    log: { ...silentLogger, warning: (line: string) => void warnings.push(line) },
    signal: stop.signal,
    progress: () => {},
    step: () => {},
  };
  const served = (addresses: readonly string[]) => ({ addresses, port: 8080, path: '/t/x', size: 100 });
  const find = (...addresses: string[]) => findUrl(plan, served(addresses), context);
  const source = (...addresses: string[]) => sourceOf(plan, served(addresses), context);
  return { clock, kube, report, find, source, stop, warnings };
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

  test('no address in time is told with what was seen instead', async () => {
    const { clock, report, find, stop } = setUp();
    report('fe80::1');
    const reason = new EnvironmentError('PHASE_TIMEOUT', 'The phase "hand-over" was not finished.');
    clock.at(60_000, () => stop.abort(reason));
    await expect(find()).rejects.toMatchObject({
      code: 'BUILDER_NO_ADDRESS',
      message: expect.stringMatching(/the pod network in time\. Seen, but of no use: fe80::1\.$/),
    });
  });

  test('a cancelled wait stays one', async () => {
    const { clock, find, stop } = setUp();
    clock.at(60_000, () => stop.abort(new CancelledError()));
    await expect(find()).rejects.toMatchObject({ code: 'CANCELLED' });
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

describe('fetched by Harvester', () => {
  test('it is a URL, and the log warns of what becomes of it', async () => {
    const { source, warnings } = setUp();
    expect(await source('10.0.0.5')).toEqual({ kind: 'url', url: 'http://10.0.0.5:8080/t/x' });
    expect(warnings.join()).toMatch(/harvester#3016.*hand-over: upload/);
  });
});

describe('sent through here', () => {
  const upload = { handOver: 'upload' } as const;

  test('it is a file, read from the builder anew each time, and nothing is warned of', async () => {
    const url = 'http://10.0.0.5:8080/t/x';
    const { source, warnings } = setUp({ [url]: { text: 'qcow2', ...serves(100) } }, upload);
    const file = await source('10.0.0.5');
    if (file.kind !== 'file') throw new Error(file.kind);
    expect(file).toMatchObject({ size: 100, name: expect.stringMatching(/^rke2-rocky9-golden-.*\.qcow2$/) });
    for (let time = 0; time < 2; time++) expect((await (await file.open()).toArray()).join('')).toBe('qcow2');
    expect(warnings).toEqual([]);
  });

  test('without an answer from here it fails, and says which way needs no route', async () => {
    const { clock, source } = setUp({}, upload);
    await expect(source('10.0.0.5', '10.0.0.9')).rejects.toMatchObject({
      code: 'HANDOVER_UNREACHABLE',
      message: expect.stringContaining('10.0.0.5, 10.0.0.9'),
      mend: expect.stringContaining('hand-over: http'),
    });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(60_000);
  });

  test('a builder that has got another address is found there', async () => {
    const url = 'http://10.0.0.7:8080/t/x';
    const { clock, report, source } = setUp({ [url]: serves(100) }, upload);
    clock.at(20_000, () => report('10.0.0.7'));
    expect(await source('10.0.0.5')).toMatchObject({ kind: 'file' });
  });

  test('a server that has something else to say then is no image', async () => {
    const answers = { 'http://10.0.0.5:8080/t/x': serves(100) };
    const { source } = setUp(answers, upload);
    const file = await source('10.0.0.5');
    Object.assign(answers['http://10.0.0.5:8080/t/x'], { status: 404 });
    await expect(file.kind === 'file' && file.open()).rejects.toMatchObject({ code: 'HANDOVER_UNREACHABLE' });
  });
});
