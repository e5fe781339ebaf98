/**
 * A whole Kubernetes node: a real control plane with its scheduler, containerd and kubelet, in a network namespace of
 * its own and in mount and PID namespaces that take everything with them (LAB.md §4). Pods really run. Needs root.
 */
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { EnvironmentError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/process.ts';
import { connectKube } from '../../src/kube/connect.ts';
import type { KubeObject, Resource } from '../../src/kube/kube.ts';
import type { LabApi } from '../api/kubeconfig.ts';
import { openAuthority } from '../authority.ts';
import { LabNetwork, linkName } from '../harvester/runtime/network.ts';
import { buildPrograms, DEFAULT_CACHE, NODE } from '../kube-apiserver/build.ts';
import { type Daemon, startDaemon } from '../kube-apiserver/daemon.ts';
import { type ControlPlaneShape, startControlPlane } from '../kube-apiserver/start.ts';
import { writeNodeFiles } from './configuration.ts';
import { writeProgramImage } from './image.ts';
import { type ContainerPrograms, containerPrograms } from './programs.ts';

const NODE_NAME = 'node-1';
const SANDBOX_IMAGE = 'lab.rke2-actions.io/pause:1';
const READY_LIMIT = 120_000;
const NODE_RESOURCE: Resource = {
  group: '',
  version: 'v1',
  plural: 'nodes',
  kind: 'Node',
  namespaced: false,
};

export interface NodeOptions {
  /** Everything of the cluster; should be empty, and not lie below /run, /var/lib or /var/log. */
  readonly folder: string;
  /** Where built programs are kept. Default: .cache of this repository. */
  readonly cache?: string;
  /** `host:port` of registries that speak plain HTTP. */
  readonly plainRegistries?: readonly string[];
  /** Every request is recorded in `control-plane/audit.log` of the folder (lab/kube-apiserver/audit.ts). */
  readonly audit?: boolean;
  readonly log: Logger;
  readonly clock?: Clock;
}

export interface LabNode extends LabApi {
  /** The node's address: this machine and all pods reach it. */
  readonly address: string;
  /** The machine's address in the lab's network: pods and the node reach servers that listen there. */
  readonly hostAddress: string;
  /** A command line that runs a command in the node's network, such as a server that only the cluster reaches. */
  inNetwork(command: string, args: readonly string[]): [string, string[]];
  /** Gives the node's containerd the images of an archive; `as` is one more name for the only one. */
  loadImages(archive: string, options?: { as: string }): Promise<void>;
}

/** Builds what is missing and starts it; ready when the node is. Throws EnvironmentErrors, among them DAEMON_FAILED. */
export async function startNode(options: NodeOptions): Promise<LabNode> {
  const programs = containerPrograms();
  const { folder } = options;
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const network = await LabNetwork.open();
  const running: (() => Promise<void>)[] = [() => network.close()];
  const close = async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  };
  try {
    const { machine, namespace, address } = await network.attach('02:00:00:98:00:02');
    // Half of the lab's addresses; the machine's own link is the way there.
    const podSubnet = `10.98.${network.index}.128/25`;
    await mustRun('ip', [
      'route',
      'replace',
      podSubnet,
      'via',
      address,
      'dev',
      linkName(network.index, machine),
    ]);
    const api = await startControlPlane(await shapeFor(folder, network.address), {
      ...options,
      folder: join(folder, 'control-plane'),
    });
    running.push(() => api.close());
    const parts = await startParts({ ...options, programs, namespace, address, podSubnet, api });
    running.push(...parts.daemons.map((daemon) => () => daemon.stop()));
    await nodeReady(api, parts.node, options.clock ?? systemClock);
    return {
      ...api,
      address,
      hostAddress: network.address,
      inNetwork: (command, args) => enter(namespace, command, args),
      loadImages: (archive, names) => loadImages(programs, parts.socket, archive, names?.as),
      close: async () => {
        await close();
        await removeCgroups();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** kube-apiserver asks the kubelet with a certificate; nodes and service accounts are what they are in any cluster. */
async function shapeFor(folder: string, host: string): Promise<ControlPlaneShape> {
  const authority = await openAuthority(join(folder, 'control-plane'));
  const { cert, key } = await authority.issueClient({
    commonName: 'kube-apiserver-kubelet-client',
    organisation: 'system:masters',
  });
  const file = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const ca = await file('client-ca.pem', authority.certificate);
  return {
    host,
    apiserver: [
      '--authorization-mode=Node,RBAC',
      `--client-ca-file=${ca}`,
      `--kubelet-client-certificate=${await file('kubelet-client.crt', cert)}`,
      `--kubelet-client-key=${await file('kubelet-client.key', key)}`,
    ],
    manager: [`--root-ca-file=${ca}`],
  };
}

interface PartsOptions extends NodeOptions {
  readonly programs: ContainerPrograms;
  readonly namespace: string;
  readonly address: string;
  readonly podSubnet: string;
  readonly api: LabApi;
}

async function startParts(
  options: PartsOptions,
): Promise<{ daemons: Daemon[]; node: Daemon; socket: string }> {
  const { folder, log, programs, namespace, address, podSubnet, api, plainRegistries = [] } = options;
  const cache = options.cache ?? DEFAULT_CACHE;
  const built = await buildPrograms(NODE, { cache, log });
  const kubeconfig = join(folder, 'kubelet.kubeconfig');
  const account = { name: `system:node:${NODE_NAME}`, groups: ['system:nodes'] };
  await writeFile(kubeconfig, api.kubeconfigFor(account), { mode: 0o600 });
  const files = await writeNodeFiles(NODE_NAME, {
    ...{ folder, address, podSubnet, plainRegistries, kubeconfig },
    plugins: programs.plugins,
    sandboxImage: SANDBOX_IMAGE,
    clientCa: join(folder, 'client-ca.pem'),
  });
  const scheduler = startDaemon(
    'kube-scheduler',
    built['kube-scheduler'],
    [
      `--kubeconfig=${join(folder, 'control-plane', 'admin.kubeconfig')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      '--secure-port=0',
    ],
    log,
  );
  const [command, args] = enter(namespace, 'unshare', [
    ...['--mount', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'],
    'env',
    `PATH=${programs.path}${delimiter}${process.env.PATH}`,
    join(import.meta.dirname, 'launch.sh'),
    ...[programs.containerd, files.containerdConfig, files.socket, built.kubelet, ...files.kubeletFlags],
  ]);
  const node = startDaemon('node', command, args, log);
  const pause = join(folder, 'pause.tar');
  await writeProgramImage(pause, {
    name: SANDBOX_IMAGE,
    busybox: programs.busybox,
    command: ['sleep', '2147483647'],
  });
  const { clock = systemClock } = options;
  const load = () => loadImages(programs, files.socket, pause);
  await node.ready(load, { clock, limit: READY_LIMIT });
  return { daemons: [scheduler, node], node, socket: files.socket };
}

/** Not `ip netns exec`, which remounts /sys and hides the cgroups from kubelet. */
function enter(namespace: string, command: string, args: readonly string[]): [string, string[]] {
  return ['nsenter', [`--net=/run/netns/${namespace}`, command, ...args]];
}

async function loadImages(
  programs: ContainerPrograms,
  socket: string,
  archive: string,
  as?: string,
): Promise<void> {
  const images = ['--address', socket, '--namespace', 'k8s.io', 'images'];
  const { stdout } = await mustRun(programs.ctr, [...images, 'import', archive]);
  const name = /unpacking (\S+) \(/.exec(stdout)?.[1];
  if (as !== undefined && name !== undefined) await mustRun(programs.ctr, [...images, 'tag', name, as]);
}

async function nodeReady(api: LabApi, daemon: Daemon, clock: Clock): Promise<void> {
  const kube = await connectKube({ kubeconfig: api.adminKubeconfig });
  interface Node extends KubeObject {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }
  const probe = async () => {
    const node = await kube.get<Node>(NODE_RESOURCE, { name: NODE_NAME });
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True') throw new EnvironmentError('NODE_NOT_READY', 'The node is not ready.');
  };
  try {
    await daemon.ready(probe, { clock, limit: READY_LIMIT });
  } finally {
    await kube.close();
  }
}

/** runc's cgroups outlive the processes that were killed; one of a living node refuses to go. */
async function removeCgroups(): Promise<void> {
  const roots = await readdir('/sys/fs/cgroup').catch(() => []);
  const folders = ['/sys/fs/cgroup/k8s.io', ...roots.map((root) => join('/sys/fs/cgroup', root, 'k8s.io'))];
  for (const folder of folders) {
    for (const group of await readdir(folder).catch(() => []))
      await rmdir(join(folder, group)).catch(() => {});
    await rmdir(folder).catch(() => {});
  }
}
