/** The builder's own addresses, checked before a machine is made that nobody could reach. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

export interface StaticInputs {
  readonly 'static-ip': readonly string[];
  readonly gateway: readonly string[];
  readonly nameservers: readonly string[];
  readonly network?: string | undefined;
}

interface Cidr {
  readonly text: string;
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Every problem, one line each. */
export function staticNetworkProblems(inputs: StaticInputs): string[] {
  const { gateway, nameservers, network } = inputs;
  const given = inputs['static-ip'];
  const parsed = given.map((text) => parseCidr(text) ?? text);
  const addresses = parsed.filter((cidr) => typeof cidr !== 'string');
  const broken = parsed.filter((cidr) => typeof cidr === 'string');
  if (given.length === 0 && (gateway.length > 0 || nameservers.length > 0))
    return ['gateway and nameservers: only count with static-ip.'];
  return [
    ...broken.map((text) => `static-ip: "${text}" must be address/prefix length.`),
    ...addresses.flatMap((cidr) => hostProblem(cidr) ?? []),
    ...onePerFamily(
      'static-ip',
      addresses.map(({ address }) => address),
    ),
    ...gateway.flatMap((address) => gatewayProblem(address, addresses, broken.length > 0) ?? []),
    ...onePerFamily('gateway', gateway.filter(isAddress)),
    ...nameservers
      .filter((server) => !isAddress(server))
      .map((server) => `nameservers: "${server}" must be an IP address.`),
    ...(given.length > 0 && !network
      ? ['static-ip: needs network, the pod network gives its own addresses.']
      : []),
  ];
}

export const isAddress = (text: string) => isIPv4(text) || isIPv6(text);

function parseCidr(text: string): Cidr | undefined {
  const [, address = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const longest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return Number(prefix) <= longest ? { text, address, prefix: Number(prefix), family } : undefined;
}

/** The first and the last address of an IPv4 network belong to nobody. */
function hostProblem({ text, address, prefix, family }: Cidr): string | undefined {
  if (prefix === 0) return `static-ip: "${text}" has no network; the prefix length is missing.`;
  if (family === 'ipv6' || prefix > 30) return undefined;
  const host = ipv4Number(address) % 2 ** (32 - prefix);
  if (host === 0) return `static-ip: "${text}" is the address of the network itself.`;
  return host === 2 ** (32 - prefix) - 1 ? `static-ip: "${text}" is the broadcast address.` : undefined;
}

const ipv4Number = (address: string) =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);

/** A link-local gateway is on every IPv6 link. `unsure`: an address could not be read, so its network is unknown. */
function gatewayProblem(gateway: string, addresses: readonly Cidr[], unsure: boolean): string | undefined {
  if (!isAddress(gateway)) return `gateway: "${gateway}" must be an IP address.`;
  const family = isIPv4(gateway) ? 'ipv4' : 'ipv6';
  const own = addresses.filter((cidr) => cidr.family === family);
  if (own.some(({ address }) => address === gateway))
    return `gateway: "${gateway}" is the address of the builder itself.`;
  if (own.some((cidr) => contains(cidr, gateway)) || /^fe[89ab]/i.test(gateway) || unsure) return undefined;
  return own.length === 0
    ? `gateway: "${gateway}" has no static-ip of its family.`
    : `gateway: "${gateway}" is not in the network of ${own.map(({ text }) => text).join(', ')}.`;
}

function contains({ address, prefix, family }: Cidr, other: string): boolean {
  const network = new BlockList();
  network.addSubnet(address, prefix, family);
  return network.check(other, family);
}

function onePerFamily(input: string, addresses: readonly string[]): string[] {
  return [isIPv4, isIPv6].flatMap((isOfFamily) => {
    const several = addresses.filter(isOfFamily);
    return several.length > 1 ? [`${input}: ${several.join(' and ')}: give at most one of each family.`] : [];
  });
}
