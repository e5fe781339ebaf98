/**
 * oci-tarball-push from dist/ into a real node with the rights of docs/rbac/image-pusher.yml: by exec, port-forward and from a pod, to
 * a registry that only the cluster reaches, and roll-outs whose pods are asked what they run.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditedRequests } from '../../lab/kube-apiserver/audit.ts';
import { runStep, type StepOptions, type StepResult } from '../../lab/mini-runner/run-step.ts';
import { writeProgramImage } from '../../lab/node/image.ts';
import { containerPrograms } from '../../lab/node/programs.ts';
import { type LabNode, startNode } from '../../lab/node/start.ts';
import { preparePeers } from '../../lab/registry/peers.ts';
import { type RealRegistry, startDebianRegistry } from '../../lab/registry/real.ts';
import { ROOT } from '../../lab/rehearsal.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../src/base/log.ts';
import { mustRun, runCommand } from '../../src/base/process.ts';
import { connectKube } from '../../src/kube/connect.ts';
import type { Kube, KubeObject } from '../../src/kube/kube.ts';
import { EVENTS, NAMESPACES, PODS, SECRETS, SERVICES } from '../../src/kube/resources.ts';
import { openTunnel } from '../../src/oci/tunnel/open.ts';
import type { ClusterContext } from '../../src/oci/tunnel/own-pod.ts';
import { waitsToPull } from '../../src/oci/workload/pod-failure.ts';
import { WORKLOADS, type WorkloadPod } from '../../src/oci/workload/workload.ts';
import { rightText } from '../e2e/rights/account.ts';
import {
  accountOf,
  applyObjects,
  questionOf,
  type Right,
  readManifest,
  rightsOf,
  roleWithout,
} from '../e2e/rights/manifests.ts';
import { describeIf } from '../requirements.ts';

/** The namespace of docs/rbac. */
const NAMESPACE = 'rke2-images';
/** On the node's loopback: pods and the node's containerd reach it, this machine does not. */
const REGISTRY = '10.99.77.1';
const HOST = `${REGISTRY}:5000`;
const TOOLS = 'lab.rke2-actions.io/tools';
const CRANE = 'lab.rke2-actions.io/crane';
const USER = 'robot$ci+push';
const PASSWORD = 'planted-secret-5d20fe';
const NEVER = new AbortController().signal;

/** What is asked for before anything is made, each once. */
const ASKED = rightsOf(await readManifest('image-pusher')).filter(
  (right, index, all) =>
    !/create pods\/|get pods\/log/.test(rightText(right)) &&
    all.findIndex((other) => rightText(other) === rightText(right)) === index,
);

describeIf(['node', 'docker-registry'], 'a registry that only the cluster reaches', () => {
  let folder: string;
  let node: LabNode;
  let admin: Kube;
  /** Of an account with the rights of docs/rbac/image-pusher.yml, and no others. */
  let kube: Kube;
  let kubeconfig: string;
  let registry: RealRegistry;
  /** By digest, as the action wants them. */
  let images: { readonly relay: string; readonly pusher: string };
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
    images = await loadPrograms(node, folder);
    await admin.create(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    const rights = await readManifest('image-pusher');
    await applyObjects(admin, rights);
    kubeconfig = node.kubeconfigFor({ name: accountOf(rights) });
    kube = await connectKube({ kubeconfig, namespace: NAMESPACE });
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
  /** Pushes an image that sleeps for so many seconds as library/app:v1.0, which makes it another one each time. */
  const push = async (
    seconds: number,
    inputs: Record<string, string>,
    more: Partial<StepOptions> = {},
  ): Promise<StepResult> => {
    const { busybox } = containerPrograms();
    const command = ['sleep', String(seconds)];
    await writeProgramImage(join(folder, 'app-v1.0-amd64.tar'), { name: 'app:v1.0', busybox, command });
    const result = await runStep({
      actionFolder: join(ROOT, 'actions', 'oci-tarball-push'),
      inputs: {
        ...{ files: 'app-*.tar', registry: HOST, 'plain-http': 'true', 'repository-prefix': 'library' },
        ...{ username: USER, password: PASSWORD, kubeconfig, namespace: NAMESPACE },
        ...{ restart: 'deployment/app', 'wait-timeout': '60s', timeout: '5m' },
        ...inputs,
      },
      workspace: folder,
      ...more,
    });
    seen.push(...result.lines, result.summary, JSON.stringify([result.outputs, result.annotations]));
    return result;
  };
  const exec = () => ({ via: 'exec', 'relay-image': images.relay });
  const forward = { via: 'port-forward', 'via-target': 'service/registry:registry' };
  const pod = () => ({ via: 'pod', 'pusher-image': images.pusher });
  /** As the registry keeps it on its disk. */
  const tagged = (tag: string) => {
    const tags = join(folder, 'registry/data/docker/registry/v2/repositories/library/app/_manifests/tags');
    return readFile(join(tags, tag, 'current/link'), 'utf8');
  };
  /** Pods and Secrets that a push made and left. */
  const left = async () => {
    const found = [...(await admin.list(PODS)).items, ...(await admin.list(SECRETS)).items];
    return found.flatMap(({ metadata: { name, deletionTimestamp } }) =>
      name.startsWith('oci-push') && deletionTimestamp === undefined ? [name] : [],
    );
  };
  const expectPushed = async ({ conclusion, outputs }: StepResult, changed: boolean) => {
    expect([conclusion, outputs['error-code'], outputs.changed]).toEqual([
      'success',
      undefined,
      String(changed),
    ]);
    expect(await tagged('v1.0')).toBe(outputs.digest);
    expect(await left()).toEqual([]);
  };
  /** Of the Deployment. */
  const pods = async () => {
    const { items } = await admin.list<WorkloadPod>(PODS, { labelSelector: 'app=app' });
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  };
  const running = async () =>
    (await pods()).map(({ status }) => status?.containerStatuses?.[0]?.imageID?.split('@')[1]);

  test('this machine does not reach it', async () => {
    const socket = connect(5000, REGISTRY);
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });

  test('a relay pod takes ends and failures through', async () => {
    const tunnel = await openTunnel(
      { via: 'exec', relay: { image: images.relay, life: 300_000 } },
      context(),
    );
    const stream = await tunnel.dial(REGISTRY, 5000, NEVER);
    stream.end('GET /v2/ HTTP/1.0\r\n\r\n');
    expect(await textOf(stream)).toMatch(/^HTTP\/1.[01] 401/);
    const refused = await tunnel.dial(REGISTRY, 5001, NEVER);
    await expect(textOf(refused)).rejects.toMatchObject({
      code: 'EXEC_FAILED',
      message: expect.stringMatching(/refused/),
    });
    await tunnel.close();
    expect(await left()).toEqual([]);
  }, 60_000);

  test('a command that the image lacks, and a relay that somebody removed, are told as what they are', async () => {
    const relay = { image: images.relay, life: 300_000 };
    const tunnel = await openTunnel({ via: 'exec', relay }, context());
    const [name = ''] = await left();
    await expect(kube.exec({ name }, { command: ['no-such-command'] })).rejects.toMatchObject({
      code: 'EXEC_NOT_STARTED',
    });
    expect(await tunnel.ended()).toBeUndefined();
    await admin.delete(PODS, { name });
    expect(await tunnel.ended()).toMatchObject({
      code: 'PUSH_POD_FAILED',
      message: expect.stringMatching(/removed by somebody/),
    });
    await tunnel.close();
  }, 60_000);

  test('an image that may not be pulled is told in seconds', async () => {
    const relay = { image: `${HOST}/library/nothing@sha256:${'0'.repeat(64)}`, life: 300_000 };
    await expect(openTunnel({ via: 'exec', relay }, context())).rejects.toMatchObject({
      code: 'PUSH_POD_FAILED',
      message: expect.stringMatching(/has not started: (ErrImagePull|ImagePullBackOff)/),
    });
    expect(await left()).toEqual([]);
  }, 60_000);

  test('a forward whose pod has died goes to another one', async () => {
    const target = { kind: 'service', namespace: undefined, name: 'registry', port: 'registry' } as const;
    const tunnel = await openTunnel({ via: 'port-forward', target }, context());
    const ask = async () => {
      const stream = await tunnel.dial('ignored', 1, NEVER);
      stream.write('GET /v2/ HTTP/1.0\r\n\r\n');
      return textOf(stream);
    };
    expect(await ask()).toMatch(/ 401 /);
    await admin.create(PODS, forwarder('registry-2'));
    await ready(admin, 'registry-2');
    await admin.delete(PODS, { name: 'registry-1' });
    expect(await ask()).toMatch(/ 401 /);
    await tunnel.close();
  }, 60_000);

  test('exec: an image arrives, and a pod that waited for it pulls it at once', async () => {
    await admin.create(WORKLOADS.Deployment, deployment());
    while (!(await pods()).some(waitsToPull)) await systemClock.sleep(100);
    const result = await push(1001, exec());
    await expectPushed(result, true);
    expect(result.lines.join('\n')).toMatch(/pod app-\S+ waits to pull its image again: removed/);
    expect(await running()).toEqual([result.outputs.digest]);
  }, 90_000);

  test('port-forward: the next one arrives, and runs', async () => {
    const result = await push(1002, forward);
    await expectPushed(result, true);
    expect(await running()).toEqual([result.outputs.digest]);
  }, 90_000);

  test('pod: pushed from inside, and run; the same again changes nothing', async () => {
    const result = await push(1003, pod());
    await expectPushed(result, true);
    expect(await running()).toEqual([result.outputs.digest]);
    const again = await push(1003, pod());
    await expectPushed(again, false);
    expect(again.outputs.digest).toBe(result.outputs.digest);
  }, 120_000);

  test.each(['exec', 'pod'])(
    '%s: a push that is cancelled leaves nothing',
    async (via) => {
      const cancel = new AbortController();
      const onLine = (line: string) => void (line.includes('created pod') && cancel.abort());
      const inputs = via === 'exec' ? exec() : pod();
      const { conclusion } = await push(1006, inputs, { signal: cancel.signal, onLine });
      expect([conclusion, await left()]).toEqual(['cancelled', []]);
    },
    60_000,
  );

  test('a push that changes nothing makes up for a roll-out that there was not', async () => {
    const alone = await push(1007, { ...exec(), restart: '' });
    await expectPushed(alone, true);
    expect(await running()).not.toContain(alone.outputs.digest);
    await expectPushed(await push(1007, exec()), false);
    expect(await running()).toEqual([alone.outputs.digest]);
  }, 90_000);

  test('a node that kept the tag is told', async () => {
    const [container] = deployment().spec.template.spec.containers;
    const containers = [{ ...container, imagePullPolicy: 'IfNotPresent' }];
    const patch = { spec: { template: { spec: { containers } } } };
    await admin.mergePatch(WORKLOADS.Deployment, { name: 'app' }, patch);
    const { conclusion, outputs, annotations } = await push(1004, exec());
    expect([conclusion, outputs['error-code'], outputs.changed]).toEqual([
      'failure',
      'ROLLOUT_OTHER_IMAGE',
      'true',
    ]);
    expect(annotations.map(({ message }) => message).join('\n')).toMatch(/IfNotPresent/);
    expect(await left()).toEqual([]);
  }, 90_000);

  test('the password is nowhere but in its Secrets', async () => {
    const audit = await readFile(join(folder, 'control-plane', 'audit.log'), 'utf8');
    const events = JSON.stringify((await admin.list<KubeObject>(EVENTS)).items);
    const places = { audit, events, others: seen.join('\n') };
    expect(places.others).toMatch(/created pod rke2-images\/oci-push-relay/);
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

  test.each(ASKED)(
    'without $verb $resource a push says so and makes nothing',
    async (right) => {
      const rights = await readManifest('image-pusher');
      const less = rightsOf(rights).filter((one) => rightText(one) === rightText(right));
      await applyObjects(
        admin,
        less.map((one) => roleWithout(rights, one)),
      );
      while ((await kube.accessReview(questionOf(right))).allowed) await systemClock.sleep(20);
      const restart = 'deployment/app\nstatefulset/app\ndaemonset/app';
      const { conclusion, outputs, annotations } = await push(1005, { ...wayThatNeeds(right), restart });
      await applyObjects(admin, rights);
      expect([conclusion, outputs['error-code']]).toEqual(['failure', 'KUBE_FORBIDDEN']);
      const says = annotations.map(({ message }) => message).join('\n');
      expect(says).toContain(`- ${right.verb} ${right.resource} in namespace "${NAMESPACE}"`);
      expect(says).toMatch(/lacks 1 of \d+ permissions[\s\S]*docs\/rbac\/image-pusher\.yml/);
      expect(await left()).toEqual([]);
    },
    30_000,
  );

  const wayThatNeeds = ({ resource, verb }: Right) => {
    if (resource === 'secrets') return pod();
    const forwards = resource === 'services' || resource === 'pods/portforward';
    return forwards || `${verb} ${resource}` === 'list pods' ? forward : exec();
  };
});

/** Other kinds of workloads, newer servers, pods that were stuck or crashed. */
const UNUSED_HERE = /statefulsets|daemonsets|create pods\/(exec|portforward)|get pods\/log/;

async function loadPrograms(node: LabNode, folder: string) {
  const { busybox } = containerPrograms();
  const { crane } = await preparePeers(['crane'], { log: silentLogger });
  const load = async (name: string, programs: readonly string[]) => {
    const archive = join(folder, 'program.tar');
    const digest = await writeProgramImage(archive, { name: `${name}:1`, busybox, programs });
    await node.loadImages(archive, { as: `${name}@${digest}` });
    return `${name}@${digest}`;
  };
  return { relay: await load(TOOLS, []), pusher: await load(CRANE, [crane]) };
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
          image: `${TOOLS}:1`,
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

function deployment() {
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
              image: `${HOST}/library/app:v1.0`,
              imagePullPolicy: 'Always',
              securityContext: CONTAINER_SECURITY,
            },
          ],
        },
      },
    },
  };
}
