/** Tunnels against a cluster in memory: what they make, where they lead, what they leave. */
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../../src/base/log.ts';
import type { KubeObject, Resource, Target } from '../../../../src/kube/kube.ts';
import { PODS, SERVICES } from '../../../../src/kube/resources.ts';
import { openTunnel, type TunnelRequest } from '../../../../src/oci/tunnel/open.ts';
import type { ClusterContext, PodHandle } from '../../../../src/oci/tunnel/own-pod.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { FakeKube } from '../../kube/fake-kube.ts';

const NEVER = new AbortController().signal;

function rig(signal = NEVER) {
  const kube = new FakeKube([PODS, SERVICES]);
  const handles: PodHandle[] = [];
  const context: ClusterContext = {
    kube,
    clock: new FakeClock({ auto: true }),
    log: silentLogger,
    signal,
    runId: 'run-1',
    saveHandle: (handle) => handles.push({ ...handle, made: kube.names(PODS).length } as PodHandle),
  };
  const led: (readonly [string, readonly string[] | number])[] = [];
  kube.lead((pod, to) => {
    led.push([pod.name, to]);
    return new PassThrough();
  });
  return { kube, context, handles, led };
}

/** The pod runs after `looks` looks at it, or stays in the state that `waiting` tells. */
function starting(kube: FakeKube, looks: number, waiting = { reason: 'ContainerCreating', message: '' }) {
  let seen = 0;
  const get = kube.get.bind(kube);
  kube.get = async <T extends KubeObject>(resource: Resource, target: Target) => {
    const pod = await get<T>(resource, target);
    const pending = { phase: 'Pending', containerStatuses: [{ state: { waiting } }] };
    return { ...pod, status: ++seen >= looks ? { phase: 'Running' } : pending };
  };
}

const RELAY = { via: 'exec', relay: { image: 'busybox', life: 600_000 } } as const;
const service = { kind: 'service', namespace: 'harbor', name: 'core', port: '80' } as const;

describe('exec', () => {
  test('a restricted pod is made, runs nc for each connection, and goes', async () => {
    const { kube, context, handles, led } = rig();
    starting(kube, 3);
    const tunnel = await openTunnel(RELAY, context);
    const [name] = kube.names(PODS);
    expect(handles).toEqual([{ namespace: 'ci', name, secret: false, made: 0 }]);
    await tunnel.dial('registry.internal', 443, NEVER);
    await tunnel.dial('auth.internal', 80, NEVER);
    expect(led).toEqual([
      [name, ['nc', 'registry.internal', '443']],
      [name, ['nc', 'auth.internal', '80']],
    ]);
    await tunnel.close();
    expect(kube.names(PODS)).toEqual([]);
  });

  test('the pod bears who made it, when it expires, a deadline, and PodSecurity restricted', async () => {
    const { kube, context } = rig();
    starting(kube, 1);
    await openTunnel({ via: 'exec', relay: { ...RELAY.relay, pullSecrets: ['pull'] } }, context);
    const pod = kube.peek<KubeObject & { spec: object }>(PODS, kube.names(PODS)[0]!);
    expect(pod).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'rke2-actions', 'rke2-actions.io/run-id': 'run-1' },
        annotations: { 'rke2-actions.io/expires-at': '2026-11-21T12:10:00Z' },
      },
      spec: {
        activeDeadlineSeconds: 600,
        automountServiceAccountToken: false,
        imagePullSecrets: [{ name: 'pull' }],
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{ command: ['sleep', '600'], securityContext: { capabilities: { drop: ['ALL'] } } }],
      },
    });
  });

  test.each([
    [service, ['nc', 'core.harbor.svc', '80']],
    [{ ...service, namespace: undefined }, ['nc', 'core.ci.svc', '80']],
    [{ kind: 'host', host: '10.43.0.7', port: 5000 } as const, ['nc', '10.43.0.7', '5000']],
  ])('a target takes the place of the registry', async (target, command) => {
    const { context, led, kube } = rig();
    starting(kube, 1);
    const tunnel = await openTunnel({ ...RELAY, target }, context);
    await tunnel.dial('harbor.example.com', 443, NEVER);
    expect(led[0]![1]).toEqual(command);
  });

  test.each([
    { ...service, port: 'http' },
    { ...service, kind: 'pod' as const },
  ])('the target $kind :$port is for port-forward alone; nothing is made', async (target) => {
    const { context, kube } = rig();
    await expect(openTunnel({ ...RELAY, target }, context)).rejects.toMatchObject({
      code: 'VIA_TARGET_UNFIT',
    });
    expect(kube.calls).toEqual([]);
  });

  test('a pod that cannot start is told with its own words, and removed', async () => {
    const { kube, context } = rig();
    starting(kube, 99, { reason: 'InvalidImageName', message: 'no such thing' });
    await expect(openTunnel(RELAY, context)).rejects.toMatchObject({
      code: 'PUSH_POD_FAILED',
      message: expect.stringContaining('InvalidImageName: no such thing'),
    });
    expect(kube.names(PODS)).toEqual([]);
  });

  test('a pull that is refused for good is told in seconds', async () => {
    const { kube, context } = rig();
    starting(kube, 9999, { reason: 'ErrImagePull', message: 'failed to pull "h/x509": 401 Unauthorized' });
    const began = context.clock.monotonic();
    await expect(openTunnel(RELAY, context)).rejects.toThrow('401 Unauthorized');
    expect(context.clock.monotonic() - began).toBeLessThan(2000);
  });

  test('a pull that stumbles has its time, and is given up then', async () => {
    const { kube, context } = rig();
    starting(kube, 9999, { reason: 'ImagePullBackOff', message: 'pulling image "h/x509:1": i/o timeout' });
    const began = context.clock.monotonic();
    await expect(openTunnel(RELAY, context)).rejects.toThrow('has not started: ImagePullBackOff');
    expect(context.clock.monotonic() - began).toBeGreaterThanOrEqual(180_000);
  });

  test('an image without sleep is told with the words of the runtime', async () => {
    const { kube, context } = rig();
    const terminated = { reason: 'StartError', message: 'exec: "sleep": executable file not found' };
    const get = kube.get.bind(kube);
    kube.get = async <T extends KubeObject>(resource: Resource, target: Target) => ({
      ...(await get<T>(resource, target)),
      status: { phase: 'Failed', containerStatuses: [{ state: { terminated } }] },
    });
    await expect(openTunnel(RELAY, context)).rejects.toThrow(
      'has ended: StartError: exec: "sleep": executable file not found',
    );
  });

  test('a relay that was removed or has ended says so', async () => {
    const { kube, context } = rig();
    const get = kube.get.bind(kube);
    let status: object = { phase: 'Running' };
    kube.get = async <T extends KubeObject>(resource: Resource, target: Target) => ({
      ...(await get<T>(resource, target)),
      status,
    });
    const tunnel = await openTunnel(RELAY, context);
    expect(await tunnel.ended()).toBeUndefined();
    status = { phase: 'Failed', reason: 'Evicted', message: 'low on disk' };
    expect(await tunnel.ended()).toMatchObject({ message: expect.stringContaining('Evicted: low on disk') });
    kube.drop(PODS, kube.names(PODS)[0]!);
    expect(await tunnel.ended()).toMatchObject({
      code: 'PUSH_POD_FAILED',
      message: expect.stringContaining('was removed by somebody'),
    });
  });
});

describe('port-forward', () => {
  const FORWARD = { via: 'port-forward', target: service } as const;
  const put = (kube: FakeKube, name: string, ready = 'True', more = {}) =>
    kube.put(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'harbor', labels: { app: 'core' }, ...more },
      spec: { containers: [{ ports: [{ name: 'web', containerPort: 8080 }] }] },
      status: { conditions: [{ type: 'Ready', status: ready }] },
    } as KubeObject);
  const putService = (kube: FakeKube, spec: object) =>
    kube.put(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'core', namespace: 'harbor' },
      spec: { selector: { app: 'core' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }], ...spec },
    } as KubeObject);

  test.each([
    ['a named target port', {}, '80', 8080],
    ['the name of a port', {}, 'http', 8080],
    ['a numeric target port', { ports: [{ port: 80, targetPort: 9000 }] }, '80', 9000],
    ['no target port', { ports: [{ port: 80 }] }, '80', 80],
  ])('%s leads to the port of the pod', async (_, spec, port, led) => {
    const at = rig();
    putService(at.kube, spec);
    put(at.kube, 'core-1');
    const tunnel = await openTunnel({ ...FORWARD, target: { ...service, port } }, at.context);
    await tunnel.dial('x', 1, NEVER);
    expect(at.led).toEqual([['core-1', led]]);
  });

  test('only a pod that is ready and stays is taken', async () => {
    const { kube, context, led } = rig();
    putService(kube, {});
    put(kube, 'core-1', 'False');
    put(kube, 'core-2', 'True', { deletionTimestamp: '2026-11-21T12:00:00Z' });
    put(kube, 'core-3');
    await (await openTunnel(FORWARD, context)).dial('x', 1, NEVER);
    expect(led).toEqual([['core-3', 8080]]);
  });

  test('after a pod died the next connection goes to another', async () => {
    const { kube, context } = rig();
    putService(kube, {});
    put(kube, 'core-1');
    put(kube, 'core-2');
    const streams: [string, PassThrough][] = [];
    kube.lead(({ name }) => {
      const stream = new PassThrough();
      streams.push([name, stream]);
      return stream;
    });
    const tunnel = await openTunnel(FORWARD, context);
    await tunnel.dial('x', 1, NEVER);
    streams[0]![1].on('error', () => {}).destroy(new Error('gone'));
    await new Promise(setImmediate);
    await tunnel.dial('x', 1, NEVER);
    expect(streams.map(([name]) => name)).toEqual(['core-1', 'core-2']);
  });

  test('a pod that refuses at once is passed over', async () => {
    const { kube, context } = rig();
    putService(kube, {});
    put(kube, 'core-1');
    put(kube, 'core-2');
    kube.lead(({ name }) => {
      if (name === 'core-1') throw new Error('node is away');
      return new PassThrough();
    });
    await (await openTunnel(FORWARD, context)).dial('x', 1, NEVER);
    expect(kube.calls.slice(-2)).toEqual(['portforward core-1 8080', 'portforward core-2 8080']);
  });

  test.each<[string, object | undefined, Partial<TunnelRequest['target'] & object>, string, RegExp]>([
    ['there is no service', undefined, {}, 'TUNNEL_NO_POD', /No pod is ready behind service harbor\/core:80/],
    ['the service has no selector', { selector: {} }, {}, 'VIA_TARGET_UNFIT', /no selector/],
    ['the service has no such port', {}, { port: '81' }, 'VIA_TARGET_UNFIT', /no such port/],
    [
      'the pod has no such port',
      { ports: [{ port: 80, targetPort: 'grpc' }] },
      {},
      'VIA_TARGET_UNFIT',
      /no port grpc/,
    ],
  ])('%s: said', async (_, spec, more, code, message) => {
    const { kube, context } = rig();
    if (spec) putService(kube, spec);
    if (spec) put(kube, 'core-1');
    const target = { ...service, ...more } as typeof service;
    const tunnel = await openTunnel({ via: 'port-forward', target }, context);
    await expect(tunnel.dial('x', 1, NEVER)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test.each([undefined, { kind: 'host', host: 'registry', port: 5000 } as const])(
    'without a service or pod it cannot be',
    async (target) => {
      const { context } = rig();
      await expect(openTunnel({ via: 'port-forward', target }, context)).rejects.toMatchObject({
        code: 'VIA_TARGET_UNFIT',
      });
    },
  );
});

describe('a tunnel that closes', () => {
  test('ends its connections; what comes later does not begin', async () => {
    const { kube, context } = rig();
    starting(kube, 1);
    const signals: AbortSignal[] = [];
    const stream = new PassThrough();
    kube.execStream = async (_, { signal }) => {
      signals.push(signal!);
      return stream;
    };
    const tunnel = await openTunnel(RELAY, context);
    const connecting = new AbortController();
    await tunnel.dial('registry', 5000, connecting.signal);
    connecting.abort();
    expect(signals[0]!.aborted).toBe(false);
    await tunnel.close();
    expect(signals[0]!.aborted).toBe(true);
    await tunnel.dial('registry', 5000, NEVER);
    expect(signals[1]!.aborted).toBe(true);
  });
});
