/** exec and port-forward through lab/api into pods of the embedded Harvester, and what a push does with them. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fastPace } from '../../../../lab/harvester/pace.ts';
import { LISTENS } from '../../../../lab/harvester/pods/sandbox.ts';
import { type Lab, startLab } from '../../../../lab/lab.ts';
import { startCuttingProxy } from '../../../../lab/registry/cutting-proxy.ts';
import { startRegistry } from '../../../../lab/registry/start.ts';
import { systemClock } from '../../../../src/base/clock.ts';
import { silentLogger } from '../../../../src/base/log.ts';
import { connectKube } from '../../../../src/kube/connect.ts';
import type { Kube, KubeObject } from '../../../../src/kube/kube.ts';
import { PODS, SECRETS } from '../../../../src/kube/resources.ts';
import { connectRegistry } from '../../../../src/oci/registry/connect.ts';
import { openTunnel } from '../../../../src/oci/tunnel/open.ts';
import type { ClusterContext } from '../../../../src/oci/tunnel/own-pod.ts';
import { blobOf } from '../../../unit/oci/registry/bench.ts';

const IMAGE = 'lab.rke2-actions.io/tools:1';
const NEVER = new AbortController().signal;

let folder: string;
let lab: Lab;
let kube: Kube;
let echo: Server;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rke2-actions-streams-'));
  lab = await startLab({ dataFolder: folder, pace: fastPace });
  kube = await connectKube({ kubeconfig: lab.kubeconfig.text });
  echo = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  ({ port } = echo.address() as AddressInfo);
}, 60_000);

afterAll(async () => {
  await kube?.close();
  await lab?.close();
  echo?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const pod = (name: string, more: object = {}, annotations = {}): KubeObject & { readonly spec: object } => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, annotations },
  spec: { containers: [{ name: 'main', image: IMAGE, ...more }] },
});

interface Ready extends KubeObject {
  readonly status?: { readonly phase?: string };
}

async function running(name: string): Promise<void> {
  while ((await kube.get<Ready>(PODS, { name })).status?.phase !== 'Running') await systemClock.sleep(10);
}

const context = (): ClusterContext => ({
  ...{ kube, clock: systemClock, log: silentLogger, signal: NEVER, runId: 'run-1' },
  saveHandle: () => {},
});

describe('exec', () => {
  beforeAll(async () => {
    await kube.create(PODS, pod('main'));
    await running('main');
  }, 30_000);
  const run = async (command: readonly string[], stdin?: Readable) => {
    const pieces: string[] = [];
    const take = (chunk: Buffer) => void pieces.push(chunk.toString());
    const code = await kube.exec(
      { name: 'main' },
      { command, ...(stdin && { stdin }), onStdout: take, onStderr: take },
    );
    return [code, pieces.join('')];
  };

  test('a command has its stdin, its outputs and its exit code', async () => {
    const stdin = Readable.from([Buffer.alloc(3 << 20)]);
    expect(await run(['sh', '-c', 'wc -c; echo no >&2; exit 7'], stdin)).toEqual([
      7,
      expect.stringMatching(/3145728\s+no/),
    ]);
  }, 30_000);

  test('a command that is not there is told as a runtime tells it', () =>
    expect(run(['no-such-command'])).rejects.toThrow(/executable file not found in \$PATH/));

  test('a pod that is not there, and one that does not run, are refused', async () => {
    await expect(kube.exec({ name: 'nobody' }, { command: ['true'] })).rejects.toMatchObject({
      code: 'KUBE_NOT_FOUND',
    });
    await kube.create(PODS, {
      ...pod('foreign'),
      spec: { containers: [{ name: 'main', image: 'registry.invalid/x' }] },
    });
    await expect(kube.exec({ name: 'foreign' }, { command: ['true'] })).rejects.toThrow(
      /does not have a host assigned/,
    );
  });
});

describe('a pod', () => {
  test('waits for its Secret, and finds it in a file', async () => {
    const volume = {
      name: 'login',
      secret: { secretName: 'late', defaultMode: 0o400, items: [{ key: 'k', path: 'file' }] },
    };
    const { spec, ...rest } = pod('late', {
      workingDir: '/work',
      volumeMounts: [
        { name: 'login', mountPath: '/login' },
        { name: 'work', mountPath: '/work' },
      ],
      env: [{ name: 'AT', value: '/login/file' }],
    });
    await kube.create(PODS, {
      ...rest,
      spec: { ...spec, volumes: [volume, { name: 'work', emptyDir: {} }] },
    } as KubeObject);
    await systemClock.sleep(50);
    expect((await kube.get<Ready>(PODS, { name: 'late' })).status?.phase).not.toBe('Running');
    await kube.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'late' },
      stringData: { k: 'v' },
    } as KubeObject);
    await running('late');
    const pieces: Buffer[] = [];
    const command = ['sh', '-c', 'cat "$AT"; stat -c %a "$AT"; echo x > here'];
    await kube.exec({ name: 'late' }, { command, onStdout: (chunk) => void pieces.push(chunk) });
    expect(Buffer.concat(pieces).toString()).toBe('v400\n');
    expect(await kube.exec({ name: 'late' }, { command: ['test', '-f', '/work/here'] })).toBe(0);
  }, 30_000);
});

describe('tunnels', () => {
  const there = async (stream: NodeJS.ReadWriteStream, halfClose: boolean) => {
    const pieces: Buffer[] = [];
    const sent = Buffer.alloc(2 << 20, 'abc');
    if (halfClose) stream.end(sent);
    else stream.write(sent);
    for await (const piece of stream) {
      pieces.push(piece as Buffer);
      if (!halfClose && Buffer.concat(pieces).length === sent.length) stream.end();
    }
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
  };

  test('exec: through a relay pod that goes', async () => {
    const tunnel = await openTunnel({ via: 'exec', relay: { image: IMAGE, life: 60_000 } }, context());
    await there(await tunnel.dial('127.0.0.1', port, NEVER), true);
    const refused = await tunnel.dial('127.0.0.1', 1, NEVER);
    await expect(refused.toArray()).rejects.toThrow(/ECONNREFUSED/);
    await tunnel.close();
    while ((await kube.list(PODS)).items.some(({ metadata }) => metadata.name.startsWith('oci-push')))
      await systemClock.sleep(10);
  }, 30_000);

  test('exec: an upload that is cut on its way goes on over another connection', async () => {
    const registry = await startRegistry();
    const proxy = await startCuttingProxy({ target: registry.url, cutAfterBytes: 3 << 20 });
    const relay = { image: IMAGE, life: 60_000 };
    const tunnel = await openTunnel({ via: 'exec', relay }, context());
    const client = connectRegistry(
      { host: proxy.host, plainHttp: true, dial: tunnel.dial, concurrency: tunnel.connections },
      { clock: systemClock, log: silentLogger, env: {}, mask: () => {} },
    );
    try {
      const blob = blobOf(8 << 20);
      expect(await client.ensureBlob('library/app', blob, {})).toMatchObject({ how: 'uploaded' });
      expect(proxy.cuts).toBeGreaterThan(0);
      expect(await tunnel.ended()).toBeUndefined();
    } finally {
      await client.close();
      await tunnel.close();
      await proxy.close();
      await registry.close();
    }
  }, 60_000);

  test('port-forward: to a pod that listens, and to one that does not', async () => {
    await kube.create(
      PODS,
      pod('registry', {}, { [LISTENS]: JSON.stringify({ 5000: `127.0.0.1:${port}`, 5001: '127.0.0.1:1' }) }),
    );
    await running('registry');
    for (const [at, code] of [
      ['5000', undefined],
      ['5001', 'PORT_FORWARD_FAILED'],
    ] as const) {
      const target = { kind: 'pod', namespace: undefined, name: 'registry', port: at } as const;
      const tunnel = await openTunnel({ via: 'port-forward', target }, context());
      const stream = await tunnel.dial('x', 1, NEVER);
      if (code === undefined) await there(stream, false);
      else await expect(stream.toArray()).rejects.toMatchObject({ code });
      await tunnel.close();
    }
  }, 30_000);
});
