/**
 * A real Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager (LAB.md §4). The lab's controllers run on
 * it as they do on lab/api; lab/node adds a node to it.
 */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { Logger } from '../../src/base/log.ts';
import { ADMIN, type LabApi, renderKubeconfig, TokenTable } from '../api/kubeconfig.ts';
import { openAuthority } from '../authority.ts';
import { auditFlags } from './audit.ts';
import { buildPrograms, CONTROL_PLANE, DEFAULT_CACHE, type Programs } from './build.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { startTokenWebhook } from './token-webhook.ts';

const LOOPBACK = '127.0.0.1';
const READY_LIMIT = 120_000;

/** What a control plane is for decides its flags. */
export interface ControlPlaneShape {
  /** Where kube-apiserver listens. */
  readonly host: string;
  /** Flags of kube-apiserver and kube-controller-manager that it adds. */
  readonly apiserver: readonly string[];
  readonly manager: readonly string[];
}

/** No nodes, no pods that run: what creates and deletes objects is enough. */
const WITHOUT_NODES: ControlPlaneShape = {
  host: LOOPBACK,
  apiserver: ['--authorization-mode=RBAC', '--disable-admission-plugins=ServiceAccount'],
  manager: [
    '--controllers=garbage-collector-controller,namespace-controller,clusterrole-aggregation-controller,' +
      'persistentvolumeclaim-protection-controller',
  ],
};

export interface KubeApiserverOptions {
  /** Certificates, keys and etcd's data; should be empty. */
  readonly folder: string;
  /** Where the built programs are kept (see build.ts). Default: .cache of this repository. */
  readonly cache?: string;
  /** Every request is recorded in `audit.log` of the folder, one JSON line each (audit.ts). */
  readonly audit?: boolean;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** Builds what is missing and starts it; ready when it answers. Throws EnvironmentError DAEMON_FAILED. */
export function startKubeApiserver(options: KubeApiserverOptions): Promise<LabApi> {
  return startControlPlane(WITHOUT_NODES, options);
}

/** The same, in another shape. */
export async function startControlPlane(
  shape: ControlPlaneShape,
  options: KubeApiserverOptions,
): Promise<LabApi> {
  const programs = await buildPrograms(CONTROL_PLANE, { ...options, cache: options.cache ?? DEFAULT_CACHE });
  const running: { stop(): Promise<void> }[] = [];
  const stopAll = async () => {
    for (const part of running.splice(0).reverse()) await part.stop();
  };
  try {
    return { ...(await startAll(programs, shape, options, running)), close: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startAll(
  programs: Programs<(typeof CONTROL_PLANE)[number]>,
  shape: ControlPlaneShape,
  options: KubeApiserverOptions,
  running: { stop(): Promise<void> }[],
): Promise<Omit<LabApi, 'close'>> {
  const { folder, log, clock = systemClock } = options;
  const authority = await openAuthority(folder);
  const certificate = await authority.issue([shape.host, 'localhost']);
  const [etcdPort = 0, peerPort = 0, port = 0] = await freePorts(LOOPBACK, LOOPBACK, shape.host);
  const cluster = { url: `https://${shape.host}:${port}`, caPem: authority.certificate };

  const tokens = new TokenTable();
  const adminToken = tokens.add(ADMIN);
  const adminKubeconfig = renderKubeconfig(cluster, ADMIN.name, adminToken);
  const webhook = await startTokenWebhook(tokens);
  running.push({ stop: () => webhook.close() });
  const files = await writeFiles(folder, { ...certificate, adminKubeconfig, webhookUrl: webhook.url });

  const etcd = startDaemon('etcd', 'etcd', etcdFlags(folder, etcdPort, peerPort), log);
  running.push(etcd);
  const flags = [
    ...apiserverFlags(folder, files, etcdPort),
    ...listen(shape.host, port),
    ...shape.apiserver,
    ...(options.audit ? await auditFlags(folder) : []),
  ];
  const apiserver = startDaemon('kube-apiserver', programs['kube-apiserver'], flags, log);
  running.push(apiserver);
  await whenReady(apiserver, cluster, adminToken, clock);
  const managerFlags = [...MANAGER_FLAGS, `--kubeconfig=${files.adminKubeconfig}`, ...shape.manager];
  running.push(
    startDaemon('kube-controller-manager', programs['kube-controller-manager'], managerFlags, log),
  );

  const kubeconfigFor: LabApi['kubeconfigFor'] = (user) =>
    renderKubeconfig(cluster, user.name, tokens.add(user));
  const revoke: LabApi['revoke'] = (userName) => tokens.remove(userName);
  return { ...cluster, adminKubeconfig, kubeconfigFor, revoke };
}

const MANAGER_FLAGS = [
  '--leader-elect=false',
  `--bind-address=${LOOPBACK}`,
  '--secure-port=0',
  '--concurrent-gc-syncs=4',
];

const listen = (host: string, port: number) => [`--bind-address=${host}`, `--secure-port=${port}`];

async function whenReady(
  daemon: Daemon,
  cluster: { url: string; caPem: string },
  token: string,
  clock: Clock,
): Promise<void> {
  const agent = new Agent({ connect: { ca: cluster.caPem } });
  const headers = { authorization: `Bearer ${token}` };
  // /readyz alone turns green before the default namespace is there.
  const probe = async () => {
    for (const path of ['/readyz', '/api/v1/namespaces/default']) {
      const { statusCode, body } = await request(cluster.url + path, { dispatcher: agent, headers });
      await body.dump();
      if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`);
    }
  };
  try {
    await daemon.ready(probe, { clock, limit: READY_LIMIT });
  } finally {
    await agent.destroy();
  }
}

interface Files {
  readonly cert: string;
  readonly key: string;
  readonly accountKey: string;
  readonly adminKubeconfig: string;
  readonly tokenWebhook: string;
}

async function writeFiles(
  folder: string,
  content: { cert: string; key: string; adminKubeconfig: string; webhookUrl: string },
): Promise<Files> {
  await mkdir(folder, { recursive: true });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const accountKey = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const tokenWebhook = renderKubeconfig({ url: content.webhookUrl, caPem: '' }, 'kube-apiserver', '');
  const write = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  return {
    cert: await write('apiserver.crt', content.cert),
    key: await write('apiserver.key', content.key),
    accountKey: await write('service-account.key', accountKey),
    adminKubeconfig: await write('admin.kubeconfig', content.adminKubeconfig),
    tokenWebhook: await write('token-webhook.kubeconfig', tokenWebhook),
  };
}

function etcdFlags(folder: string, port: number, peerPort: number): string[] {
  const [client, peer] = [`http://${LOOPBACK}:${port}`, `http://${LOOPBACK}:${peerPort}`];
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync=true',
  ];
}

function apiserverFlags(folder: string, files: Files, etcdPort: number): string[] {
  return [
    `--etcd-servers=http://${LOOPBACK}:${etcdPort}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${files.cert}`,
    `--tls-private-key-file=${files.key}`,
    `--service-account-key-file=${files.accountKey}`,
    `--service-account-signing-key-file=${files.accountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--authentication-token-webhook-config-file=${files.tokenWebhook}`,
    '--authentication-token-webhook-version=v1',
    '--authentication-token-webhook-cache-ttl=0s',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none',
    '--kubelet-preferred-address-types=InternalIP',
  ];
}

/** A port on each host that was free a moment ago; all are held until the last is found, so that no two are the same. */
async function freePorts(...hosts: readonly string[]): Promise<number[]> {
  const servers = hosts.map((host) => createServer().listen(0, host));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
