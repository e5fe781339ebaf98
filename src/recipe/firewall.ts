/**
 * The port model as iptables-restore and ip6tables-restore take it: everything that comes in is dropped but for what is
 * listed; both address families get the same policy (facts/golden-images.md D4–D6, CFG-1, CFG-2).
 */
import type { Firewall, OpenPort } from './model.ts';

type Family = 'ipv4' | 'ipv6';

/** Both files for the given ports. */
export function renderFirewall(ports: readonly OpenPort[]): Firewall {
  return { ipv4: rules('ipv4', ports), ipv6: rules('ipv6', ports), ports };
}

/** What a node needs before any port: its own traffic, answers, and the control messages that keep networking alive. */
const PREAMBLE: Readonly<Record<Family, string>> = {
  ipv4: `# Packets of the node to itself.
-A INPUT -i lo -j ACCEPT
# Answers to what the node asked.
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
# Ping, path MTU discovery.
-A INPUT -p icmp -j ACCEPT
`,
  // Neighbour discovery is not tracked by the kernel as a connection, so it must come before INVALID is dropped; and an
  // answer from a DHCPv6 server belongs to no connection, since the question went to a multicast address.
  ipv6: `# Packets of the node to itself.
-A INPUT -i lo -j ACCEPT
# Neighbour discovery, router advertisements, path MTU discovery, ping.
-A INPUT -p ipv6-icmp -j ACCEPT
# Answers to what the node asked.
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
# Answers of a DHCPv6 server.
-A INPUT -s fe80::/10 -d fe80::/10 -p udp -m udp --sport 547 --dport 546 -j ACCEPT
`,
};

function rules(family: Family, ports: readonly OpenPort[]): string {
  const opened = ports.map((port) => portRules(family, port)).join('');
  return `*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
${PREAMBLE[family]}${opened}COMMIT
`;
}

function portRules(family: Family, port: OpenPort): string {
  const sources = port.sources?.filter((source) => familyOf(source) === family);
  if (sources?.length === 0) return '';
  const range = port.from === port.to ? `${port.from}` : `${port.from}:${port.to}`;
  const match = `-p ${port.protocol} -m ${port.protocol} --dport ${range} -j ACCEPT`;
  const origin = port.interface ? `-i ${port.interface} ` : '';
  const lines = (sources ?? [undefined]).map(
    (source) => `-A INPUT ${source ? `-s ${source} ` : ''}${origin}${match}\n`,
  );
  return `# ${port.purpose}.\n${lines.join('')}`;
}

/** Address family of a network in CIDR notation. */
export function familyOf(network: string): Family {
  return network.includes(':') ? 'ipv6' : 'ipv4';
}
