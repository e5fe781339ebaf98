/** Reads what iptables-restore reads, so that two rule sets can be compared for meaning (iptables-restore(8)). */

export interface Chain {
  /** ACCEPT, DROP, or `-` for a chain of its own. */
  readonly policy: string;
  /** In order; blanks made single, the chain's name left out. */
  readonly rules: readonly string[];
}

/** `table/chain` → chain. Throws on a line that is neither rule, chain, table, comment nor COMMIT. */
export function parseIptables(lines: readonly string[]): Map<string, Chain> {
  const chains = new Map<string, { policy: string; rules: string[] }>();
  let table = '';
  for (const raw of lines) {
    const line = raw.trim();
    const chain = /^:(\S+)\s+(\S+)/.exec(line);
    const rule = /^(?:\[\d+:\d+\]\s+)?-A\s+(\S+)\s*(.*)$/.exec(line);
    if (line === '' || line.startsWith('#') || line === 'COMMIT') continue;
    if (line.startsWith('*')) table = line.slice(1);
    else if (chain) chains.set(`${table}/${chain[1]}`, { policy: chain[2]!, rules: [] });
    else if (rule && chains.has(`${table}/${rule[1]}`))
      chains.get(`${table}/${rule[1]}`)!.rules.push(rule[2]!.replace(/\s+/g, ' '));
    else throw new Error(`"${line}" is no line that iptables-restore accepts here`);
  }
  return chains;
}

/**
 * How `found` differs from `wanted`: policies, rules that are missing or additional, and rules that stand on the wrong side of
 * the one that accepts established connections. The order of the others does not matter: all of them accept.
 */
export function differences(found: ReadonlyMap<string, Chain>, wanted: ReadonlyMap<string, Chain>): string[] {
  const names = [...new Set([...wanted.keys(), ...found.keys()])];
  return names.flatMap((name) => {
    const [is, shall] = [found.get(name), wanted.get(name)];
    if (!is) return [`chain ${name} is missing`];
    if (!shall) return [`chain ${name} is additional`];
    return chainDifferences(name, is, shall);
  });
}

function chainDifferences(name: string, found: Chain, wanted: Chain): string[] {
  const early = (chain: Chain) =>
    chain.rules.slice(0, chain.rules.findIndex((rule) => /ESTABLISHED/.test(rule)) + 1);
  const moved = early(found).filter((rule) => wanted.rules.includes(rule) && !early(wanted).includes(rule));
  return [
    ...(found.policy === wanted.policy ? [] : [`policy of ${name} is ${found.policy}, not ${wanted.policy}`]),
    ...wanted.rules.filter((rule) => !found.rules.includes(rule)).map((rule) => `${name} lacks: ${rule}`),
    ...found.rules.filter((rule) => !wanted.rules.includes(rule)).map((rule) => `${name} has: ${rule}`),
    ...moved.map((rule) => `${name}: "${rule}" stands before the rule for established connections`),
  ];
}

/** A port that a rule opens, and to whom. */
export interface PortMatch {
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  readonly source?: string;
  readonly interface?: string;
}

/** The ports that INPUT accepts new connections to. Throws on a rule that accepts by anything it does not know. */
export function acceptedPorts(chains: ReadonlyMap<string, Chain>): PortMatch[] {
  const rules = chains.get('filter/INPUT')?.rules ?? [];
  return rules.flatMap((rule) => {
    const words = wordsOf(rule);
    if (words.get('-j') !== 'ACCEPT' || isPreamble(words)) return [];
    const port = /^(\d+)(?::(\d+))?$/.exec(words.get('--dport') ?? '');
    const odd = [...words.keys()].filter((word) => !KNOWN.has(word));
    if (!port || odd.length > 0) throw new Error(`"${rule}" opens more than a port`);
    const [source, device] = [words.get('-s'), words.get('-i')];
    const match = {
      protocol: words.get('-p') ?? 'all',
      from: Number(port[1]),
      to: Number(port[2] ?? port[1]),
    };
    return [{ ...match, ...(source && { source }), ...(device && { interface: device }) }];
  });
}

/** `tcp 2379-2380 from 10.0.0.0/16 on eth0`. */
export function portText({ protocol, from, to, source, interface: device }: PortMatch): string {
  const range = from === to ? `${from}` : `${from}-${to}`;
  return [protocol, range, source && `from ${source}`, device && `on ${device}`].filter(Boolean).join(' ');
}

const KNOWN = new Set(['-p', '-m', '--dport', '-s', '-i', '-j']);

/** Option → value; an option without one has an empty value. */
function wordsOf(rule: string): Map<string, string> {
  const pairs = [...rule.matchAll(/(?:^|\s)(--?[\w-]+)((?:\s+[^-\s]\S*)*)/g)];
  return new Map(pairs.map((match) => [match[1]!, match[2]!.trim()]));
}

/** What a node needs before any port: itself, answers, control messages, its own DHCPv6 lease. */
function isPreamble(words: ReadonlyMap<string, string>): boolean {
  const states = words.get('--ctstate')?.split(',') ?? [];
  return (
    words.get('-i') === 'lo' ||
    (states.length > 0 && states.every((state) => state === 'RELATED' || state === 'ESTABLISHED')) ||
    /^(icmp|ipv6-icmp|icmpv6)$/.test(words.get('-p') ?? '') ||
    (words.get('--sport') === '547' && words.get('--dport') === '546')
  );
}
