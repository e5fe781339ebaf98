/** A push from a pod, against a cluster in memory whose pod plays crane. */
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { silentLogger } from '../../../../src/base/log.ts';
import type { ExecOptions, KubeObject, Resource, Target } from '../../../../src/kube/kube.ts';
import { PODS, SECRETS } from '../../../../src/kube/resources.ts';
import type { ClusterContext, PodHandle } from '../../../../src/oci/tunnel/own-pod.ts';
import { type PodPushRequest, pushFromPod } from '../../../../src/oci/tunnel/push-from-pod.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { FakeKube } from '../../kube/fake-kube.ts';

const SECRET = 'planted-secret-19c2';
const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
const folder = join(tmpdir(), `rke2-actions-pod-push-${process.pid}`);

beforeAll(async () => {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  await writeFile(join(folder, 'index.json'), '{}');
  await writeFile(join(folder, 'blobs', 'sha256', 'x'), Buffer.alloc(100_000, 7));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const REQUEST: PodPushRequest = {
  host: 'harbor.internal',
  layouts: [
    { folder, digest: digest('a'), repository: 'library/app', tags: ['v1', 'latest'] },
    { folder, digest: digest('b'), repository: 'library/other', tags: ['v2'] },
  ],
  login: { kind: 'password', username: 'robot$ci', password: SECRET },
  ca: ['-----BEGIN CERTIFICATE-----'],
  insecure: false,
  image: 'tools/crane',
  pullSecrets: ['pull'],
  life: 600_000,
};

interface Play {
  /** Reference → digest. */
  readonly there?: Readonly<Record<string, string>>;
  /** What crane push prints; default: what it should. */
  readonly pushes?: string;
  readonly refuses?: string;
  /** Bytes lost on the way. */
  readonly loses?: number;
  readonly podStatus?: object;
}

function rig({ there = {}, pushes, refuses, loses = 0, podStatus }: Play = {}) {
  const kube = new FakeKube([PODS, SECRETS]);
  const commands: string[][] = [];
  const handles: PodHandle[] = [];
  let made: KubeObject[] = [];
  const get = kube.get.bind(kube);
  kube.get = async <T extends KubeObject>(resource: Resource, target: Target) => ({
    ...(await get<T>(resource, target)),
    status: commands.length > 0 && podStatus ? podStatus : { phase: 'Running' },
  });
  kube.execute(async (_, options) => {
    commands.push([...options.command]);
    made = [
      ...made,
      ...[PODS, SECRETS].flatMap((one) => kube.names(one).map((name) => kube.peek(one, name)!)),
    ];
    const [program, ...args] = options.command;
    if (program === 'sh') return receive(options, loses);
    const says = (text: string) => options.onStdout?.(Buffer.from(`${text}\n`));
    if (refuses && args[0] === 'push')
      options.onStderr?.(Buffer.from(`2026/11/21 12:00:00 first\nError: ${refuses}\n`));
    if (refuses && args[0] === 'push') return 1;
    if (args[0] === 'digest' && there[args[1]!] === undefined) return 1;
    if (args[0] === 'digest') says(there[args[1]!]!);
    if (args[0] === 'push')
      says(pushes ?? `harbor.internal/x@${args[1]!.endsWith('0') ? digest('a') : digest('b')}`);
    return 0;
  });
  const context: ClusterContext = {
    kube,
    clock: new FakeClock({ auto: true }),
    log: silentLogger,
    signal: new AbortController().signal,
    runId: 'run-1',
    saveHandle: (handle) => handles.push(handle),
  };
  return { kube, commands, handles, context, made: () => made };
}

async function receive({ stdin, onStdout }: ExecOptions, loses: number): Promise<number> {
  const bytes = Buffer.concat((await Readable.from(stdin!).toArray()) as Buffer[]);
  const got = createHash('sha256').update(bytes.subarray(loses)).digest('hex');
  onStdout?.(Buffer.from(`${got}\n`));
  return 0;
}

test('what is missing goes to the pod, is pushed and tagged, and nothing is left', async () => {
  const { kube, commands, handles, context } = rig();
  expect(await pushFromPod(REQUEST, context)).toEqual([
    { repository: 'library/app', digest: digest('a'), changed: true },
    { repository: 'library/other', digest: digest('b'), changed: true },
  ]);
  expect(
    commands
      .filter(([, verb]) => verb !== 'digest')
      .map((command) => command.slice(0, 2).concat(command.slice(-2))),
  ).toEqual([
    ['sh', '-c', 'receive', expect.stringMatching(/^\d{6}$/)],
    ['crane', 'push', '/work/in/0', 'harbor.internal/library/app:v1'],
    ['crane', 'tag', `harbor.internal/library/app@${digest('a')}`, 'latest'],
    ['crane', 'push', '/work/in/1', 'harbor.internal/library/other:v2'],
  ]);
  expect(handles).toEqual([expect.objectContaining({ secret: true })]);
  expect([kube.names(PODS), kube.names(SECRETS)]).toEqual([[], []]);
});

test('what the registry has is neither sent nor pushed', async () => {
  const app = 'harbor.internal/library/app';
  const there = {
    [`${app}:v1`]: digest('a'),
    [`${app}:latest`]: digest('a'),
    'harbor.internal/library/other:v2': digest('b'),
  };
  const { commands, context } = rig({ there });
  expect((await pushFromPod(REQUEST, context)).map(({ changed }) => changed)).toEqual([false, false]);
  expect(commands.map(([, verb]) => verb)).toEqual(['digest', 'digest', 'digest']);
});

test('only what is missing is sent', async () => {
  const { commands, context } = rig({ there: { 'harbor.internal/library/other:v2': digest('b') } });
  expect((await pushFromPod(REQUEST, context)).map(({ changed }) => changed)).toEqual([true, false]);
  const [, , , , size] = commands.find(([program]) => program === 'sh')!;
  expect(Number(size)).toBeLessThan(150_000);
});

test('a pod that may not be made is told, not one that is gone', async () => {
  const { kube, context } = rig();
  kube.refuse('create', PODS, 403, 'exceeded quota: q');
  await expect(pushFromPod(REQUEST, context)).rejects.toMatchObject({ code: 'KUBE_QUOTA_EXCEEDED' });
});

test('a pod that somebody removed is told', async () => {
  const { kube, context } = rig();
  kube.execute(async () => {
    kube.drop(PODS, kube.names(PODS)[0]!);
    throw new Error('cut');
  });
  await expect(pushFromPod(REQUEST, context)).rejects.toMatchObject({
    code: 'PUSH_POD_FAILED',
    message: expect.stringContaining('was removed by somebody'),
  });
});

test('the password is in the Secret alone, which belongs to the pod', async () => {
  const { commands, context, made } = rig();
  await pushFromPod(REQUEST, context);
  const secret = made().find(({ kind }) => kind === 'Secret') as KubeObject & {
    type: string;
    stringData: Record<string, string>;
  };
  expect(secret.type).toBe('kubernetes.io/dockerconfigjson');
  expect(secret.metadata.ownerReferences).toEqual([
    expect.objectContaining({ kind: 'Pod', name: secret.metadata.name }),
  ]);
  const { auths } = JSON.parse(secret.stringData['.dockerconfigjson']!);
  expect(Buffer.from(auths['harbor.internal'].auth, 'base64').toString()).toBe(`robot$ci:${SECRET}`);
  expect(secret.stringData['ca.crt']).toContain('BEGIN CERTIFICATE');
  const elsewhere = JSON.stringify([commands, made().filter(({ kind }) => kind === 'Pod')]);
  expect(elsewhere).not.toContain(SECRET);
  expect(elsewhere).not.toContain(Buffer.from(`robot$ci:${SECRET}`).toString('base64'));
});

test('the pod keeps PodSecurity restricted, and its disk has a bound', async () => {
  const { context, made } = rig();
  await pushFromPod(REQUEST, context);
  const { spec } = made().find(({ kind }) => kind === 'Pod') as unknown as { spec: Record<string, unknown> };
  expect(spec).toMatchObject({
    activeDeadlineSeconds: 600,
    automountServiceAccountToken: false,
    imagePullSecrets: [{ name: 'pull' }],
    containers: [
      {
        env: expect.arrayContaining([{ name: 'SSL_CERT_FILE', value: '/login/ca.crt' }]),
        resources: { limits: { 'ephemeral-storage': '65Mi' } },
        securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      },
    ],
    volumes: [
      { emptyDir: { sizeLimit: '65Mi' } },
      { secret: { defaultMode: 0o400, items: [{ path: 'config.json' }, { path: 'ca.crt' }] } },
    ],
  });
});

test.each([
  [{ kind: 'anonymous' } as const, {}],
  [{ kind: 'bearer', token: 't' } as const, { 'harbor.internal': { registrytoken: 't' } }],
  [
    { kind: 'identity', username: 'u', token: 't' } as const,
    { 'harbor.internal': { username: 'u', identitytoken: 't' } },
  ],
])('a login of another kind: %j', async (login, auths) => {
  const { context, made } = rig();
  await pushFromPod({ ...REQUEST, login, ca: [] }, context);
  const secret = made().find(({ kind }) => kind === 'Secret') as KubeObject & {
    stringData: Record<string, string>;
  };
  expect(JSON.parse(secret.stringData['.dockerconfigjson']!)).toEqual({ auths });
  expect(secret.stringData['ca.crt']).toBeUndefined();
});

test('a login of one repository is filed under it', async () => {
  const { context, made } = rig();
  const own = { kind: 'bearer', token: 'of-this-one' } as const;
  const layouts = REQUEST.layouts.map((layout) => ({ ...layout, login: own }));
  await pushFromPod({ ...REQUEST, layouts, login: { kind: 'anonymous' } }, context);
  const secret = made().find(({ kind }) => kind === 'Secret') as KubeObject & {
    stringData: Record<string, string>;
  };
  expect(JSON.parse(secret.stringData['.dockerconfigjson']!)).toEqual({
    auths: Object.fromEntries(
      layouts.map(({ repository }) => [`harbor.internal/${repository}`, { registrytoken: own.token }]),
    ),
  });
});

test.each<[string, Play, string, RegExp]>([
  ['bytes are lost', { loses: 1 }, 'PUSH_POD_TRANSFER', /other bytes arrived/],
  [
    'crane is refused',
    { refuses: 'UNAUTHORIZED: project not found' },
    'PUSH_POD_REFUSED',
    /app:v1 .*UNAUTHORIZED/,
  ],
  [
    'crane pushed another',
    { pushes: `x@${digest('f')}` },
    'PUSH_POD_DIGEST',
    /f{64} instead of sha256:a{64}/,
  ],
  ['crane says nothing', { pushes: '' }, 'PUSH_POD_DIGEST', /does not name/],
  [
    'the pod was evicted',
    { loses: 1, podStatus: { phase: 'Failed', reason: 'Evicted', message: 'exceeds its limit' } },
    'PUSH_POD_FAILED',
    /Evicted: exceeds its limit/,
  ],
])('%s: said, and nothing is left', async (_, play, code, message) => {
  const { kube, context } = rig(play);
  await expect(pushFromPod(REQUEST, context)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  expect([kube.names(PODS), kube.names(SECRETS)]).toEqual([[], []]);
});
