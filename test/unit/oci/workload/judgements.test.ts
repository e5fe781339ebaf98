/** Pure judgements on roll-outs, pods and images, in tables. */
import { describe, expect, test } from '@jest/globals';
import { workloadAccess } from '../../../../src/oci/workload/access.ts';
import { askedFor, findings, isKept, pushedImages } from '../../../../src/oci/workload/image-match.ts';
import {
  crashedContainer,
  logFailure,
  podFailure,
  podWaits,
  waitsToPull,
} from '../../../../src/oci/workload/pod-failure.ts';
import { rolloutState } from '../../../../src/oci/workload/rollout.ts';
import {
  selectorText,
  type Workload,
  type WorkloadKind,
  type WorkloadPod,
  workloadText,
} from '../../../../src/oci/workload/workload.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;

describe('a roll-out', () => {
  const of = (spec: object, status: object): Workload => ({
    apiVersion: 'apps/v1',
    kind: 'x',
    metadata: { name: 'app', generation: 2 },
    spec,
    status: { observedGeneration: 2, ...status },
  });
  const three = { replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
  test.each<[string, WorkloadKind, object, object, string | RegExp]>([
    ['all new and available', 'Deployment', { replicas: 3 }, three, 'through'],
    [
      'one by default',
      'Deployment',
      {},
      { replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
      'through',
    ],
    ['none wanted', 'Deployment', { replicas: 0 }, {}, 'through'],
    ['not seen yet', 'Deployment', { replicas: 3 }, { ...three, observedGeneration: 1 }, /controller/],
    ['some are old', 'Deployment', { replicas: 3 }, { ...three, updatedReplicas: 2 }, /2 of 3 pods are new/],
    ['old ones remain', 'Deployment', { replicas: 3 }, { ...three, replicas: 4 }, /1 old pods/],
    [
      'not available',
      'Deployment',
      { replicas: 3 },
      { ...three, availableReplicas: 1 },
      /1 of 3 pods are available/,
    ],
    [
      'its deadline is over',
      'Deployment',
      { replicas: 3 },
      {
        ...three,
        availableReplicas: 1,
        conditions: [
          { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
        ],
      },
      /ProgressDeadlineExceeded: timed out/,
    ],
    ['all', 'StatefulSet', { replicas: 3 }, three, 'through'],
    [
      'a partition keeps its first pods',
      'StatefulSet',
      { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
      { ...three, updatedReplicas: 1 },
      'through',
    ],
    [
      'one of two',
      'StatefulSet',
      { replicas: 2 },
      { replicas: 2, updatedReplicas: 1, availableReplicas: 2 },
      /1 of 2/,
    ],
    [
      'on every node',
      'DaemonSet',
      {},
      { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
      'through',
    ],
    [
      'a node is left',
      'DaemonSet',
      {},
      { desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 },
      /1 of 2 pods are new/,
    ],
  ])('%s: %s', (_, kind, spec, status, expected) => {
    const { state, ...more } = rolloutState(kind, of(spec, status));
    expect([state, ...Object.values(more)].join(' ')).toMatch(expected);
  });
});

const pod = (status: object, spec: object = {}): WorkloadPod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'app-1' },
  spec,
  status,
});
const waiting = (reason: string, message: string, more = {}) =>
  pod({ containerStatuses: [{ name: 'main', state: { waiting: { reason, message } }, ...more }] });

describe('a new pod', () => {
  test.each([
    ['an invalid name', waiting('InvalidImageName', "couldn't parse"), /container main: InvalidImageName/],
    ['a CA', waiting('ErrImagePull', 'tls: failed to verify certificate: x509: unknown authority'), /x509/],
    ['no right', waiting('ImagePullBackOff', 'unexpected status: 401 Unauthorized'), /401/],
    ['no image', waiting('ErrImagePull', 'harbor/app:v2: not found'), /not found/],
    ['no platform', waiting('ErrImagePull', 'no match for platform in manifest'), /no match for platform/],
    ['plain HTTP', waiting('ErrImagePull', 'server gave HTTP response to HTTPS client'), /HTTP response/],
    [
      'another platform',
      waiting('CrashLoopBackOff', 'back-off', {
        lastState: { terminated: { message: 'exec /app: exec format error', exitCode: 128 } },
      }),
      /exec format error \(the image is of another platform/,
    ],
    [
      'an init container',
      pod({ initContainerStatuses: [{ name: 'first', state: { waiting: { reason: 'InvalidImageName' } } }] }),
      /container first/,
    ],
  ])('has no hope: %s', (_, failed, why) => expect(podFailure(failed)).toMatch(why));

  test.each([
    ['a network that stumbles', waiting('ErrImagePull', 'dial tcp: i/o timeout')],
    [
      'an image whose name sounds like a refusal',
      waiting('ImagePullBackOff', 'Back-off pulling image "enix/x509-certificate-exporter:4.0.4"'),
    ],
    ['an address with a 403 in it', waiting('ErrImagePull', 'dial tcp 10.4.0.9:4030: i/o timeout')],
    ['a digest with a 404 in it', waiting('ErrImagePull', 'h/app@sha256:ab404c: unexpected EOF')],
    ['being made', waiting('ContainerCreating', '')],
    ['a crash', waiting('CrashLoopBackOff', 'back-off')],
    ['nothing said', pod({})],
  ])('has hope: %s', (_, waits) => expect(podFailure(waits)).toBeUndefined());

  test('that crashed has its reason in its log', () => {
    const crashed = waiting('CrashLoopBackOff', 'back-off', { lastState: { terminated: { exitCode: 255 } } });
    expect(crashedContainer(crashed)).toBe('main');
    expect(logFailure(crashed, 'main', 'exec /app: exec format error\n')).toMatch(/another platform/);
    expect(logFailure(crashed, 'main', 'no database')).toBeUndefined();
    expect(crashedContainer(waiting('ContainerCreating', ''))).toBeUndefined();
  });

  test('says what it waits for', () => {
    expect(podWaits(waiting('ErrImagePull', 'i/o timeout'))).toBe('ErrImagePull: i/o timeout');
    expect(podWaits(waiting('ContainerCreating', ''))).toBeUndefined();
    expect([
      waitsToPull(waiting('ImagePullBackOff', '')),
      waitsToPull(waiting('ContainerCreating', '')),
    ]).toEqual([true, false]);
  });
});

describe('images', () => {
  const pushed = pushedImages({
    registry: 'harbor.example.com:8443',
    targets: [
      {
        ...{
          repository: 'library/app',
          tags: ['v1', 'latest'],
          digest: digest('a'),
          reference: '',
          changed: true,
        },
        images: [
          {
            platform: { os: 'linux', architecture: 'amd64' },
            digest: digest('b'),
            configDigest: digest('c'),
            file: '',
          },
        ],
        ...{ uploadedBytes: 0, reusedBlobs: 0, mountedBlobs: 0, uploadedBlobs: 0, seconds: 1, why: '' },
      },
    ],
    warnings: [],
    requests: 1,
  });

  test.each([
    ['harbor.example.com:8443/library/app:v1', true],
    ['harbor.example.com:8443/library/app', true],
    [`harbor.example.com:8443/library/app@${digest('b')}`, true],
    [`harbor.example.com:8443/library/app:v0@${digest('a')}`, true],
    ['harbor.example.com:8443/library/app:v2', false],
    [`harbor.example.com:8443/library/app@${digest('f')}`, false],
    ['harbor.example.com/library/app:v1', false],
    ['library/app:v1', false],
  ])('%s is of the push: %s', (image, expected) =>
    expect(askedFor(image, pushed) !== undefined).toBe(expected),
  );

  test.each([
    ['app:v1', undefined, true],
    ['app:v1', 'IfNotPresent', true],
    ['app:v1', 'Always', false],
    ['app:latest', undefined, false],
    ['app', undefined, false],
    ['host:5000/app', undefined, false],
    [`app:v1@${digest('a')}`, 'IfNotPresent', false],
  ])('a node keeps %s with policy %s: %s', (image, imagePullPolicy, kept) =>
    expect(isKept({ name: 'x', image, ...(imagePullPolicy && { imagePullPolicy }) })).toBe(kept),
  );

  const image = 'harbor.example.com:8443/library/app:v1';
  test.each([
    ['the index', `harbor.example.com:8443/library/app@${digest('a')}`, true],
    ['the manifest of the platform', `docker-pullable://x@${digest('b')}`, true],
    ['the configuration', digest('c'), true],
    ['another', `x@${digest('d')}`, false],
    ['nothing', '', false],
  ])('what runs is compared: %s', (_, imageID, matches) => {
    const running = pod(
      {
        phase: 'Running',
        containerStatuses: [
          { name: 'main', imageID },
          { name: 'side', imageID: digest('e') },
        ],
      },
      {
        containers: [
          { name: 'main', image },
          { name: 'side', image: 'other:1' },
        ],
      },
    );
    expect(findings(running, pushed)).toEqual([
      expect.objectContaining({ container: 'main', matches, keptOld: !matches }),
    ]);
  });
});

test('selectors are written as the API takes them', () => {
  const matchExpressions = [
    { key: 'tier', operator: 'In', values: ['a', 'b'] },
    { key: 'zone', operator: 'NotIn', values: ['c'] },
    { key: 'one', operator: 'Exists' },
    { key: 'two', operator: 'DoesNotExist' },
  ];
  expect(selectorText({ matchLabels: { app: 'x' }, matchExpressions })).toBe(
    'app=x,tier in (a,b),zone notin (c),one,!two',
  );
  expect(workloadText({ kind: 'DaemonSet', namespace: undefined, name: 'x' })).toBe('DaemonSet x');
});

test('the rights of several workloads are asked for once', () => {
  const of = (kind: WorkloadKind, name: string) => ({ kind, namespace: 'apps', name });
  const texts = workloadAccess([of('Deployment', 'a'), of('Deployment', 'b'), of('DaemonSet', 'c')]).map(
    ({ verb, resource }) => `${verb} ${resource.plural}`,
  );
  expect(texts).toEqual([
    'get deployments',
    'patch deployments',
    'get daemonsets',
    'patch daemonsets',
    'list pods',
    'delete pods',
  ]);
});
