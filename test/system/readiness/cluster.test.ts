/** wait-http-ready with probe-from: cluster, from dist/, on a real node: real pods, PodSecurity "restricted" enforced. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openAuthority } from '../../../lab/authority.ts';
import { runStep, type StepOptions } from '../../../lab/mini-runner/run-step.ts';
import { writeProgramImage } from '../../../lab/node/image.ts';
import { containerPrograms } from '../../../lab/node/programs.ts';
import { type LabNode, startNode } from '../../../lab/node/start.ts';
import { ROOT } from '../../../lab/rehearsal.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { connectKube } from '../../../src/kube/connect.ts';
import type { Kube, KubeObject } from '../../../src/kube/kube.ts';
import { NAMESPACES, PODS, SECRETS } from '../../../src/kube/resources.ts';
import { accountOf, applyObjects, readManifest } from '../../e2e/rights/manifests.ts';
import { describeIf } from '../../requirements.ts';

/** The namespace of docs/rbac. */
const NAMESPACE = 'rke2-images';
const IMAGE = 'lab.rke2-actions.io/curl';
const SECRET = 'planted-secret-77aa31';

describeIf(['node', 'curl'], 'wait-http-ready from inside a cluster', () => {
  let folder: string;
  let node: LabNode;
  let kube: Kube;
  let image: string;
  let caPem: string;
  /** Of an account with the rights of docs/rbac/prober.yml, and no others. */
  let kubeconfig: string;
  /** When each server answers 200. */
  let readyAt = Number.POSITIVE_INFINITY;
  const asked: Record<string, string | string[] | undefined>[] = [];
  const servers: Server[] = [];
  const urls = { plain: '', tls: '', closed: '' };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-node-'));
    node = await startNode({ folder, log: silentLogger });
    kube = await connectKube({ kubeconfig: node.adminKubeconfig });
    const archive = join(folder, 'curl.tar');
    const { busybox } = containerPrograms();
    const digest = await writeProgramImage(archive, {
      name: `${IMAGE}:1`,
      busybox,
      programs: ['/usr/bin/curl'],
      files: ['/etc/ssl/certs/ca-certificates.crt'],
    });
    await node.loadImages(archive, { as: `${IMAGE}@${digest}` });
    image = `${IMAGE}@${digest}`;
    await kube.create(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    const rights = await readManifest('prober');
    await applyObjects(kube, rights);
    kubeconfig = node.kubeconfigFor({ name: accountOf(rights) });
    const authority = await openAuthority(join(folder, 'ca'));
    caPem = authority.certificate;
    const { cert, key } = await authority.issue([node.hostAddress]);
    const answer: Parameters<typeof createServer>[1] = (request, response) => {
      asked.push(request.headers);
      const status = systemClock.monotonic() >= readyAt ? 200 : 503;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ state: status === 200 ? 'up' : 'starting' }));
    };
    urls.plain = await listen(createServer(answer), 'http');
    urls.tls = await listen(createTlsServer({ cert, key }, answer), 'https');
    const gone = createServer();
    urls.closed = await listen(gone, 'http');
    gone.close();
  }, 180_000);

  const listen = async (server: Server, scheme: string) => {
    servers.push(server);
    server.listen(0, node.hostAddress);
    await once(server, 'listening');
    return `${scheme}://${node.hostAddress}:${(server.address() as AddressInfo).port}/health`;
  };

  afterAll(async () => {
    for (const server of servers) server.close();
    await kube?.close();
    await node?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const wait = (inputs: Record<string, string>, more: Partial<StepOptions> = {}) =>
    runStep({
      actionFolder: join(ROOT, 'actions', 'wait-http-ready'),
      inputs: {
        'probe-from': 'cluster',
        kubeconfig,
        namespace: NAMESPACE,
        'probe-image': image,
        timeout: '60s',
        ...inputs,
      },
      workspace: ROOT,
      ...more,
    });
  const left = async () => {
    const there = async (resource: typeof PODS) =>
      (await kube.list<KubeObject>(resource, { namespace: NAMESPACE })).items
        .filter(({ metadata }) => !metadata.deletionTimestamp && metadata.name.startsWith('wait-http-ready'))
        .map(({ metadata }) => metadata.name);
    return [...(await there(PODS)), ...(await there(SECRETS))];
  };

  test('a restricted pod sees the server become ready, and goes', async () => {
    readyAt = systemClock.monotonic() + 8000;
    const result = await wait({
      urls: `${urls.plain}\n${urls.tls}`,
      'ca-certificates': caPem,
      headers: `Authorization: Bearer ${SECRET}`,
      'expect-json': 'state = up',
    });
    expect([result.conclusion, result.outputs['error-code']]).toEqual(['success', undefined]);
    expect(result.outputs).toMatchObject({ ready: 'true', 'last-status': '200' });
    expect(asked.at(-1)?.authorization).toBe(`Bearer ${SECRET}`);
    expect(result.lines.join('\n') + result.summary).not.toContain(SECRET);
    expect(await left()).toEqual([]);
  }, 90_000);

  test.each([
    ['nothing listens', () => ({ urls: urls.closed }), 'WAIT_REFUSED', /nothing listens on/],
    [
      'the CA is not trusted',
      () => ({ urls: urls.tls }),
      'WAIT_TLS_AUTHORITY',
      /comes from the CA "rke2-actions lab CA", which is not trusted/,
    ],
    [
      'the status is another',
      () => ({ urls: urls.plain, 'expect-status': '204' }),
      'WAIT_STATUS',
      /answers 200/,
    ],
    [
      'a name is not in the DNS',
      () => ({ urls: 'http://nowhere.invalid/' }),
      'WAIT_DNS',
      /"nowhere.invalid"/,
    ],
  ])(
    '%s: said with the same words as from the runner',
    async (_, inputs, code, message) => {
      const result = await wait({ ...inputs(), timeout: '6s' });
      expect([result.conclusion, result.outputs['error-code']]).toEqual(['failure', code]);
      expect(result.annotations.map((one) => one.message).join('\n')).toMatch(message);
      expect(await left()).toEqual([]);
    },
    60_000,
  );

  test('a pod that is there already makes the tries, by exec', async () => {
    await kube.create(PODS, toolbox(image));
    await running(kube, 'toolbox');
    const { 'probe-image': _, ...inputs } = {
      'probe-image': image,
      urls: urls.plain,
      'probe-pod': 'app=toolbox',
    };
    const result = await wait({ ...inputs, 'probe-image': '' });
    expect([result.conclusion, result.outputs['error-code']]).toEqual(['success', undefined]);
    // The script ends when its stdin does, which is some time after.
    while (/curl|tmp\./.test(await inside('toolbox'))) await systemClock.sleep(200);
  }, 60_000);

  /** Processes and temporary files of a pod. */
  const inside = async (name: string) => {
    const written: Buffer[] = [];
    const onStdout = (chunk: Buffer) => void written.push(chunk);
    const command = ['sh', '-c', 'ps; ls /tmp'];
    expect(await kube.exec({ namespace: NAMESPACE, name }, { command, onStdout })).toBe(0);
    return Buffer.concat(written).toString();
  };

  test('an image that cannot be had is said, with why', async () => {
    const result = await wait({
      urls: urls.plain,
      'probe-image': `${IMAGE}@sha256:${'0'.repeat(64)}`,
      timeout: '10s',
    });
    expect([result.conclusion, result.outputs['error-code']]).toEqual(['failure', 'PROBE_POD_FAILED']);
    expect(await left()).toEqual([]);
  }, 60_000);

  test('a wait that is cancelled leaves nothing', async () => {
    readyAt = Number.POSITIVE_INFINITY;
    const cancel = new AbortController();
    const onLine = (line: string) => void (line.includes('created pod') && cancel.abort());
    const result = await wait({ urls: urls.plain }, { signal: cancel.signal, onLine });
    expect(result.conclusion).toBe('cancelled');
    expect(await left()).toEqual([]);
  }, 60_000);
});

async function running(kube: Kube, name: string): Promise<void> {
  for (;;) {
    const pod = await kube.get<KubeObject & { status?: { containerStatuses?: { ready: boolean }[] } }>(PODS, {
      namespace: NAMESPACE,
      name,
    });
    if (pod.status?.containerStatuses?.every(({ ready }) => ready)) return;
    await systemClock.sleep(100);
  }
}

function toolbox(image: string): KubeObject & { readonly spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'toolbox', namespace: NAMESPACE, labels: { app: 'toolbox' } },
    spec: {
      automountServiceAccountToken: false,
      dnsPolicy: 'Default',
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'tools',
          image,
          command: ['sleep', '1000'],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: {} }],
    },
  };
}
