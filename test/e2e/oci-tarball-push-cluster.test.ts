/**
 * oci-tarball-push into a cluster, as users run it: dist/ through the mini runner, the embedded Harvester, and a registry whose name
 * means nothing on this machine. What stands in the cluster afterwards is looked at as its administrator. With real pods, and from a pod
 * that pushes: test/system/oci-node.test.ts.
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { WRITERS } from '../../lab/fixtures/archives/catalogue.ts';
import { writeArchive } from '../../lab/fixtures/archives/outer.ts';
import { fastPace } from '../../lab/harvester/pace.ts';
import { LISTENS } from '../../lab/harvester/pods/sandbox.ts';
import { type Lab, startLab } from '../../lab/lab.ts';
import { runStep, type StepOptions, type StepResult } from '../../lab/mini-runner/run-step.ts';
import { startCuttingProxy } from '../../lab/registry/cutting-proxy.ts';
import { type LabRegistry, startRegistry } from '../../lab/registry/start.ts';
import { CACHE } from '../../lab/rehearsal.ts';
import { systemClock } from '../../src/base/clock.ts';
import { connectKube } from '../../src/kube/connect.ts';
import type { Kube } from '../../src/kube/kube.ts';
import { PODS, SECRETS, SERVICES } from '../../src/kube/resources.ts';

const ROOT = join(import.meta.dirname, '../..');
const ACTION = join(ROOT, 'actions', 'oci-tarball-push');
const NAMESPACE = 'default';
/** No DNS knows it. */
const REGISTRY = 'registry.cluster.invalid';
const RELAY = `lab.rke2-actions.io/tools@sha256:${'0'.repeat(64)}`;
const ROBOT = 'robot$library+ci';
const PLANTED = 'planted-secret-7a31be';

let folder: string;
let lab: Lab;
let kube: Kube;
let registry: LabRegistry;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rke2-actions-push-cluster-'));
  await mkdir(join(folder, 'operators/images'), { recursive: true });
  const { entries } = WRITERS['docker 28']();
  await writeArchive(join(folder, 'operators/images/app-v1.2.0-amd64.tar.gz'), entries, 'gzip');
  lab = await startLab({ dataFolder: join(folder, 'lab'), pace: fastPace, cacheFolder: CACHE });
  kube = await connectKube({ kubeconfig: lab.kubeconfig.text, namespace: NAMESPACE });
});
afterAll(async () => {
  await kube.close();
  await lab.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  registry = await startRegistry({
    harbor: { adminPassword: 'x', robots: { [ROBOT]: { secret: PLANTED } } },
  });
});
afterEach(() => registry.close());

const push = (inputs: Record<string, string>, more: Partial<StepOptions> = {}): Promise<StepResult> =>
  runStep({
    actionFolder: ACTION,
    inputs: {
      files: 'operators/images/*.tar.gz',
      registry: REGISTRY,
      'plain-http': 'true',
      'repository-prefix': 'library',
      username: ROBOT,
      password: PLANTED,
      kubeconfig: lab.kubeconfig.text,
      namespace: NAMESPACE,
      ...inputs,
    },
    workspace: folder,
    env: { HOME: folder },
    ...more,
  });
const byExec = (target = registry.host) => ({ via: 'exec', 'via-target': target, 'relay-image': RELAY });

const everythingOf = ({ lines, summary, annotations, outputs }: StepResult) =>
  [...lines, summary, ...annotations.map(({ message }) => message), JSON.stringify(outputs)].join('\n');

async function left(): Promise<string[]> {
  const found = await Promise.all([PODS, SECRETS].map((resource) => kube.list(resource)));
  const names = found.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
  return names.filter((name) => name.startsWith('oci-push'));
}

/** The first blob is on its way. */
async function untilUploading(): Promise<void> {
  while (!registry.requests.some(({ method }) => method === 'POST')) await systemClock.sleep(20);
}

/** Everything that the cluster says of pods and Secrets while `work` goes on. */
async function watched(work: () => Promise<void>): Promise<string> {
  const stop = new AbortController();
  const seen: string[] = [];
  const watch = async (resource: typeof PODS) => {
    for await (const event of kube.watch(resource, { signal: stop.signal })) seen.push(JSON.stringify(event));
  };
  const watching = [PODS, SECRETS].map((resource) => watch(resource).catch(() => {}));
  await work();
  stop.abort();
  await Promise.all(watching);
  return seen.join('\n');
}

test('by exec: pushed, the relay is gone, the password was never in the cluster', async () => {
  const seen = await watched(async () => {
    const result = await push(byExec());
    expect(everythingOf(result)).toContain(`${REGISTRY}/library/app:v1.2.0`);
    expect(result).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } });
    expect(everythingOf(result)).not.toContain(PLANTED);
  });
  expect(await registry.tags('library/app')).toEqual(['v1.2.0']);
  expect(seen).toContain('oci-push-relay');
  expect(seen).not.toContain(PLANTED);
  expect(await left()).toEqual([]);
});

test('by port-forward to a service', async () => {
  const metadata = { namespace: NAMESPACE, name: 'registry' };
  await kube.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      labels: { app: 'registry' },
      annotations: { [LISTENS]: JSON.stringify({ 5000: registry.host }) },
    },
    spec: { containers: [{ name: 'registry', image: 'lab.rke2-actions.io/registry:1' }] },
  } as never);
  await kube.create(SERVICES, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { selector: { app: 'registry' }, ports: [{ port: 80, targetPort: 5000 }] },
  } as never);
  const result = await push({ via: 'port-forward', 'via-target': 'service/registry:80' });
  expect(result).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } });
  expect(await registry.tags('library/app')).toEqual(['v1.2.0']);
});

test('cancelled: the relay goes at once', async () => {
  const slow = await startCuttingProxy({ target: registry.url, bytesPerSecond: 2000 });
  try {
    const cancelled = new AbortController();
    const running = push(byExec(slow.host), { signal: cancelled.signal });
    await Promise.race([running, untilUploading()]);
    cancelled.abort();
    expect(await running).toMatchObject({ conclusion: 'cancelled' });
    expect(await left()).toEqual([]);
  } finally {
    await slow.close();
  }
});

test('killed: post takes the relay away', async () => {
  const slow = await startCuttingProxy({ target: registry.url, bytesPerSecond: 2000 });
  let atEnd: Promise<string[]> | undefined;
  const onMainEnd = () => {
    atEnd = left();
  };
  try {
    const cancelled = new AbortController();
    const grace = { interrupt: 0, terminate: 0 };
    const running = push(byExec(slow.host), { signal: cancelled.signal, grace, onMainEnd });
    await Promise.race([running, untilUploading()]);
    cancelled.abort();
    await running;
    await atEnd;
    expect(await left()).toEqual([]);
  } finally {
    await slow.close();
  }
});

test('a workload that is not there is told before anything is pushed', async () => {
  const result = await push({ ...byExec(), restart: 'deployment/kube-system/node-labeler' });
  expect(result.outputs['error-code']).toBe('WORKLOAD_UNFIT');
  expect(everythingOf(result)).toContain('kube-system/node-labeler is not there');
  expect(registry.requests).toEqual([]);
});

test('the example push-inside-cluster gives inputs that reach the registry', async () => {
  const text = await readFile(join(ROOT, 'examples/push-inside-cluster.yml'), 'utf8');
  const workflow = parse(text) as { jobs: { push: { steps: { with?: Record<string, unknown> }[] } } };
  const given = Object.entries(workflow.jobs.push.steps[1]!.with!).map(([key, value]) => [
    key,
    String(value),
  ]);
  const {
    registry: _,
    'ca-certificates': __,
    ...inputs
  } = Object.fromEntries(given) as Record<string, string>;
  const result = await push({
    ...inputs,
    password: PLANTED,
    kubeconfig: lab.kubeconfig.text,
    namespace: NAMESPACE,
    ...byExec(),
    restart: '',
  });
  expect(result).toMatchObject({ conclusion: 'success' });
  expect(await registry.tags('library/app')).toEqual(['v1.2.0']);
});
