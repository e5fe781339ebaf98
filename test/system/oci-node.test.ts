/**
 * Pushes into a cluster on a real node with the rights of docs/rbac/image-pusher.yml: by exec, port-forward and from a pod, to a
 * registry that only the cluster reaches, and a roll-out whose pods are asked what they run.
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditedRequests } from '../../lab/kube-apiserver/audit.ts';
import { writeProgramImage } from '../../lab/node/image.ts';
import { containerPrograms } from '../../lab/node/programs.ts';
import { type LabNode, startNode } from '../../lab/node/start.ts';
import { preparePeers } from '../../lab/registry/peers.ts';
import { type RealRegistry, startDebianRegistry } from '../../lab/registry/real.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Dial } from '../../src/base/dial.ts';
import type { Logger } from '../../src/base/log.ts';
import { silentLogger } from '../../src/base/log.ts';
import { mustRun, runCommand } from '../../src/base/process.ts';
import { connectKube } from '../../src/kube/connect.ts';
import type { Kube, KubeObject } from '../../src/kube/kube.ts';
import { EVENTS, NAMESPACES, PODS, SECRETS, SERVICES } from '../../src/kube/resources.ts';
import type { Digest } from '../../src/oci/model.ts';
import { connectRegistry } from '../../src/oci/registry/connect.ts';
import { openTunnel, type TunnelRequest } from '../../src/oci/tunnel/open.ts';
import type { ClusterContext } from '../../src/oci/tunnel/own-pod.ts';
import { pushFromPod } from '../../src/oci/tunnel/push-from-pod.ts';
import type { PushedImages } from '../../src/oci/workload/image-match.ts';
import { planRestarts, runRestarts } from '../../src/oci/workload/restart.ts';
import { WORKLOADS } from '../../src/oci/workload/workload.ts';
import { rightText } from '../e2e/rights/account.ts';
import { accountOf, applyObjects, readManifest, rightsOf } from '../e2e/rights/manifests.ts';
import { describeIf } from '../requirements.ts';

/** The namespace of docs/rbac. */
const NAMESPACE = 'rke2-images';
/** On the node's loopback: pods and the node's containerd reach it, this machine does not. */
const REGISTRY = '10.99.77.1';
const HOST = `${REGISTRY}:5000`;
const TOOLS = 'lab.rke2-actions.io/tools:1';
const CRANE = 'lab.rke2-actions.io/crane:1';
const USER = 'robot$ci+push';
const PASSWORD = 'planted-secret-5d20fe';
const NEVER = new AbortController().signal;

/** An image that nothing runs but sleep, unpacked as an OCI layout. */
interface Layout {
  readonly folder: string;
  readonly digest: Digest;
  readonly configDigest: Digest;
}

describeIf(['node', 'docker-registry'], 'a registry that only the cluster reaches', () => {
  let folder: string;
  let node: LabNode;
  let admin: Kube;
  /** Of an account with the rights of docs/rbac/image-pusher.yml, and no others. */
  let kube: Kube;
  let registry: RealRegistry;
  let images: readonly [Layout, Layout, Layout];
  /** Everything that was said or could be seen from outside. */
  const seen: string[] = [];
  const stop = new AbortController();
  const watching: Promise<unknown>[] = [];
  const log: Logger = { ...silentLogger };
  for (const level of ['debug', 'info', 'notice', 'warning', 'error'] as const)
    log[level] = (line) => void seen.push(line);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-oci-'));
    node = await startNode({ folder, audit: true, plainRegistries: [HOST], log: silentLogger });
    admin = await connectKube({ kubeconfig: node.adminKubeconfig, namespace: NAMESPACE });
    await mustRun(...node.inNetwork('ip', ['address', 'add', `${REGISTRY}/32`, 'dev', 'lo']));
    await mustRun('ip', ['route', 'add', 'unreachable', `${REGISTRY}/32`]);
    registry = await startDebianRegistry({
      ...{ address: REGISTRY, port: 5000, folder: join(folder, 'registry') },
      auth: { kind: 'basic', accounts: { [USER]: PASSWORD } },
      within: (command, args) => node.inNetwork(command, args),
    });
    await loadPrograms(node, folder);
    const made = [1001, 1002, 1003].map((seconds) => layoutOf(join(folder, `image-${seconds}`), seconds));
    images = (await Promise.all(made)) as unknown as typeof images;
    await admin.create(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    const rights = await readManifest('image-pusher');
    await applyObjects(admin, rights);
    kube = await connectKube({
      kubeconfig: node.kubeconfigFor({ name: accountOf(rights) }),
      namespace: NAMESPACE,
    });
    await admin.create(SECRETS, PULL_SECRET);
    await admin.create(PODS, forwarder('registry-1'));
    await admin.create(SERVICES, SERVICE);
    await ready(admin, 'registry-1');
    watching.push(watchPods(), watchArguments());
  }, 180_000);

  afterAll(async () => {
    stop.abort();
    await Promise.allSettled(watching);
    await registry?.close();
    await Promise.all([kube?.close(), admin?.close()]);
    await node?.close();
    await runCommand('ip', ['route', 'del', 'unreachable', `${REGISTRY}/32`]);
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  async function watchPods(): Promise<void> {
    for await (const event of admin.watch(PODS, { signal: stop.signal })) seen.push(JSON.stringify(event));
  }

  async function watchArguments(): Promise<void> {
    for (; !stop.signal.aborted; await systemClock.sleep(100, stop.signal))
      seen.push((await runCommand('ps', ['-eo', 'args'])).stdout);
  }

  const context = (): ClusterContext => ({
    ...{ kube, clock: systemClock, log, signal: NEVER, runId: 'run-1' },
    saveHandle: (handle) => seen.push(JSON.stringify(handle)),
  });
  const relay = { image: TOOLS, life: 300_000 };
  const service = { kind: 'service', namespace: undefined, name: 'registry', port: 'registry' } as const;
  const through = async <T>(request: TunnelRequest, use: (dial: Dial) => Promise<T>): Promise<T> => {
    const tunnel = await openTunnel(request, context());
    try {
      return await use(tunnel.dial);
    } finally {
      await tunnel.close();
    }
  };
  const own = async () =>
    (await admin.list(PODS)).items
      .filter(({ metadata }) => metadata.name.startsWith('oci-push') && !metadata.deletionTimestamp)
      .map(({ metadata }) => metadata.name);
  /** As the registry keeps it on its disk. */
  const tagged = async (tag: string) => {
    const tags = join(folder, 'registry/data/docker/registry/v2/repositories/library/app/_manifests/tags');
    return readFile(join(tags, tag, 'current/link'), 'utf8');
  };
  const pushed = ({ digest, configDigest }: Layout): readonly PushedImages[] => [
    { repository: `${HOST}/library/app`, tags: ['v1'], digests: new Set([digest, configDigest]) },
  ];

  test('this machine does not reach it', async () => {
    const socket = connect(5000, REGISTRY);
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });

  test('exec: bytes go through a relay pod, ends and failures too', async () => {
    await through({ via: 'exec', relay }, async (dial) => {
      const stream = await dial(REGISTRY, 5000, NEVER);
      stream.end('GET /v2/ HTTP/1.0\r\n\r\n');
      expect(await textOf(stream)).toMatch(/^HTTP\/1.[01] 401/);
      const refused = await dial(REGISTRY, 5001, NEVER);
      await expect(textOf(refused)).rejects.toMatchObject({
        code: 'EXEC_FAILED',
        message: expect.stringMatching(/refused/),
      });
    });
    expect(await own()).toEqual([]);
  }, 60_000);

  test('exec: an image arrives', async () => {
    await through({ via: 'exec', relay }, (dial) => pushLayout(dial, images[0], 'v1'));
    expect(await tagged('v1')).toBe(images[0].digest);
    expect(await own()).toEqual([]);
  }, 60_000);

  test('port-forward: an image arrives', async () => {
    await through({ via: 'port-forward', target: service }, (dial) => pushLayout(dial, images[1], 'v2'));
    expect(await tagged('v2')).toBe(images[1].digest);
  }, 60_000);

  test('port-forward: after its pod has died another one is taken', async () => {
    await through({ via: 'port-forward', target: service }, async (dial) => {
      await pushLayout(dial, images[1], 'v2');
      await admin.create(PODS, forwarder('registry-2'));
      await ready(admin, 'registry-2');
      await admin.delete(PODS, { name: 'registry-1' });
      await pushLayout(dial, images[2], 'v2');
    });
    expect(await tagged('v2')).toBe(images[2].digest);
  }, 60_000);

  test('pod: an image is pushed from inside, once', async () => {
    const request = {
      ...{ host: HOST, ca: [], insecure: true, image: CRANE, pullSecrets: [], life: 300_000 },
      login: { kind: 'password', username: USER, password: PASSWORD } as const,
      layouts: [{ ...images[2], repository: 'library/app', tags: ['v3', 'latest'] }],
    };
    const [first] = await pushFromPod(request, context());
    expect(first).toEqual({ repository: 'library/app', digest: images[2].digest, changed: true });
    expect([await tagged('v3'), await tagged('latest')]).toEqual([images[2].digest, images[2].digest]);
    const [again] = await pushFromPod(request, context());
    expect(again).toMatchObject({ changed: false });
    expect(await own()).toEqual([]);
    expect((await admin.list(SECRETS)).items.map(({ metadata }) => metadata.name)).toEqual(['pull']);
  }, 90_000);

  test('a roll-out runs what was pushed; a node that kept the tag is told', async () => {
    await admin.create(WORKLOADS.Deployment, deployment('Always'));
    const app = { kind: 'Deployment', namespace: undefined, name: 'app' } as const;
    await through({ via: 'exec', relay }, async (dial) => {
      await pushLayout(dial, images[1], 'v1');
      const [restarted] = await restart(pushed(images[1]));
      expect(restarted?.containers).toEqual([
        expect.objectContaining({ running: images[1].digest, matches: true }),
      ]);
      const policy = [{ name: 'app', imagePullPolicy: 'IfNotPresent', image: `${HOST}/library/app:v1` }];
      const containers = deployment('IfNotPresent').spec.template.spec.containers.map((one) => ({
        ...one,
        ...policy[0],
      }));
      await admin.mergePatch(WORKLOADS.Deployment, app, { spec: { template: { spec: { containers } } } });
      await pushLayout(dial, images[2], 'v1');
      await expect(restart(pushed(images[2]))).rejects.toMatchObject({
        code: 'ROLLOUT_OTHER_IMAGE',
        message: expect.stringContaining(images[1].digest),
        mend: expect.stringContaining('IfNotPresent'),
      });
    });
    async function restart(what: readonly PushedImages[]) {
      const at = { kube, clock: systemClock, log };
      return runRestarts(await planRestarts([app], at), { pushed: what, timeout: 60_000 }, at);
    }
  }, 120_000);

  test('the password is nowhere but in its Secrets', async () => {
    const audit = await readFile(join(folder, 'control-plane', 'audit.log'), 'utf8');
    const events = JSON.stringify((await admin.list<KubeObject>(EVENTS)).items);
    const places = { audit, events, others: seen.join('\n') };
    expect(places.others).toMatch(/oci-push-relay/);
    for (const secret of [PASSWORD, Buffer.from(`${USER}:${PASSWORD}`).toString('base64')])
      for (const [place, text] of Object.entries(places))
        expect([place, text.includes(secret)]).toEqual([place, false]);
  });

  test('the manifest grants what was used', async () => {
    const rights = await readManifest('image-pusher');
    const requests = (await auditedRequests(join(folder, 'control-plane'))).filter(
      ({ user }) => user === accountOf(rights),
    );
    expect(requests.filter(({ allowed }) => !allowed)).toEqual([]);
    const used = new Set(requests.map(rightText));
    const unused = rightsOf(rights)
      .map(rightText)
      .filter((right) => !used.has(right));
    expect(unused.filter((right) => !UNUSED_HERE.test(right))).toEqual([]);
  });
});

/** Other kinds of workloads, newer servers, pods that were stuck or crashed. */
const UNUSED_HERE = /statefulsets|daemonsets|create pods\/(exec|portforward)|get pods\/log/;

async function loadPrograms(node: LabNode, folder: string): Promise<void> {
  const { busybox } = containerPrograms();
  const { crane } = await preparePeers(['crane'], { log: silentLogger });
  await writeProgramImage(join(folder, 'tools.tar'), { name: TOOLS, busybox });
  await writeProgramImage(join(folder, 'crane.tar'), { name: CRANE, busybox, programs: [crane] });
  for (const name of ['tools', 'crane']) await node.loadImages(join(folder, `${name}.tar`));
}

async function layoutOf(folder: string, seconds: number): Promise<Layout> {
  await mkdir(folder);
  const archive = `${folder}.tar`;
  const { busybox } = containerPrograms();
  const command = ['sleep', String(seconds)];
  const digest = await writeProgramImage(archive, { name: `app:${seconds}`, busybox, command });
  await mustRun('tar', ['-xf', archive, '-C', folder]);
  const manifest = JSON.parse(await readFile(blobFile(folder, digest), 'utf8')) as {
    config: { digest: Digest };
  };
  return { folder, digest: digest as Digest, configDigest: manifest.config.digest };
}

const blobFile = (folder: string, digest: string) => join(folder, 'blobs', digest.replace(':', '/'));

async function pushLayout(dial: Dial, { folder, digest }: Layout, tag: string): Promise<void> {
  const registry = connectRegistry(
    {
      host: HOST,
      plainHttp: true,
      dial,
      credentials: { username: USER, password: PASSWORD },
      concurrency: 2,
    },
    { clock: systemClock, log: silentLogger, env: {} },
  );
  try {
    const bytes = await readFile(blobFile(folder, digest));
    const manifest = JSON.parse(bytes.toString()) as Record<'layers', Part[]> & {
      config: Part;
      mediaType: string;
    };
    for (const part of [...manifest.layers, manifest.config])
      await registry.ensureBlob('library/app', {
        ...part,
        open: (range = {}) => createReadStream(blobFile(folder, part.digest), { start: range.start ?? 0 }),
      });
    await registry.putManifest('library/app', tag, { mediaType: manifest.mediaType, digest, bytes });
  } finally {
    await registry.close();
  }
}

interface Part {
  readonly digest: Digest;
  readonly size: number;
}

async function textOf(stream: Duplex): Promise<string> {
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString();
}

async function ready(kube: Kube, name: string): Promise<void> {
  type Pod = KubeObject & { status?: { containerStatuses?: { ready: boolean }[] } };
  while (!(await kube.get<Pod>(PODS, { name })).status?.containerStatuses?.every((one) => one.ready))
    await systemClock.sleep(100);
}

const POD_SECURITY = {
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
};
const CONTAINER_SECURITY = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

/** Stands for a pod of the registry: what comes goes on to it. */
function forwarder(name: string): KubeObject & { readonly spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { app: 'registry' } },
    spec: {
      ...POD_SECURITY,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'registry',
          image: TOOLS,
          imagePullPolicy: 'Never',
          command: ['nc', '-ll', '-p', '8080', '-e', 'nc', REGISTRY, '5000'],
          ports: [{ name: 'http', containerPort: 8080 }],
          securityContext: CONTAINER_SECURITY,
        },
      ],
    },
  };
}

const SERVICE: KubeObject & { readonly spec: object } = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'registry', namespace: NAMESPACE },
  spec: {
    selector: { app: 'registry' },
    ports: [{ name: 'registry', port: 80, targetPort: 'http', protocol: 'TCP' }],
  },
};

const PULL_SECRET: KubeObject & { readonly type: string; readonly stringData: object } = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'pull', namespace: NAMESPACE },
  type: 'kubernetes.io/dockerconfigjson',
  stringData: {
    '.dockerconfigjson': JSON.stringify({ auths: { [HOST]: { username: USER, password: PASSWORD } } }),
  },
};

function deployment(imagePullPolicy: string) {
  const labels = { app: 'app' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', namespace: NAMESPACE },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...POD_SECURITY,
          terminationGracePeriodSeconds: 0,
          imagePullSecrets: [{ name: 'pull' }],
          containers: [
            {
              name: 'app',
              image: `${HOST}/library/app:v1`,
              imagePullPolicy,
              securityContext: CONTAINER_SECURITY,
            },
          ],
        },
      },
    },
  };
}
