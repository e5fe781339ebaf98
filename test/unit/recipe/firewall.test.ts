import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { familyOf, renderFirewall } from '../../../src/recipe/firewall.ts';
import type { OpenPort } from '../../../src/recipe/model.ts';
import { expectFile, hasProgram, shipped } from './kit.ts';

const port = (more: Partial<OpenPort>): OpenPort => ({
  name: 'web',
  protocol: 'tcp',
  from: 80,
  to: 80,
  purpose: 'Web',
  ...more,
});
const rulesOf = (text: string) => text.split('\n').filter((line) => line.startsWith('-A INPUT'));

/** The variants whose rendered files are kept: UPDATE_GOLDEN=1 writes them anew. */
const VARIANTS: [string, Record<string, string>][] = [
  ['default', {}],
  [
    'restricted',
    {
      'node-networks': '10.20.0.0/16\nfd00:20::/64',
      'node-interface': 'eth0',
      'ssh-networks': '192.0.2.0/24',
      'expose-control-plane-metrics': 'true',
      'node-exporter': 'true',
      'cilium-wireguard': 'true',
    },
  ],
];

describe.each(VARIANTS)('%s', (name, variables) => {
  test.each(['ipv4', 'ipv6'] as const)('%s rules', async (family) => {
    const { firewall } = await shipped([], variables);
    expectFile(`test/unit/recipe/golden/${name}.${family}.rules`, firewall![family]);
  });
});

test('what comes in is dropped, what passes through or goes out is not', () => {
  for (const text of Object.values(renderFirewall([])).slice(0, 2)) {
    expect(text).toContain(':INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n');
  }
});

test('both families open the same ports', () => {
  const { ipv4, ipv6 } = renderFirewall([port({}), port({ from: 1000, to: 1002, protocol: 'udp' })]);
  const opened = [
    '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT',
    '-A INPUT -p udp -m udp --dport 1000:1002 -j ACCEPT',
  ];
  expect(rulesOf(ipv4).slice(-2)).toEqual(opened);
  expect(rulesOf(ipv6).slice(-2)).toEqual(opened);
});

test('a source goes to the rules of its family, and a port with sources of one family is closed to the other', () => {
  const { ipv4, ipv6 } = renderFirewall([port({ sources: ['10.0.0.0/8'], interface: 'eth0' })]);
  expect(rulesOf(ipv4).at(-1)).toBe('-A INPUT -s 10.0.0.0/8 -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT');
  expect(ipv6).not.toContain('--dport 80');
});

test('neighbour discovery comes before the drop of untracked packets', () => {
  const rules = rulesOf(renderFirewall([]).ipv6);
  const [discovery, drop] = ['ipv6-icmp', 'INVALID'].map((word) =>
    rules.findIndex((rule) => rule.includes(word)),
  );
  expect(discovery).toBeGreaterThan(-1);
  expect(discovery).toBeLessThan(drop!);
});

test.each([
  ['10.0.0.0/8', 'ipv4'],
  ['fd00::/8', 'ipv6'],
])('%s is %s', (network, family) => {
  expect(familyOf(network)).toBe(family);
});

function whyNot(): string | undefined {
  const missing = ['iptables-restore', 'ip6tables-restore'].filter((name) => !hasProgram(name));
  if (missing.length > 0) return `${missing.join(' and ')} not installed`;
  return process.getuid?.() === 0 ? undefined : 'only root may ask the kernel';
}
const obstacle = whyNot();
const withTools = obstacle ? test.skip : test;
const reason = obstacle ? ` (skipped: ${obstacle})` : '';
withTools.each(VARIANTS)(`iptables-restore accepts the %s rules${reason}`, async (_name, variables) => {
  const { firewall } = await shipped([], variables);
  const check = (tool: string, input: string) => spawnSync(tool, ['--test'], { input, encoding: 'utf8' });
  expect(check('iptables-restore', firewall!.ipv4)).toMatchObject({ status: 0, stderr: '' });
  expect(check('ip6tables-restore', firewall!.ipv6)).toMatchObject({ status: 0, stderr: '' });
});
