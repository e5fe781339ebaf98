import { describe, expect, test } from '@jest/globals';
import { formatMark } from '../../../src/bake/marks.ts';
import type { EnvironmentError } from '../../../src/base/errors.ts';
import type { Http } from '../../../src/base/http.ts';
import type { Logger } from '../../../src/base/log.ts';
import { type GoldenRequest, planGolden } from '../../../src/golden/plan.ts';
import { GoldenBuild } from '../../../src/golden/run.ts';
import type { VirtualMachineImage } from '../../../src/harvester/import-state.ts';
import { EXPIRES_AT, FINGERPRINT } from '../../../src/harvester/labels.ts';
import {
  VIRTUAL_MACHINE_IMAGES as IMAGES,
  VIRTUAL_MACHINES as MACHINES,
} from '../../../src/harvester/resources.ts';
import type { KubeObject } from '../../../src/kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS as CLAIMS, EVENTS, SECRETS } from '../../../src/kube/resources.ts';
import { IdleClock } from '../kube/idle-clock.ts';
import { FakeHttp } from './fake-http.ts';
import { LogServer } from './log-sources/log-server.ts';
import { MemoryOutput } from './memory-output.ts';
import { request } from './request.ts';
import {
  ADDRESS,
  type Behaviour,
  type ConsoleStep,
  goodConsole,
  goodFacts,
  RESULT,
  ScriptedCluster,
} from './scripted-cluster.ts';

function setUp(behaviour: Behaviour = {}, changes: Partial<GoldenRequest> = {}, http: Http = new FakeHttp()) {
  const clock = new IdleClock();
  const cluster = new ScriptedCluster(clock, behaviour);
  const { kube } = cluster;
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const log: Logger = {
    debug() {},
    info: say,
    notice: say,
    warning: say,
    error: say,
    group: (_t, work) => work(),
  };
  const output = new MemoryOutput();
  const stop = new AbortController();
  const start = (more: Partial<GoldenRequest> = {}) => {
    const plan = planGolden(request({ ...changes, ...more }), clock);
    const origin = { source: {}, trigger: {}, runner: {}, action: {} };
    const build = new GoldenBuild(plan, {
      kube,
      http,
      clock,
      log,
      signal: stop.signal,
      output,
      origin,
      token: 'token-of-24-characters--',
    });
    return { plan, build, result: build.run() };
  };
  const read = (name: string) => JSON.parse(output.read(name));
  const temporary = () => [MACHINES, CLAIMS, SECRETS].flatMap((kind) => kube.names(kind));
  return { clock, cluster, kube, lines, start, stop, read, temporary };
}

describe('a build that goes well', () => {
  test('leaves the image and nothing else', async () => {
    const { kube, start, temporary } = setUp();
    const { plan, result } = start();
    const { image, skipped, left, sha512 } = await result;
    expect({ skipped, left, sha512 }).toEqual({ skipped: false, left: [], sha512: 'ab'.repeat(64) });
    expect(image).toMatchObject({ id: `ci/${plan.names.image}`, storageClassName: `lh-${plan.names.image}` });
    expect(temporary()).toEqual([]);
    expect(kube.names(IMAGES)).toEqual([plan.names.image]);
  });

  test('the image has its checksum and its URL, and stays', async () => {
    const { kube, start } = setUp();
    const { plan, result } = start();
    await result;
    const image = kube.peek<VirtualMachineImage>(IMAGES, plan.names.image)!;
    expect(image.spec).toMatchObject({
      checksum: 'ab'.repeat(64),
      url: 'http://10.0.0.5:8080/token/golden.qcow2',
    });
    expect(image.metadata.annotations).toHaveProperty([FINGERPRINT]);
    expect(image.metadata.annotations).not.toHaveProperty([EXPIRES_AT]);
  });

  test('the console comes into the log, behind a bar', async () => {
    const { lines, start } = setUp();
    await start().result;
    expect(lines).toContain('│ Installing : iptables-services');
  });

  test('phases are timed, files are written', async () => {
    const { start, read } = setUp();
    const { timings } = await start().result;
    expect(timings.map(({ phase }) => phase)).toEqual([
      'fingerprint',
      'provision',
      'bake',
      'proof',
      'hand-over',
      'import',
      'report',
      'cleanup',
    ]);
    expect(timings.every(({ outcome }) => outcome === 'done')).toBe(true);
    expect(read('build-record.json')).toMatchObject({
      status: 'succeeded',
      outputs: [{ digest: `sha512:${'ab'.repeat(64)}` }],
      builder: { kind: 'vm', cpu: 4, memory: '4Gi', acceleration: 'kvm', tools: { 'qemu-img': '8.2.0' } },
      inputs: { parameters: { handOver: 'http', readiness: { from: 'console' } } },
      log: { name: 'console.log', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      checks: { outcome: expect.stringMatching(/pass|warn/) },
    });
    expect(read('manifest.json').packages.length).toBeGreaterThan(5);
  });

  test('the second one is skipped, and touches nothing', async () => {
    const { kube, start } = setUp();
    const first = await start().result;
    const before = kube.calls.length;
    const second = await start({ runId: 'second' }).result;
    expect(second).toMatchObject({ skipped: true, sha512: first.sha512, image: first.image });
    expect(kube.calls.slice(before)).toEqual(['list virtualmachineimages']);
  });

  test('force bakes again', async () => {
    const { kube, start } = setUp();
    await start().result;
    await start({ runId: 'second', force: true }).result;
    expect(kube.names(IMAGES)).toHaveLength(2);
  });

  test('the growth of an image is measured by the one before it', async () => {
    const { start, read } = setUp();
    const growth = () =>
      read('verdict.json')
        .results.find(({ id }: { id: string }) => id === 'ART-3')
        .found.join();
    await start().result;
    expect(growth()).not.toContain('15 %');
    await start({ runId: 'second', force: true }).result;
    expect(growth()).toContain('more than 15 % above the 500 B of the image in use');
  });

  test('a kept base image serves the next build', async () => {
    const { kube, start } = setUp({}, { builder: { ...request().builder, keepImage: true } });
    await start().result;
    await start({ runId: 'second', force: true }).result;
    const bases = kube.names(IMAGES).filter((name) => name.startsWith('golden-base'));
    expect(bases).toHaveLength(1);
  });

  test('a sign of life at least every 30 s while the console is silent', async () => {
    const silent = goodConsole();
    silent.splice(3, 0, [300_000, 'still here']);
    const { lines, start } = setUp({ console: silent });
    await start().result;
    expect(lines.filter((line) => line === '… baking: customize, 10 %').length).toBeGreaterThanOrEqual(9);
  });
});

/** The failure, and how long after `at` (ms since the start) it came. */
async function failure(result: Promise<unknown>): Promise<EnvironmentError> {
  return result.then(
    () => {
      throw new Error('it went well');
    },
    (error: EnvironmentError) => error,
  );
}

const ERROR = {
  mark: 'error',
  phase: 'customize',
  step: 'packages',
  message: 'No match for x',
  exit: 1,
} as const;

describe('a build that fails', () => {
  test("ends within 5 s of the builder's error, with the last 50 lines, and cleans up", async () => {
    let saidAt = 0;
    const { clock, kube, start, temporary } = setUp({
      console: [
        ...Array.from({ length: 80 }, (_, index): ConsoleStep => [10, `line ${index}`]),
        [1000, () => (saidAt = clock.monotonic())],
        [0, ERROR],
      ],
    });
    const { build, result } = start();
    const error = await failure(result);
    expect(error).toMatchObject({
      code: 'BAKE_FAILED',
      message: expect.stringMatching(/step "packages": No match for x/),
    });
    expect(error.evidence).toHaveLength(50);
    expect(error.evidence.at(-1)).toBe('line 79');
    const { start: began, duration } = build.timings.find(({ phase }) => phase === 'bake')!;
    expect(Date.parse(began) + duration - Date.parse('2026-11-21T12:00:00Z') - saidAt).toBeLessThan(5000);
    expect([...temporary(), ...kube.names(IMAGES)]).toEqual([]);
  });

  test('leaves what the cluster said of it, read before it was taken away', async () => {
    const { kube, lines, start, read } = setUp({
      console: [
        [10, 'the last words'],
        [10, ERROR],
      ],
    });
    kube.on('create', MACHINES, ({ metadata }) => {
      const involvedObject = { kind: 'VirtualMachine', name: metadata.name };
      const event = { type: 'Warning', reason: 'FailedMount', message: 'no such volume', involvedObject };
      kube.put(EVENTS, { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, ...event } as KubeObject);
    });
    const { build, plan, result } = start();
    await failure(result);
    expect(read('conditions.json').objects).toContainEqual({
      object: `VirtualMachine ${plan.names.vm}`,
      state: 'Running',
      conditions: [],
    });
    expect(read('events.json').join()).toContain('FailedMount: no such volume');
    expect(lines.join('\n')).toContain('FailedMount: no such volume');
    expect(build.evidence.tail).toEqual(['the last words']);
  });

  test('leaves a record of how far it came', async () => {
    const { start, read } = setUp({ console: [[10, ERROR]] });
    await failure(start().result);
    expect(read('build-record.json')).toMatchObject({
      status: 'failed',
      error: { code: 'BAKE_FAILED' },
      outputs: [],
    });
  });

  test('a package list that the probe could not read makes the proof fail, not the build break', async () => {
    const facts = goodFacts((sections) => {
      delete sections.packages;
    });
    const { kube, start } = setUp({ console: goodConsole(facts) });
    const error = await failure(start().result);
    expect(error).toMatchObject({ code: 'IMAGE_UNPROVEN', message: expect.stringContaining('PKG-1') });
    expect(kube.names(IMAGES)).toEqual([]);
  });

  test('an image that breaks a rule is not imported', async () => {
    const facts = goodFacts((sections) => {
      const units = sections['package-verify']!;
      units.text += '\nS.5....T.    /usr/bin/passwd';
    });
    const { kube, start, read } = setUp({ console: goodConsole(facts) });
    const { build, result } = start();
    const error = await failure(result);
    expect(error).toMatchObject({ code: 'IMAGE_UNPROVEN', message: expect.stringContaining('PKG-3') });
    expect(error.evidence.join('\n')).toContain('/usr/bin/passwd');
    expect(build.verdict?.outcome).toBe('fail');
    expect(read('verdict.json').outcome).toBe('fail');
    expect(kube.calls.filter((call) => call.startsWith('create virtualmachineimages'))).toHaveLength(1);
    expect(kube.names(IMAGES)).toEqual([]);
  });

  test('a half-imported image is removed', async () => {
    const { kube, start, temporary } = setUp({
      importFails: 'got 404 status code from http://10.0.0.5',
    });
    expect(await failure(start().result)).toMatchObject({ code: 'HARVESTER_SOURCE_UNREACHABLE' });
    expect([...temporary(), ...kube.names(IMAGES)]).toEqual([]);
  });

  test.each<[string, string, (cluster: ScriptedCluster) => void]>([
    ['HARVESTER_VM_STOPPED', 'the machine stops', (cluster) => cluster.machine('Stopped')],
    [
      'HARVESTER_VM_FAILED',
      'the machine cannot be scheduled',
      (cluster) => cluster.machine('ErrorUnschedulable'),
    ],
    [
      'HARVESTER_VM_GONE',
      'the machine is deleted',
      ({ kube }) => kube.drop(MACHINES, kube.names(MACHINES)[0]!),
    ],
  ])('%s: %s', async (code, _what, happen) => {
    const steps: ConsoleStep[] = [
      [1000, 'booting'],
      [1000, () => happen(scene.cluster)],
    ];
    const scene = setUp({ console: steps });
    const error = await failure(scene.start().result);
    expect(error).toMatchObject({ code });
    expect(error.evidence).toContain('booting');
    expect(scene.temporary()).toEqual([]);
  });

  test('silence is a failure, sooner than the limit of the phase', async () => {
    const { clock, start } = setUp({ console: [[10, 'the last words']] });
    expect(await failure(start().result)).toMatchObject({
      code: 'BAKE_SILENT',
      evidence: ['the last words'],
    });
    expect(clock.monotonic()).toBeLessThan(20 * 60_000);
  });

  test('emulated guests may be silent for longer', async () => {
    const [, , ...rest] = goodConsole();
    const { start, lines } = setUp({
      console: [
        [10, { mark: 'acceleration', kind: 'tcg', reason: 'no /dev/kvm' }],
        [60 * 60_000, 'slow'],
        ...rest,
      ],
    });
    expect((await start().result).skipped).toBe(false);
    expect(lines.join('\n')).toContain('no /dev/kvm');
  });

  test('facts that did not arrive are no facts', async () => {
    const { start } = setUp({
      console: [
        [10, ADDRESS],
        [10, RESULT],
      ],
    });
    expect(await failure(start().result)).toMatchObject({ code: 'FACTS_LOST' });
  });

  test('a phase that takes too long says which input allows more', async () => {
    const chatty = Array.from({ length: 30 }, (_, index): ConsoleStep => [60_000, `line ${index}`]);
    const limits = { ...request().limits, bake: 10 * 60_000 };
    const { start } = setUp({ console: chatty }, { limits });
    expect(await failure(start().result)).toMatchObject({
      code: 'PHASE_TIMEOUT',
      mend: expect.stringContaining('bake-timeout'),
    });
  });

  test('a disk smaller than its image is refused before the machine is made', async () => {
    const { kube, start } = setUp({}, { builder: { ...request().builder, diskSize: '5Gi' } });
    expect(await failure(start().result)).toMatchObject({ code: 'BUILDER_DISK_TOO_SMALL' });
    expect(kube.calls.some((call) => call.startsWith('create virtualmachines '))).toBe(false);
  });

  test('missing permissions are told all at once, before anything is made', async () => {
    const { kube, start } = setUp();
    kube.denied.add('create virtualmachines').add('delete persistentvolumeclaims');
    const error = await failure(start().result);
    expect(error).toMatchObject({ code: 'KUBE_FORBIDDEN' });
    expect(error.message.split('\n').slice(1)).toEqual([
      '  - create virtualmachines.kubevirt.io in namespace "ci"',
      '  - delete persistentvolumeclaims in namespace "ci"',
    ]);
    expect(error.mend).toContain('docs/rbac/builder.yml');
    expect(kube.calls).toEqual([]);
  });
});

describe('a builder that is left for a look at it', () => {
  const debug = (when: 'never' | 'on-failure' | 'always') => ({ debug: { when, ttl: 7_200_000 } });

  test('stays after a failure, with a new expiry, and the log says how to get in and when it goes', async () => {
    const { clock, kube, lines, start, temporary } = setUp({ console: [[10, ERROR]] }, debug('on-failure'));
    const { build, plan, result } = start();
    await failure(result);
    expect(temporary()).toHaveLength(3);
    expect(build.held).toBe(true);
    const expiry = kube.peek(MACHINES, plan.names.vm)!.metadata.annotations![EXPIRES_AT]!;
    expect(Date.parse(expiry)).toBeGreaterThan(clock.now() + 7_190_000);
    expect(Date.parse(expiry)).toBeLessThanOrEqual(clock.now() + 7_200_000);
    expect(kube.peek(SECRETS, plan.names.secret)!.metadata.annotations![EXPIRES_AT]).toBe(expiry);
    expect(kube.peek(IMAGES, plan.names.baseImage)!.metadata.annotations![EXPIRES_AT]).toBe(expiry);
    const text = lines.join('\n');
    expect(text).toContain(`until ${expiry}`);
    expect(text).toContain(`virtctl --namespace ci console ${plan.names.vm}`);
  });

  test('on-failure takes it away after a success, always does not', async () => {
    const cleaned = setUp({}, debug('on-failure'));
    await cleaned.start().result;
    expect(cleaned.temporary()).toEqual([]);
    const held = setUp({}, debug('always'));
    const { build, plan, result } = held.start();
    const { image } = await result;
    expect(held.temporary()).toHaveLength(3);
    expect([build.held, image.name]).toEqual([true, plan.names.image]);
    expect(held.kube.peek(IMAGES, image.name)!.metadata.annotations).not.toHaveProperty([EXPIRES_AT]);
  });

  test('where the expiry cannot be set, it is taken away after all', async () => {
    const { kube, lines, start, temporary } = setUp({ console: [[10, ERROR]] }, debug('on-failure'));
    kube.refuse('patch', MACHINES, 403, 'no', 9, 'Forbidden');
    const { build, result } = start();
    await failure(result);
    expect([build.held, temporary()]).toEqual([false, []]);
    expect(lines.join('\n')).toMatch(/cannot be left/);
  });

  test('the way in is told by address and key where there are both', async () => {
    const changes = { ...debug('on-failure'), builderSshKeys: ['ssh-ed25519 AAAA me'] };
    const { lines, start } = setUp({ console: [[10, ERROR]] }, changes);
    await failure(start().result);
    expect(lines.join('\n')).toMatch(/ssh rocky@<address> .*get vmi/);
  });
});

describe('another builder', () => {
  const lost: ConsoleStep[] = [[1000, () => scene.cluster.machine('Stopped')]];
  let scene: ReturnType<typeof setUp>;

  test('is tried where the first was lost, after that one is gone', async () => {
    scene = setUp({ consoles: [lost, goodConsole()] }, { bakeRetries: 1 });
    const { timings, skipped } = await scene.start().result;
    expect(skipped).toBe(false);
    expect(timings.map(({ phase }) => phase).slice(0, 6)).toEqual([
      'fingerprint',
      'provision',
      'bake',
      'cleanup',
      'provision',
      'bake',
    ]);
    expect(scene.temporary()).toEqual([]);
  });

  test('is tried no more often than asked', async () => {
    scene = setUp({ consoles: [lost, lost, lost] }, { bakeRetries: 1 });
    expect(await failure(scene.start().result)).toMatchObject({ code: 'HARVESTER_VM_STOPPED' });
    expect(scene.kube.calls.filter((call) => call.startsWith('create virtualmachines '))).toHaveLength(2);
    expect(scene.temporary()).toEqual([]);
  });

  test('is not tried where the builder itself said what is wrong', async () => {
    scene = setUp({ console: [[10, ERROR]] }, { bakeRetries: 3 });
    expect(await failure(scene.start().result)).toMatchObject({ code: 'BAKE_FAILED' });
    expect(scene.kube.calls.filter((call) => call.startsWith('create virtualmachines '))).toHaveLength(1);
  });

  test('is not tried while something of the first is left', async () => {
    scene = setUp({ consoles: [lost, goodConsole()] }, { bakeRetries: 1 });
    scene.kube.refuse('delete', MACHINES, 500, 'no', 99, 'InternalError');
    expect(await failure(scene.start().result)).toMatchObject({ code: 'HARVESTER_VM_STOPPED' });
  });
});

test('a name that is taken gets a number', async () => {
  const { kube, start } = setUp({}, { nameTemplate: '{prefix}-{date}' });
  const first = await start().result;
  const second = await start({ runId: 'second', force: true }).result;
  expect([first.image.name, second.image.name]).toEqual([
    'rke2-rocky9-golden-20261121',
    'rke2-rocky9-golden-20261121-2',
  ]);
  expect(kube.names(IMAGES)).toHaveLength(2);
});

test('labels of the user are on everything, ours before them', async () => {
  const labels = { team: 'images', 'rke2-actions.io/run-id': 'forged' };
  const { kube, start } = setUp(
    { console: [[10, ERROR]] },
    { labels, debug: { when: 'always', ttl: 60_000 } },
  );
  const { plan, result } = start();
  await failure(result);
  const made = [
    kube.peek(MACHINES, plan.names.vm)!,
    kube.peek(SECRETS, plan.names.secret)!,
    kube.peek(IMAGES, plan.names.baseImage)!,
  ];
  for (const { metadata } of made)
    expect(metadata.labels).toMatchObject({ team: 'images', 'rke2-actions.io/run-id': plan.runId });
});

test('read over HTTP, the same console gives the same image', async () => {
  const token = 'token-of-24-characters--';
  const server = new LogServer(`/${token}/log`);
  const scene = setUp({ console: [] }, { readiness: { from: 'http' } }, server);
  const { cluster, clock, kube } = scene;
  kube.on('create', MACHINES, ({ metadata }) => {
    clock.at(clock.monotonic() + 20_000, () => cluster.report(metadata.name, '10.0.0.5'));
    clock.at(clock.monotonic() + 60_000, () => {
      for (const [, step] of goodConsole())
        server.text += `${typeof step === 'object' ? formatMark(step) : String(step)}\n`;
    });
  });
  const { image, sha512 } = await scene.start().result;
  expect([sha512, kube.names(IMAGES)]).toEqual(['ab'.repeat(64), [image.name]]);
  expect(scene.lines).toContain('│ Installing : iptables-services');
  expect(kube.calls).not.toContain('log pods');
});

test('a cancelled build stops at once and leaves cleaning up to post', async () => {
  const cancel: ConsoleStep = [1000, () => scene.stop.abort()];
  const scene = setUp({ console: [[1000, 'booting'], cancel] });
  const { build, result } = scene.start();
  expect(await failure(result)).toMatchObject({ code: 'CANCELLED' });
  expect(build.timings.at(-1)).toMatchObject({ phase: 'bake', outcome: 'failed' });
  expect(build.timings.at(-1)!.duration).toBeLessThan(10_000);
  expect(scene.temporary()).toHaveLength(3);
});

test.each([
  ['HARVESTER_NETWORK_MISSING', { network: 'default/no-such' }, 'no network "default/no-such"'],
  ['HARVESTER_STORAGE_CLASS_MISSING', { storageClass: 'no-such' }, 'no StorageClass "no-such"'],
])('%s is found out before anything is made', async (code, change, words) => {
  const scene = setUp({}, change);
  const { result } = scene.start();
  expect(await failure(result)).toMatchObject({ code, message: expect.stringContaining(words) });
  expect(scene.temporary()).toEqual([]);
});

test('a static address is used as it is', async () => {
  const staticNetwork = { addresses: ['10.9.9.9/24'], gateways: [], nameservers: [] };
  const { kube, start } = setUp({}, { staticNetwork, network: 'default/vlan' });
  kube.put(
    { ...MACHINES, plural: 'network-attachment-definitions' },
    {
      apiVersion: 'k8s.cni.cncf.io/v1',
      kind: 'NetworkAttachmentDefinition',
      metadata: { name: 'vlan', namespace: 'default' },
    },
  );
  const { plan, result } = start();
  await result;
  expect(kube.peek<VirtualMachineImage>(IMAGES, plan.names.image)!.spec.url).toMatch(
    /^http:\/\/10\.9\.9\.9:8080\//,
  );
});
