import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../../src/base/log.ts';
import { logPod, type NewLogPod, READ_LOG } from '../../../../src/golden/log-sources/log-pod.ts';
import { followThroughPod } from '../../../../src/golden/log-sources/pod.ts';
import type { KubeObject } from '../../../../src/kube/kube.ts';
import { PODS } from '../../../../src/kube/resources.ts';
import { FakeKube } from '../../kube/fake-kube.ts';
import { IdleClock } from '../../kube/idle-clock.ts';

const POD: NewLogPod = {
  namespace: 'ci',
  name: 'golden-builder-1-log',
  image: `mirror.test/curl@sha256:${'a'.repeat(64)}`,
  hosts: ['10.0.0.5'],
  port: 8080,
  secretName: 'golden-builder-1-cloudinit',
  start: 0,
  deadline: 600,
  owner: { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', name: 'golden-builder-1', uid: 'u' },
  ownership: { runId: 'run', recipe: 'r', expiresAt: '2026-11-22T12:00:00Z' },
};

interface Running extends KubeObject {
  readonly spec: {
    readonly activeDeadlineSeconds: number;
    readonly automountServiceAccountToken: boolean;
    readonly securityContext: object;
    readonly containers: readonly {
      readonly securityContext: object;
      readonly env: readonly { readonly name: string; readonly value?: string }[];
    }[];
  };
}

describe('the pod', () => {
  const pod = logPod(POD) as Running;

  test('is one that PodSecurity "restricted" lets in', () => {
    expect(pod.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.spec.containers[0]!.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.spec.automountServiceAccountToken).toBe(false);
  });

  test('lives no longer than it may, and not without its machine', () => {
    expect(pod.spec.activeDeadlineSeconds).toBe(600);
    expect(pod.metadata).toMatchObject({
      labels: { 'rke2-actions.io/run-id': 'run' },
      annotations: { 'rke2-actions.io/expires-at': '1970-01-01T00:00:00Z' },
      ownerReferences: [{ name: 'golden-builder-1' }],
    });
  });

  test('does not show the path of the log', () =>
    expect(pod.spec.containers[0]!.env.find(({ name }) => name === 'LOG_PATH')).toEqual({
      name: 'LOG_PATH',
      valueFrom: { secretKeyRef: { name: 'golden-builder-1-cloudinit', key: 'logpath' } },
    }));
});

function setUp() {
  const clock = new IdleClock();
  const kube = new FakeKube([PODS]);
  const stop = new AbortController();
  const { hosts: _hosts, start: _start, ...pod } = POD;
  const progress: string[] = [];
  const lines = followThroughPod({
    kube,
    clock,
    log: silentLogger,
    signal: stop.signal,
    progress: (text) => progress.push(text),
    pod,
    addresses: async () => ['10.0.0.5', '2001:db8::5'],
  });
  const phase = (name: string, status: object) => kube.change(PODS, name, { status });
  const log = (...text: string[]) =>
    kube.script(async function* () {
      for (const [index, line] of text.entries()) {
        await clock.sleep(1000);
        yield `2026-11-21T12:00:00.${String(index).padStart(9, '0')}Z ${line}\n`;
      }
    });
  return { clock, kube, stop, lines, phase, log, progress };
}

describe('reading through it', () => {
  test('its log is the log, and another pod goes on where it ended', async () => {
    const { clock, kube, lines, phase, log } = setUp();
    clock.at(3000, () => phase('golden-builder-1-log-1', { phase: 'Running' }));
    log('one', 'zwölf');
    expect((await lines.next()).value).toBe('one');
    expect((await lines.next()).value).toBe('zwölf');
    phase('golden-builder-1-log-1', { phase: 'Failed' });
    log();
    kube.on('create', PODS, ({ metadata }) => {
      phase(metadata.name, { phase: 'Running' });
      log('three');
    });
    expect((await lines.next()).value).toBe('three');
    const second = kube.peek<Running>(PODS, 'golden-builder-1-log-2')!;
    const env = Object.fromEntries(second.spec.containers[0]!.env.map(({ name, value }) => [name, value]));
    expect(env).toMatchObject({ START: '11', HOSTS: '10.0.0.5 [2001:db8::5]', PORT: '8080' });
    expect(kube.names(PODS)).toEqual(['golden-builder-1-log-2']);
    await lines.return(undefined);
    expect(kube.names(PODS)).toEqual([]);
  });

  test('a pod that cannot start says why, and is taken away', async () => {
    const { clock, kube, lines, phase, progress } = setUp();
    const waiting = { reason: 'ErrImagePull', message: 'not found' };
    clock.at(2000, () =>
      phase('golden-builder-1-log-1', {
        phase: 'Pending',
        containerStatuses: [{ name: 'builder-log', state: { waiting } }],
      }),
    );
    await expect(lines.next()).rejects.toMatchObject({
      code: 'READINESS_POD_FAILED',
      message: expect.stringContaining('ErrImagePull: not found'),
    });
    expect(progress.at(-1)).toContain('ErrImagePull');
    expect(kube.names(PODS)).toEqual([]);
  });

  test('a refusal is handed on', async () => {
    const { kube, lines } = setUp();
    kube.refuse('create', PODS, 403, 'violates PodSecurity "restricted:latest"', 9, 'Forbidden');
    await expect(lines.next()).rejects.toMatchObject({ code: 'KUBE_FORBIDDEN' });
  });
});

test('the script in the pod prints whole lines, each once, from where it is told', async () => {
  let text = 'skipped\none\ntw';
  const server = createServer((request, answer) => {
    const first = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (request.url !== '/secret/log') return answer.writeHead(404).end();
    if (first >= text.length) return answer.writeHead(416).end();
    answer.writeHead(206).end(text.slice(first));
    if (!text.includes('three')) text += 'o\nthree\n';
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const printed = await new Promise<string>((resolve, reject) => {
    const env = {
      PATH: process.env.PATH,
      HOSTS: '127.0.0.1',
      PORT: String(port),
      START: '8',
      LOG_PATH: '/secret/log',
    };
    // Its folder is the pod's own; here another one does.
    const script = READ_LOG.replace('cd /tmp\n', 'cd "$(mktemp -d)"\n');
    const child = execFile('sh', ['-euc', script], { env }, () => {});
    let out = '';
    child.stdout!.on('data', (data: string) => {
      out += data;
      if (!out.includes('three\n')) return;
      child.kill();
      resolve(out);
    });
    child.on('error', reject);
  });
  server.close();
  expect(printed).toBe('one\ntwo\nthree\n');
});
