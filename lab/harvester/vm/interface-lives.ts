/**
 * What a machine's guest agent reports over time, as data: the known defects of facts/harvester.md §2.6 and §3.3-4. Each stage
 * holds from `after` milliseconds since the start until the next one.
 */
import type { InterfaceStatus, MachineInterface } from '../objects.ts';
import type { Pace } from '../pace.ts';

export interface InterfaceStage {
  readonly after: number;
  /** Whether the guest agent is connected (condition AgentConnected). */
  readonly agent: boolean;
  readonly interfaces: readonly InterfaceStatus[];
}

export type AddressLife = 'ipv4' | 'ipv6' | 'link-local' | 'ipv6-first' | 'flap' | 'cni' | 'none';

const LINK_LOCAL = 'fe80::5054:ff:fe12:3456';
const AGENT = 'domain, guest-agent, multus-status';

/** The stages of one life for a machine with this address. The first stage is always "seen by the domain only". */
export function interfaceLife(
  life: AddressLife,
  machine: { interfaces: readonly MachineInterface[]; address: string },
  pace: Pace,
): readonly InterfaceStage[] {
  const [first, ...others] = machine.interfaces;
  const seen = (entry: MachineInterface, at: number): InterfaceStatus => ({
    name: entry.name,
    ...(entry.macAddress && { mac: entry.macAddress }),
    podInterfaceName: at === 0 ? 'eth0' : `net${at}`,
    infoSource: 'domain, multus-status',
    linkState: 'up',
    queueCount: 1,
  });
  if (!first) return [{ after: 0, agent: false, interfaces: [] }];
  const rest = others.map((entry, at) => seen(entry, at + 1));
  const told = (addresses: readonly string[]): InterfaceStatus => ({
    ...seen(first, 0),
    interfaceName: 'eth0',
    infoSource: AGENT,
    ...(addresses.length > 0 && { ipAddress: addresses[0]!, ipAddresses: [...addresses] }),
  });
  const stage = (
    times: number,
    addresses: readonly string[],
    more: InterfaceStatus[] = [],
  ): InterfaceStage => ({
    after: pace.agent * times,
    agent: true,
    interfaces: [told(addresses), ...rest, ...more],
  });
  const silent = { after: 0, agent: false, interfaces: [seen(first, 0), ...rest] };
  const { address } = machine;
  const lives: Record<AddressLife, InterfaceStage[]> = {
    ipv4: [silent, stage(1, [address, LINK_LOCAL])],
    ipv6: [silent, stage(1, [LINK_LOCAL, address])],
    'link-local': [silent, stage(1, [LINK_LOCAL])],
    'ipv6-first': [silent, stage(1, [LINK_LOCAL]), stage(2, [LINK_LOCAL, address])],
    flap: [silent, stage(1, [address, LINK_LOCAL]), stage(2, []), stage(3, [address, LINK_LOCAL])],
    cni: [silent, stage(1, [address, LINK_LOCAL], [CNI])],
    none: [silent],
  };
  return lives[life];
}

/** A bridge that a container runtime inside the guest has made: not in the spec, yet reported. */
const CNI: InterfaceStatus = {
  interfaceName: 'cni0',
  mac: '0a:58:0a:2a:00:01',
  ipAddress: '10.42.0.1',
  ipAddresses: ['10.42.0.1'],
  infoSource: 'guest-agent',
};

/** The stage that holds `elapsed` milliseconds after the start, and the milliseconds until the next one. */
export function stageAt(
  life: readonly InterfaceStage[],
  elapsed: number,
): { stage: InterfaceStage; next: number | undefined } {
  const stage = life.findLast(({ after }) => after <= elapsed) ?? life[0]!;
  const following = life.find(({ after }) => after > elapsed);
  return { stage, next: following && following.after - elapsed };
}
