/**
 * Configuration of containerd, CNI and kubelet for a node that shares its machine with others: everything below one
 * folder, nothing at fixed places, cgroup v1 or v2 (LAB.md §4).
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface NodeSettings {
  /** Everything of the node; on a filesystem that overlayfs can use. */
  readonly folder: string;
  /** The node's address. */
  readonly address: string;
  /** Pods get addresses of it; a route of the machine leads there. CIDR. */
  readonly podSubnet: string;
  /** Folder of the CNI plugins. */
  readonly plugins: string;
  /** Image of the sandbox, known to containerd by this name. */
  readonly sandboxImage: string;
  /** `host:port` of registries that speak plain HTTP. */
  readonly plainRegistries: readonly string[];
  /** PEM file of the authority that signs who may ask the kubelet. */
  readonly clientCa: string;
  readonly kubeconfig: string;
}

export interface NodeFiles {
  readonly containerdConfig: string;
  readonly socket: string;
  readonly kubeletFlags: readonly string[];
}

/** Writes the files of a node; returns where they are. */
export async function writeNodeFiles(name: string, settings: NodeSettings): Promise<NodeFiles> {
  const { folder } = settings;
  const write = async (path: string, text: string) => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
    return join(folder, path);
  };
  for (const registry of settings.plainRegistries)
    await write(`registries/${registry}/hosts.toml`, plainHost(registry));
  await write('cni/10-pods.conflist', JSON.stringify(podNetwork(settings)));
  const socket = join(folder, 'containerd.sock');
  const kubeletConfig = await write('kubelet.yaml', stringify(kubeletConfiguration(settings, socket)));
  return {
    containerdConfig: await write('containerd.toml', containerdConfiguration(settings, socket)),
    socket,
    kubeletFlags: [
      `--config=${kubeletConfig}`,
      `--kubeconfig=${settings.kubeconfig}`,
      `--hostname-override=${name}`,
      `--node-ip=${settings.address}`,
      `--root-dir=${join(folder, 'kubelet')}`,
      `--cert-dir=${join(folder, 'kubelet-certificates')}`,
    ],
  };
}

function containerdConfiguration(settings: NodeSettings, socket: string): string {
  const { folder, plugins, sandboxImage } = settings;
  const text = JSON.stringify;
  return `version = 2
root = ${text(join(folder, 'containerd'))}
state = ${text(join(folder, 'containerd-state'))}
[grpc]
  address = ${text(socket)}
[plugins."io.containerd.grpc.v1.cri"]
  # Lowering a score is not allowed everywhere; without this every sandbox fails there.
  restrict_oom_score_adj = true
  sandbox_image = ${text(sandboxImage)}
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${text(plugins)}
  conf_dir = ${text(join(folder, 'cni'))}
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = ${text(join(folder, 'registries'))}
[plugins."io.containerd.internal.v1.opt"]
  path = ${text(join(folder, 'opt'))}
`;
}

/** containerd 1.6 drops a file without a host table, and tries HTTPS. */
function plainHost(registry: string): string {
  const url = JSON.stringify(`http://${registry}`);
  return `server = ${url}\n[host.${url}]\n  capabilities = ["pull", "resolve"]\n`;
}

function podNetwork({ podSubnet, folder }: NodeSettings): object {
  const ipam = {
    type: 'host-local',
    dataDir: join(folder, 'pod-addresses'),
    ranges: [[{ subnet: podSubnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return { cniVersion: '0.4.0', name: 'pods', plugins: [{ type: 'ptp', ipam }] };
}

function kubeletConfiguration({ folder, clientCa }: NodeSettings, socket: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: clientCa },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${socket}`,
    podLogsDir: join(folder, 'pod-logs'),
    // One machine, several nodes, perhaps inside a container: no cgroups of kubelet's own.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    // No name service: pods use addresses.
    resolvConf: '',
    // A node that lives for minutes on a machine whose disk others fill.
    evictionHard: { 'imagefs.available': '1%', 'nodefs.available': '1%', 'memory.available': '50Mi' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    syncFrequency: '10s',
    registerNode: true,
  };
}
