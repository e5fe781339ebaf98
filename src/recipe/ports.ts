/**
 * The typed port model: which ports a node of a role needs for which feature. The one table from which iptables, ip6tables,
 * their documentation and the proof's expectations come, so that they cannot disagree (facts/golden-images.md D1–D4).
 * Sources: RKE2 "Inbound Network Rules", Cilium "Firewall Rules".
 */
import type { OpenPort } from './model.ts';

export const ALL_ROLES = ['control-plane', 'worker'] as const;
export type Role = (typeof ALL_ROLES)[number];

export const ALL_FEATURES = [
  'ssh',
  'rke2',
  'etcd',
  'expose-control-plane-metrics',
  'nodeport',
  'cilium-vxlan',
  'cilium-health',
  'cilium-hubble',
  'cilium-metrics',
  'cilium-wireguard',
  'node-exporter',
] as const;
export type Feature = (typeof ALL_FEATURES)[number];

/** Who must reach a port: people and clients from anywhere, whoever may use ssh, or only the cluster's own nodes. */
type Audience = 'anyone' | 'administrators' | 'nodes';

interface PortRule {
  readonly feature: Feature;
  readonly roles: readonly Role[];
  readonly audience: Audience;
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly from: number;
  readonly to?: number;
  readonly purpose: string;
}

const SERVER: readonly Role[] = ['control-plane'];
const EVERY: readonly Role[] = ALL_ROLES;

const RULES: readonly PortRule[] = [
  {
    feature: 'ssh',
    roles: EVERY,
    audience: 'administrators',
    name: 'ssh',
    protocol: 'tcp',
    from: 22,
    purpose: 'SSH',
  },
  {
    feature: 'rke2',
    roles: SERVER,
    audience: 'anyone',
    name: 'kube-apiserver',
    protocol: 'tcp',
    from: 6443,
    purpose: 'Kubernetes API',
  },
  {
    feature: 'rke2',
    roles: SERVER,
    audience: 'nodes',
    name: 'rke2-supervisor',
    protocol: 'tcp',
    from: 9345,
    purpose: 'RKE2 supervisor: joining nodes',
  },
  {
    feature: 'rke2',
    roles: EVERY,
    audience: 'nodes',
    name: 'kubelet',
    protocol: 'tcp',
    from: 10250,
    purpose: 'kubelet: logs, exec, metrics',
  },
  {
    feature: 'etcd',
    roles: SERVER,
    audience: 'nodes',
    name: 'etcd',
    protocol: 'tcp',
    from: 2379,
    to: 2380,
    purpose: 'etcd clients and peers',
  },
  {
    feature: 'expose-control-plane-metrics',
    roles: SERVER,
    audience: 'nodes',
    name: 'etcd-metrics',
    protocol: 'tcp',
    from: 2381,
    purpose: 'etcd metrics',
  },
  {
    feature: 'expose-control-plane-metrics',
    roles: SERVER,
    audience: 'nodes',
    name: 'kube-controller-manager',
    protocol: 'tcp',
    from: 10257,
    purpose: 'kube-controller-manager metrics',
  },
  {
    feature: 'expose-control-plane-metrics',
    roles: SERVER,
    audience: 'nodes',
    name: 'kube-scheduler',
    protocol: 'tcp',
    from: 10259,
    purpose: 'kube-scheduler metrics',
  },
  {
    feature: 'nodeport',
    roles: EVERY,
    audience: 'anyone',
    name: 'nodeport-tcp',
    protocol: 'tcp',
    from: 30000,
    to: 32767,
    purpose: 'NodePort services',
  },
  {
    feature: 'nodeport',
    roles: EVERY,
    audience: 'anyone',
    name: 'nodeport-udp',
    protocol: 'udp',
    from: 30000,
    to: 32767,
    purpose: 'NodePort services',
  },
  {
    feature: 'cilium-vxlan',
    roles: EVERY,
    audience: 'nodes',
    name: 'cilium-vxlan',
    protocol: 'udp',
    from: 8472,
    purpose: 'VXLAN overlay between nodes',
  },
  {
    feature: 'cilium-health',
    roles: EVERY,
    audience: 'nodes',
    name: 'cilium-health',
    protocol: 'tcp',
    from: 4240,
    purpose: 'Cilium health checks',
  },
  {
    feature: 'cilium-hubble',
    roles: EVERY,
    audience: 'nodes',
    name: 'hubble-server',
    protocol: 'tcp',
    from: 4244,
    purpose: 'Hubble server',
  },
  {
    feature: 'cilium-hubble',
    roles: EVERY,
    audience: 'nodes',
    name: 'hubble-relay',
    protocol: 'tcp',
    from: 4245,
    purpose: 'Hubble relay',
  },
  {
    feature: 'cilium-metrics',
    roles: EVERY,
    audience: 'nodes',
    name: 'cilium-metrics',
    protocol: 'tcp',
    from: 9962,
    purpose: 'Cilium agent metrics',
  },
  {
    feature: 'cilium-wireguard',
    roles: EVERY,
    audience: 'nodes',
    name: 'cilium-wireguard',
    protocol: 'udp',
    from: 51871,
    purpose: 'WireGuard encryption between nodes',
  },
  {
    feature: 'node-exporter',
    roles: EVERY,
    audience: 'nodes',
    name: 'node-exporter',
    protocol: 'tcp',
    from: 9100,
    purpose: 'Node metrics',
  },
];

export interface PortChoice {
  readonly roles: readonly Role[];
  readonly features: readonly Feature[];
  /** Networks of the nodes; empty: not restricted. */
  readonly nodeSources: readonly string[];
  /** Interface of the cluster network; absent: any. */
  readonly nodeInterface?: string | undefined;
  /** Networks of the administrators; empty: not restricted. */
  readonly sshSources: readonly string[];
}

/** The ports that a node in any of `roles` opens, ordered by number, then protocol. */
export function openPorts(choice: PortChoice): OpenPort[] {
  return RULES.filter((rule) => choice.features.includes(rule.feature))
    .filter((rule) => rule.roles.some((role) => choice.roles.includes(role)))
    .map((rule) => openPort(rule, choice))
    .sort(byNumber);
}

/** Order of ports in files and tables. */
export function byNumber(a: OpenPort, b: OpenPort): number {
  return a.from - b.from || a.protocol.localeCompare(b.protocol) || a.name.localeCompare(b.name);
}

function openPort(rule: PortRule, choice: PortChoice): OpenPort {
  const { nodeSources, nodeInterface, sshSources } = choice;
  const restriction = {
    anyone: {},
    administrators: { ...(sshSources.length > 0 && { sources: sshSources }) },
    nodes: {
      ...(nodeSources.length > 0 && { sources: nodeSources }),
      ...(nodeInterface && { interface: nodeInterface }),
    },
  }[rule.audience];
  const { name, protocol, from, to = from, purpose } = rule;
  return { name, protocol, from, to, purpose, ...restriction };
}
