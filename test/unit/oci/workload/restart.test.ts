/** Restarts against a cluster in memory whose controllers are played by the test. */
import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../../src/base/log.ts';
import type { KubeObject } from '../../../../src/kube/kube.ts';
import { PODS } from '../../../../src/kube/resources.ts';
import { planRestarts, type WorkloadContext } from '../../../../src/oci/workload/plan.ts';
import { runRestarts } from '../../../../src/oci/workload/restart.ts';
import { staleRestarts } from '../../../../src/oci/workload/stale.ts';
import { RESTARTED_AT, WORKLOADS, type WorkloadName } from '../../../../src/oci/workload/workload.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { FakeKube } from '../../kube/fake-kube.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const IMAGE = 'harbor.example.com/library/app:v1';
const PUSHED = [
  { repository: 'harbor.example.com/library/app', tags: ['v1'], digests: new Set([digest('a')]) },
];
const APP: WorkloadName = { kind: 'Deployment', namespace: undefined, name: 'app' };
const RUN = { pushed: PUSHED, timeout: 300_000 };

interface Play {
  /** imageID of the new pods. */
  readonly imageID?: string;
  readonly image?: string;
  readonly policy?: string;
  /** Status of the new pod instead of a running one. */
  readonly podStatus?: object;
  readonly spec?: object;
}

/** A Deployment of one pod, which a patch replaces at once. */
function rig({ imageID = `x@${digest('a')}`, image = IMAGE, policy, podStatus, spec }: Play = {}) {
  const kube = new FakeKube([PODS, ...Object.values(WORKLOADS)]);
  const lines: string[] = [];
  const log = {
    ...silentLogger,
    info: (line: string) => void lines.push(line),
    warning: (line: string) => void lines.push(line),
  };
  const context: WorkloadContext = { kube, clock: new FakeClock({ auto: true }), log };
  const container = { name: 'main', image, ...(policy && { imagePullPolicy: policy }) };
  kube.put(WORKLOADS.Deployment, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', generation: 1 },
    spec: {
      selector: { matchLabels: { app: 'app' } },
      template: { spec: { containers: [container] } },
      ...spec,
    },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
  } as KubeObject);
  const putPod = (name: string, status: object, annotations = {}) =>
    kube.put(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { app: 'app' }, annotations },
      spec: { containers: [container] },
      status,
    } as KubeObject);
  const done = {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    availableReplicas: podStatus ? 0 : 1,
  };
  kube.on('patch', WORKLOADS.Deployment, (patched) => {
    const { template } = (patched as unknown as { spec: { template: KubeObject } }).spec;
    kube.change(WORKLOADS.Deployment, 'app', { status: done });
    putPod(
      'app-new',
      podStatus ?? { phase: 'Running', containerStatuses: [{ name: 'main', imageID }] },
      template.metadata.annotations,
    );
  });
  return { kube, context, lines, putPod };
}

async function restart(play?: Play) {
  const at = rig(play);
  return runRestarts(await planRestarts([APP], at.context), RUN, at.context);
}

describe('the plan', () => {
  test('has what will be restarted', async () => {
    const { context, kube } = rig();
    expect(await planRestarts([APP], context)).toEqual([
      {
        workload: { kind: 'Deployment', namespace: 'ci', name: 'app' },
        selector: 'app=app',
        images: [IMAGE],
      },
    ]);
    expect(kube.calls).toEqual(['get deployments app']);
  });

  test('tells all that cannot be restarted at once', async () => {
    const { context, kube } = rig({ spec: { paused: true } });
    kube.put(WORKLOADS.StatefulSet, {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'kept' },
      spec: { replicas: 2, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
    } as KubeObject);
    kube.put(WORKLOADS.DaemonSet, {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'agent' },
      spec: { updateStrategy: { type: 'OnDelete' } },
    } as KubeObject);
    const names: WorkloadName[] = [
      APP,
      { kind: 'DaemonSet', namespace: 'ci', name: 'agent' },
      { kind: 'StatefulSet', namespace: 'ci', name: 'kept' },
      { kind: 'StatefulSet', namespace: 'ci', name: 'nobody' },
    ];
    await expect(planRestarts(names, context)).rejects.toMatchObject({
      code: 'WORKLOAD_UNFIT',
      message: expect.stringMatching(
        /app is paused[\s\S]*agent has the update strategy OnDelete[\s\S]*kept keeps all of its 2 pods[\s\S]*nobody is not there/,
      ),
    });
  });
});

describe('a restart', () => {
  test('writes what kubectl writes, waits, and compares what runs', async () => {
    const { kube, context } = rig();
    const [outcome] = await runRestarts(await planRestarts([APP], context), RUN, context);
    expect(outcome).toMatchObject({ containers: [{ pod: 'app-new', running: digest('a'), matches: true }] });
    const { spec } = kube.peek<KubeObject & { spec: { template: KubeObject } }>(WORKLOADS.Deployment, 'app')!;
    expect(spec.template.metadata.annotations).toEqual({ [RESTARTED_AT]: '2026-11-21T12:00:00Z' });
  });

  test('takes pods away that wait for their next pull', async () => {
    const { kube, context, putPod } = rig();
    putPod('app-old', {
      containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ImagePullBackOff' } } }],
    });
    putPod('app-fine', { containerStatuses: [{ name: 'main' }] });
    await runRestarts(await planRestarts([APP], context), RUN, context);
    expect(kube.calls.filter((call) => call.startsWith('delete'))).toEqual(['delete pods app-old']);
  });

  test('a node that kept the old image is told, with the way out', async () => {
    await expect(restart({ imageID: `x@${digest('d')}` })).rejects.toMatchObject({
      code: 'ROLLOUT_OTHER_IMAGE',
      message: expect.stringContaining(digest('d')),
      mend: expect.stringContaining('IfNotPresent'),
    });
  });

  test('another image in spite of Always is somebody else', async () => {
    await expect(restart({ imageID: `x@${digest('d')}`, policy: 'Always' })).rejects.toMatchObject({
      code: 'ROLLOUT_OTHER_IMAGE',
      mend: expect.stringContaining('Something else'),
    });
  });

  test('a pod that is added while it looks is no other image', async () => {
    const at = rig();
    const list = at.kube.list.bind(at.kube);
    at.kube.list = async (...args) => {
      const stamp = at.kube.peek(PODS, 'app-new')?.metadata.annotations;
      if (stamp) at.putPod('app-scaled', { phase: 'Pending' }, stamp);
      return list(...args);
    };
    const [outcome] = await runRestarts(await planRestarts([APP], at.context), RUN, at.context);
    expect(outcome!.containers.map(({ pod }) => pod)).toEqual(['app-new']);
  });

  test('a workload that uses nothing of the push is only told', async () => {
    const at = rig({ image: 'other:1' });
    await runRestarts(await planRestarts([APP], at.context), RUN, at.context);
    expect(at.lines.join('\n')).toContain('none of its containers uses an image of this push');
  });

  test.each([
    ['x509: unknown authority', /registries\.yaml/],
    ['401 Unauthorized', /imagePullSecret/],
    ['harbor/app: not found', /reference/],
    ['no match for platform', /platform of the nodes/],
    ['pulling enix/x509-certificate-exporter:3: 401 Unauthorized', /imagePullSecret/],
  ])('a pull that fails for good ends it at once: %s', async (message, mend) => {
    const podStatus = {
      containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ErrImagePull', message } } }],
    };
    await expect(restart({ podStatus })).rejects.toMatchObject({
      code: 'ROLLOUT_FAILED',
      message: expect.stringContaining(message),
      mend: expect.stringMatching(mend),
    });
  });

  test('the log of a crash tells of another platform', async () => {
    const terminated = { exitCode: 255 };
    const at = rig({ podStatus: { containerStatuses: [{ name: 'main', state: { terminated } }] } });
    at.kube.script(async function* () {
      yield 'exec /app: exec format error\n';
    });
    const plan = await planRestarts([APP], at.context);
    await expect(runRestarts(plan, RUN, at.context)).rejects.toThrow(/exec format error/);
  });

  test('what takes too long says what is missing', async () => {
    const waiting = { reason: 'ErrImagePull', message: 'i/o timeout' };
    const podStatus = { containerStatuses: [{ name: 'main', state: { waiting } }] };
    await expect(restart({ podStatus })).rejects.toMatchObject({
      code: 'ROLLOUT_TIMEOUT',
      message: expect.stringMatching(/after 5m: 0 of 1 pods are available/),
      evidence: ['pod app-new: ErrImagePull: i/o timeout'],
    });
  });
});

describe('after a push that changed nothing', () => {
  const running = (letter: string) => ({
    phase: 'Running',
    containerStatuses: [{ name: 'main', imageID: `x@${digest(letter)}` }],
  });
  const waiting = {
    phase: 'Pending',
    containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ImagePullBackOff' } } }],
  };
  const lost = { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] };

  test.each<[string, { play?: Play; pod: object; status?: object; why?: RegExp }]>([
    ['all run it', { pod: running('a') }],
    ['a pod runs an older image', { pod: running('d'), why: /app-old runs another image/ }],
    ['a pod cannot pull it', { pod: waiting, why: /app-old could not pull/ }],
    ['its roll-out was given up', { pod: running('a'), status: lost, why: /given up/ }],
    ['it uses nothing of the push', { play: { image: 'other:1' }, pod: waiting, status: lost }],
  ])('%s', async (_, { play, pod, status, why }) => {
    const at = rig(play);
    at.putPod('app-old', pod);
    if (status) at.kube.change(WORKLOADS.Deployment, 'app', { status: { observedGeneration: 1, ...status } });
    const planned = await planRestarts([APP], at.context);
    expect(await staleRestarts(planned, PUSHED, at.context)).toEqual(why ? planned : []);
    expect(at.lines.join('\n')).toMatch(why ?? /^$/);
    expect(at.kube.calls.filter((call) => !/^(get|list)/.test(call))).toEqual([]);
  });
});
