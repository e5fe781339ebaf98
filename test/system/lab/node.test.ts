/** A real node: pods run, restricted or refused, reach the lab, and leave nothing when it stops. */
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeProgramImage } from '../../../lab/node/image.ts';
import { containerPrograms } from '../../../lab/node/programs.ts';
import { type LabNode, startNode } from '../../../lab/node/start.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { runCommand } from '../../../src/base/process.ts';
import { connectKube } from '../../../src/kube/connect.ts';
import type { Kube, KubeObject } from '../../../src/kube/kube.ts';
import { NAMESPACES, PODS } from '../../../src/kube/resources.ts';
import { describeIf } from '../../requirements.ts';

const IMAGE = 'lab.rke2-actions.io/tools:1';
const NAMESPACE = 'restricted';

interface Pod extends KubeObject {
  readonly status?: { readonly phase?: string };
}

describeIf(['node'], 'a real Kubernetes node', () => {
  let folder: string;
  let node: LabNode;
  let kube: Kube;
  let before: readonly string[];
  const server = createServer((_, response) => response.end('from the lab'));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-node-'));
    before = hostNamespaces();
    node = await startNode({ folder, log: silentLogger });
    kube = await connectKube({ kubeconfig: node.adminKubeconfig });
    server.listen(0, node.hostAddress);
    await once(server, 'listening');
    const archive = join(folder, 'tools.tar');
    await writeProgramImage(archive, { name: IMAGE, busybox: containerPrograms().busybox });
    await node.loadImages(archive);
    await kube.create(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  }, 180_000);

  afterAll(async () => {
    server.close();
    await kube?.close();
    await node?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const inPhase = async (name: string, phases: readonly string[]): Promise<Pod> => {
    for (;;) {
      const pod = await kube.get<Pod>(PODS, { namespace: NAMESPACE, name });
      if (phases.includes(pod.status?.phase ?? '')) return pod;
      await systemClock.sleep(100);
    }
  };
  const ended = (name: string) => inPhase(name, ['Succeeded', 'Failed']);
  const running = (name: string) => inPhase(name, ['Running']);
  const logOf = async (name: string) => {
    const pieces: string[] = [];
    for await (const piece of kube.podLog({ namespace: NAMESPACE, name })) pieces.push(piece);
    return pieces.join('');
  };

  test('a restricted pod runs, says who it is, and reaches a server of the lab', async () => {
    const { port } = server.address() as AddressInfo;
    await kube.create(PODS, pod('inside', `id -u; wget -qO- http://${node.hostAddress}:${port}/; echo`));
    const { status } = await ended('inside');
    expect([await logOf('inside'), status?.phase]).toEqual(['65534\nfrom the lab\n', 'Succeeded']);
  }, 60_000);

  test('a command runs in a container, with both ways as streams, and its exit code comes back', async () => {
    await kube.create(PODS, pod('shell', 'sleep 1000'));
    await running('shell');
    const written: Buffer[] = [];
    const complained: Buffer[] = [];
    const size = 8 << 20;
    const exitCode = await kube.exec(
      { namespace: NAMESPACE, name: 'shell' },
      {
        command: ['sh', '-c', 'wc -c; echo "it is over" >&2; exit 7'],
        stdin: Readable.from([Buffer.alloc(size)]),
        onStdout: (chunk) => written.push(chunk),
        onStderr: (chunk) => complained.push(chunk),
      },
    );
    expect(exitCode).toBe(7);
    expect(Buffer.concat(written).toString().trim()).toBe(String(size));
    expect(Buffer.concat(complained).toString()).toBe('it is over\n');
  }, 60_000);

  test('a command in a container that is not there is refused by name', async () => {
    const nobody = kube.exec({ namespace: NAMESPACE, name: 'nobody' }, { command: ['true'] });
    await expect(nobody).rejects.toMatchObject({ code: 'KUBE_NOT_FOUND' });
  });

  test('PodSecurity refuses a pod that is not restricted', async () => {
    const open = pod('open', 'true');
    const { securityContext: _, ...spec } = open.spec as Record<string, unknown>;
    await expect(kube.create(PODS, { ...open, spec })).rejects.toThrow(/violates PodSecurity "restricted/);
  });

  test('what it started ends with it', async () => {
    await kube.create(PODS, pod('endless', 'sleep 1000'));
    await running('endless');
    await kube.close();
    await node.close();
    expect((await readFile('/proc/mounts', 'utf8')).includes(folder)).toBe(false);
    const { stdout } = await runCommand('ps', ['-eo', 'args']);
    expect(stdout).not.toContain(folder);
    expect(hostNamespaces().filter((name) => !before.includes(name))).toEqual([]);
  }, 60_000);
});

/** Those of pods, where the machine's own containers have theirs; a lab's have other names. */
function hostNamespaces(): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.startsWith('cni-')) : [];
}

function pod(name: string, script: string): KubeObject & { readonly spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      dnsPolicy: 'Default',
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'tools',
          image: IMAGE,
          imagePullPolicy: 'Never',
          command: ['sh', '-c', script],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}
