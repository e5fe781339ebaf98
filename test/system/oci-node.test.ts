/** Ways into a cluster on a real node: exec, port-forward, and a push from a pod, to servers that only the cluster reaches. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeProgramImage } from '../../lab/node/image.ts';
import { containerPrograms } from '../../lab/node/programs.ts';
import { type LabNode, startNode } from '../../lab/node/start.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import { connectKube } from '../../src/kube/connect.ts';
import type { Kube, KubeObject } from '../../src/kube/kube.ts';
import { NAMESPACES, PODS, SERVICES } from '../../src/kube/resources.ts';
import { openTunnel, type Tunnel } from '../../src/oci/tunnel/open.ts';
import type { ClusterContext, PodHandle } from '../../src/oci/tunnel/own-pod.ts';
import { describeIf } from '../requirements.ts';

const NAMESPACE = 'rke2-images';
const TOOLS = 'lab.rke2-actions.io/tools:1';
const NEVER = new AbortController().signal;

describeIf(['node'], 'a registry that only the cluster reaches', () => {
  let folder: string;
  let node: LabNode;
  let kube: Kube;
  const handles: PodHandle[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-oci-'));
    node = await startNode({ folder, log: silentLogger });
    kube = await connectKube({ kubeconfig: node.adminKubeconfig, namespace: NAMESPACE });
    const archive = join(folder, 'tools.tar');
    await writeProgramImage(archive, { name: TOOLS, busybox: containerPrograms().busybox });
    await node.loadImages(archive);
    await kube.create(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  }, 180_000);

  afterAll(async () => {
    await kube?.close();
    await node?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const context = (): ClusterContext => ({
    kube,
    clock: systemClock,
    log: silentLogger,
    signal: NEVER,
    runId: 'run-1',
    saveHandle: (handle) => handles.push(handle),
  });

  describe('exec', () => {
    let tunnel: Tunnel;
    let echo: ReturnType<typeof spawn>;
    beforeAll(async () => {
      echo = spawn(...node.inNetwork(containerPrograms().busybox, ['nc', '-ll', '-p', '7007', '-e', 'cat']));
      tunnel = await openTunnel({ via: 'exec', relay: { image: TOOLS, life: 300_000 } }, context());
    }, 60_000);
    afterAll(async () => {
      await tunnel?.close();
      echo?.kill();
    });

    test('bytes go there and back, and ends go through', async () => {
      const stream = await tunnel.dial(node.address, 7007, NEVER);
      await expectEcho(stream, 8 << 20);
    }, 60_000);

    test('nobody listens: the stream says so', async () => {
      const stream = await tunnel.dial(node.address, 7008, NEVER);
      await expect(once(stream, 'end')).rejects.toMatchObject({
        code: 'EXEC_FAILED',
        message: expect.stringMatching(/refused/),
      });
    }, 30_000);
  });

  describe('port-forward', () => {
    let tunnel: Tunnel;
    beforeAll(async () => {
      await kube.create(PODS, echoPod('echo-1'));
      await kube.create(SERVICES, ECHO_SERVICE);
      await ready(kube, 'echo-1');
      const target = { kind: 'service', namespace: NAMESPACE, name: 'echo', port: 'echo' } as const;
      tunnel = await openTunnel({ via: 'port-forward', target }, context());
    }, 60_000);
    afterAll(() => tunnel?.close());

    test('bytes go there and back', async () => {
      const stream = await tunnel.dial('ignored', 1, NEVER);
      await expectEcho(stream, 8 << 20, { halfClose: false });
    }, 60_000);
  });
});

async function expectEcho(stream: Duplex, size: number, { halfClose = true } = {}): Promise<void> {
  const [sent, got] = [createHash('sha256'), createHash('sha256')];
  let [left, back] = [size, 0];
  const write = async () => {
    while (left > 0) {
      const chunk = randomBytes(Math.min(left, 1 << 16));
      sent.update(chunk);
      left -= chunk.length;
      if (!stream.write(chunk)) await once(stream, 'drain');
    }
    if (halfClose) stream.end();
  };
  const read = async () => {
    for await (const chunk of stream) {
      got.update(chunk as Buffer);
      back += (chunk as Buffer).length;
      if (back === size && !halfClose) stream.end();
    }
  };
  await Promise.all([write(), read()]);
  expect(back).toBe(size);
  expect(got.digest('hex')).toBe(sent.digest('hex'));
}

async function ready(kube: Kube, name: string): Promise<void> {
  for (;;) {
    const pod = await kube.get<KubeObject & { status?: { containerStatuses?: { ready: boolean }[] } }>(PODS, {
      name,
    });
    if (pod.status?.containerStatuses?.every((container) => container.ready)) return;
    await systemClock.sleep(100);
  }
}

function echoPod(name: string): KubeObject & { readonly spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { app: 'echo' } },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'echo',
          image: TOOLS,
          imagePullPolicy: 'Never',
          command: ['nc', '-ll', '-p', '8080', '-e', 'cat'],
          ports: [{ name: 'echo-port', containerPort: 8080 }],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}

const ECHO_SERVICE: KubeObject & { readonly spec: object } = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'echo', namespace: NAMESPACE },
  spec: {
    selector: { app: 'echo' },
    ports: [{ name: 'echo', port: 80, targetPort: 'echo-port', protocol: 'TCP' }],
  },
};
