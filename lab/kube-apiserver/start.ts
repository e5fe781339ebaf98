/**
 * A real Kubernetes control plane without nodes: etcd, kube-apiserver, and of the controllers those for garbage,
 * namespaces and aggregated roles (LAB.md §4). The lab's controllers run on it as they do on lab/api.
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
import { buildPrograms, DEFAULT_CACHE, type Programs } from './build.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { startTokenWebhook } from './token-webhook.ts';

const HOST = '127.0.0.1';
const READY_LIMIT = 120_000;
const CONTROLLERS =
  'garbage-collector-controller,namespace-controller,clusterrole-aggregation-controller,' +
  'persistentvolumeclaim-protection-controller';

export interface KubeApiserverOptions {
  /** Certificates, keys and etcd's data; should be empty. */
  readonly folder: string;
  /** Where the built programs are kept (see build.ts). Default: .cache of this repository. */
  readonly cache?: string;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** Builds what is missing and starts it; ready when it answers. Throws EnvironmentError DAEMON_FAILED. */
export async function startKubeApiserver(options: KubeApiserverOptions): Promise<LabApi> {
  const programs = await buildPrograms({ ...options, cache: options.cache ?? DEFAULT_CACHE });
  const running: { stop(): Promise<void> }[] = [];
  const stopAll = async () => {
    for (const part of running.splice(0).reverse()) await part.stop();
  };
  try {
    return await startAll(programs, options, running, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startAll(
  programs: Programs,
  options: KubeApiserverOptions,
  running: { stop(): Promise<void> }[],
  close: () => Promise<void>,
): Promise<LabApi> {
  const { folder, log, clock = systemClock } = options;
  const authority = await openAuthority(folder);
  const certificate = await authority.issue([HOST, 'localhost']);
  const [etcdPort, peerPort, port] = await freePorts();
  const cluster = { url: `https://${HOST}:${port}`, caPem: authority.certificate };

  const tokens = new TokenTable();
  const adminToken = tokens.add(ADMIN);
  const adminKubeconfig = renderKubeconfig(cluster, ADMIN.name, adminToken);
  const webhook = await startTokenWebhook(tokens);
  running.push({ stop: () => webhook.close() });
  const files = await writeFiles(folder, { ...certificate, adminKubeconfig, webhookUrl: webhook.url });

  const etcd = startDaemon('etcd', 'etcd', etcdFlags(folder, etcdPort, peerPort), log);
  running.push(etcd);
  const flags = apiserverFlags(folder, files, etcdPort, port);
  const apiserver = startDaemon('kube-apiserver', programs['kube-apiserver'], flags, log);
  running.push(apiserver);
  await whenReady(apiserver, cluster, adminToken, clock);
  const manager = [
    `--kubeconfig=${files.adminKubeconfig}`,
    `--controllers=${CONTROLLERS}`,
    '--leader-elect=false',
  ];
  const managerFlags = [...manager, '--bind-address=127.0.0.1', '--secure-port=0', '--concurrent-gc-syncs=4'];
  running.push(
    startDaemon('kube-controller-manager', programs['kube-controller-manager'], managerFlags, log),
  );

  const kubeconfigFor: LabApi['kubeconfigFor'] = (user) =>
    renderKubeconfig(cluster, user.name, tokens.add(user));
  return { ...cluster, adminKubeconfig, kubeconfigFor, close };
}

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
  const [client, peer] = [`http://${HOST}:${port}`, `http://${HOST}:${peerPort}`];
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

function apiserverFlags(folder: string, files: Files, etcdPort: number, port: number): string[] {
  return [
    `--etcd-servers=http://${HOST}:${etcdPort}`,
    `--bind-address=${HOST}`,
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${files.cert}`,
    `--tls-private-key-file=${files.key}`,
    `--service-account-key-file=${files.accountKey}`,
    `--service-account-signing-key-file=${files.accountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--authorization-mode=RBAC',
    `--authentication-token-webhook-config-file=${files.tokenWebhook}`,
    '--authentication-token-webhook-version=v1',
    '--authentication-token-webhook-cache-ttl=0s',
    '--disable-admission-plugins=ServiceAccount',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none',
    '--kubelet-preferred-address-types=InternalIP',
  ];
}

/** Three ports that were free a moment ago. */
async function freePorts(): Promise<[number, number, number]> {
  const servers = [createServer(), createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, HOST);
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) server.close();
  return [ports[0]!, ports[1]!, ports[2]!];
}
