/** NET-1 … NET-3: who reaches a node, and by which interface its answers leave (platform architecture §4). */
import type { Expectations, Ingress } from '../../recipe/model.ts';
import { acceptedPorts, type PortMatch, parseIptables, portText } from '../iptables.ts';
import { LEFTOVERS } from '../leftovers.ts';
import { dispatcherScript, managedByNobody } from '../network-manager.ts';
import { existing, type Finding, need, type Rule, Skip, type Subject } from '../rule.ts';
import { assignments, type TextFile } from '../sections/text.ts';
import { effectiveSysctl } from '../sysctl.ts';

const FAMILIES = { ipv4: '/etc/sysconfig/iptables', ipv6: '/etc/sysconfig/ip6tables' } as const;
type Family = keyof typeof FAMILIES;

function checkPorts(subject: Subject): Finding {
  const { firewall } = subject.expectations;
  if (!firewall) return new Skip('the recipe does not manage a packet filter');
  const files = need(subject, 'firewall');
  return (Object.keys(FAMILIES) as Family[]).flatMap((family) => portFaults(files, family, firewall.ports));
}

function portFaults(
  files: readonly TextFile[],
  family: Family,
  ports: NonNullable<Expectations['firewall']>['ports'],
): string[] {
  const text = files.find((file) => file.path === FAMILIES[family]);
  if (!text) return [`${family}: ${FAMILIES[family]} does not exist`];
  const wanted = ports.flatMap((port) => matchesOf(port, family));
  try {
    const found = acceptedPorts(parseIptables(text.lines));
    const has = (all: readonly PortMatch[], one: PortMatch) =>
      all.some((other) => portText(other) === portText(one));
    return [
      ...wanted.filter((port) => !has(found, port)).map((port) => `${family}: ${portText(port)} is closed`),
      ...found.filter((port) => !has(wanted, port)).map((port) => `${family}: ${portText(port)} is open`),
    ];
  } catch (error) {
    return [`${family}: ${(error as Error).message}`];
  }
}

/** One per source of the family; a port whose sources are all of the other family stays closed. */
function matchesOf(
  { protocol, from, to, sources, interface: device }: NonNullable<Expectations['firewall']>['ports'][number],
  family: Family,
): PortMatch[] {
  const match = { protocol, from, to, ...(device && { interface: device }) };
  if (!sources) return [match];
  const mine = sources.filter((source) => source.includes(':') === (family === 'ipv6'));
  return mine.map((source) => ({ ...match, source }));
}

function checkReturnPath(subject: Subject): Finding {
  const { ingress } = subject.expectations;
  if (!ingress) return new Skip('the recipe knows of no second interface');
  const scripts = need(subject, 'dispatcher');
  const managers = need(subject, 'networkManager');
  const units = need(subject, 'units');
  const unit = units.get('NetworkManager-dispatcher.service') ?? '';
  return [
    ...scriptFaults(scripts, ingress),
    ...(unit === 'enabled' || unit === 'alias'
      ? []
      : [`NetworkManager-dispatcher.service is ${unit || 'not there'}`]),
    ...(managedByNobody(managers, ingress.interface)
      ? [`NetworkManager leaves ${ingress.interface} alone, so the script never runs for it`]
      : []),
    ...existing(subject, LEFTOVERS['NET-2']),
  ];
}

function scriptFaults(scripts: readonly TextFile[], ingress: Ingress): string[] {
  const script = dispatcherScript(scripts);
  if (!script) return ['no dispatcher script routes the answers of the second interface'];
  const found = assignments(script.lines);
  const wanted = { INGRESS: ingress.interface, TABLE: ingress.table, PRIORITY: ingress.priority };
  return Object.entries(wanted)
    .filter(([name, value]) => found[name] !== String(value))
    .map(([name, value]) => `${script.path} has ${name}=${found[name] ?? ''}, not ${value}`);
}

function checkAddresses(subject: Subject): Finding {
  const { ingress } = subject.expectations;
  if (!ingress) return new Skip('the recipe knows of no second interface');
  const files = need(subject, 'sysctls');
  const value = (key: string) => effectiveSysctl(files, key)?.value;
  const filter = value(`net.ipv4.conf.${ingress.interface}.rp_filter`);
  return [
    ...(value('net.ipv4.conf.all.arp_ignore') === '1'
      ? []
      : ['arp_ignore is not 1: both interfaces answer for both']),
    ...(value('net.ipv4.conf.all.arp_announce') === '2'
      ? []
      : ['arp_announce is not 2: an address may be announced on the wrong interface']),
    ...(filter === '2' || filter === '0'
      ? []
      : [
          `rp_filter of ${ingress.interface} is ${filter ?? 'left to the default'}: packets for pods are dropped there`,
        ]),
  ];
}

export const NETWORK_RULES: readonly Rule[] = [
  {
    id: 'NET-1',
    severity: 'must',
    title: 'The ports of the roles are open in both families, and no others',
    trace: 'platform architecture §4 firewall rules; D1, D4, D5',
    expected:
      'each port of the model, from its sources and on its interface alone, in iptables and ip6tables',
    mend: 'Compare with "Open ports" of recipe plan; nothing but the recipe may write these files.',
    check: checkPorts,
  },
  {
    id: 'NET-2',
    severity: 'must',
    title: 'Answers leave by the interface the question came in on',
    trace: 'platform architecture §4 policy routing; RKE2 known issues (nm-cloud-setup); D30',
    expected:
      'the dispatcher script with interface, table and priority of the recipe; a NetworkManager that runs it and manages the interface; no other that routes',
    mend: 'Enable NetworkManager-dispatcher.service, keep the interface out of unmanaged-devices, remove NetworkManager-cloud-setup.',
    check: checkReturnPath,
  },
  {
    id: 'NET-3',
    severity: 'must',
    title: 'Each interface answers for its own addresses, and takes what the other would route',
    trace: 'platform architecture §4 ARP hardening; facts/golden-images.md §4.8 (rp_filter)',
    expected: 'arp_ignore 1, arp_announce 2, loose or no reverse path filter on the second interface',
    mend: 'Keep 90-arp.conf and 91-ingress.conf; look for a later drop-in, such as one of a hardening guide.',
    check: checkAddresses,
  },
];
