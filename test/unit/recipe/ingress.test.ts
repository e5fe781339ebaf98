import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ImageTree, imageTree } from './image-tree.ts';
import { hasProgram, load, MINIMAL, mistakes, shipped } from './kit.ts';

/** The dispatcher script of the shipped recipe, run as NetworkManager runs it, against an `ip` that keeps its rules in a file. */
const script = async (variables: Record<string, string> = {}) => {
  const file = (await shipped([], variables)).files.find(({ path }) => path.endsWith('/10-ingress-routing'));
  return file!.content;
};

let image: ImageTree;
beforeEach(() => {
  image = imageTree();
  image.write('etc/rules', '');
  image.program('logger', '');
  // Deletes the first rule of the table, as the kernel does, and fails when there is none.
  image.program(
    'ip',
    `rules=$(dirname "$0")/../etc/rules
case "$*" in
  '-4 rule del priority 1000 table '*)
    grep -q 'table 200' "$rules" || exit 2
    sed -i '0,/table 200/{/table 200/d}' "$rules" ;;
  '-4 rule add '*) echo "$*" | sed 's/^-4 rule add //' >>"$rules" ;;
  '-4 route show '*) echo '192.0.2.0/24 proto kernel scope link src 192.0.2.7 metric 101' ;;
esac`,
  );
});
afterEach(() => image.remove());

const LEASE = { IP4_NUM_ADDRESSES: '1', IP4_ADDRESS_0: '192.0.2.7/24 192.0.2.1', IP4_GATEWAY: '192.0.2.1' };
const dispatch = async (device: string, action: string, env: Record<string, string> = LEASE) =>
  image.run(await script(), { ...env, ARGUMENTS: `dispatcher ${device} ${action}` });
const rules = () => image.read('etc/rules');
const routes = () =>
  image
    .read('ip.calls')
    .split('\n')
    .filter((call) => call.startsWith('-4 route replace'));

describe('the dispatcher script', () => {
  test('routes the answers of each address through the interface', async () => {
    const two = { ...LEASE, IP4_NUM_ADDRESSES: '2', IP4_ADDRESS_1: '192.0.2.8/24 0.0.0.0' };
    expect(await dispatch('eth1', 'up', two)).toEqual({ status: 0, output: '' });
    expect(rules()).toBe('from 192.0.2.7 table 200 priority 1000\nfrom 192.0.2.8 table 200 priority 1000\n');
    expect(routes()).toEqual([
      '-4 route replace 192.0.2.0/24 dev eth1 scope link table 200',
      '-4 route replace default via 192.0.2.1 dev eth1 table 200',
    ]);
  });
  test.each(['dhcp4-change', 'reapply', 'up'])(
    '%s leaves one rule, for the present address',
    async (action) => {
      await dispatch('eth1', 'up');
      await dispatch('eth1', action, { ...LEASE, IP4_ADDRESS_0: '192.0.2.9/24 192.0.2.1' });
      expect(rules()).toBe('from 192.0.2.9 table 200 priority 1000\n');
    },
  );
  test('down takes the rules away', async () => {
    await dispatch('eth1', 'up');
    expect((await dispatch('eth1', 'down', {})).status).toBe(0);
    expect(rules()).toBe('');
  });
  test('rules of others at its priority stay', async () => {
    image.write('etc/rules', 'from all lookup local priority 1000\n');
    await dispatch('eth1', 'down');
    expect(rules()).toBe('from all lookup local priority 1000\n');
  });
  test('a gateway is never borrowed from another interface', async () => {
    await dispatch('eth1', 'up', { IP4_NUM_ADDRESSES: '1', IP4_ADDRESS_0: '192.0.2.7/24 0.0.0.0' });
    expect(routes()).toEqual(['-4 route replace 192.0.2.0/24 dev eth1 scope link table 200']);
  });
  test('the gateway of the lease is taken where the profile sets none', async () => {
    await dispatch('eth1', 'up', { ...LEASE, IP4_GATEWAY: '', DHCP4_ROUTERS: '192.0.2.2 192.0.2.3' });
    expect(routes().at(-1)).toBe('-4 route replace default via 192.0.2.2 dev eth1 table 200');
  });
  test.each([
    ['eth0', 'up'],
    ['eth1', 'connectivity-change'],
    ['none', 'hostname'],
  ])('does nothing for %s %s', async (device, action) => {
    expect((await dispatch(device, action)).status).toBe(0);
    expect(image.exists('ip.calls')).toBe(false);
  });
  test('an address that cannot be routed is an error, not a silence', async () => {
    image.program('ip', 'case "$*" in *"rule add"*) exit 2 ;; *"rule del"*) exit 2 ;; esac');
    expect((await dispatch('eth1', 'up')).status).toBe(2);
  });
  test('interface and table are variables', async () => {
    expect(await script({ 'ingress-interface': 'ens4', 'ingress-table': '300' })).toContain(
      '\nINGRESS=ens4\nTABLE=300\n',
    );
  });
});

describe('the section "ingress"', () => {
  const unit = 'services: { enable: [NetworkManager-dispatcher.service] }\n';
  const recipe = (ingress: string) =>
    `${MINIMAL}${unit}ingress: { interface: eth1, table: 200, ${ingress} }\n`;

  test('also tells the reverse path filter, in a way that bears dots in the name', async () => {
    const { files, sysctls } = await load(recipe('').replace('eth1', 'eth1.5'));
    expect(files.find(({ path }) => path === '/etc/sysctl.d/91-ingress.conf')?.content).toBe(
      'net/ipv4/conf/eth1.5/rp_filter = 2\n',
    );
    expect(sysctls).toEqual({ 'net.ipv4.conf.eth1.5.rp_filter': '2' });
  });
  test('has a priority behind Cilium where none is given', async () => {
    expect((await load(recipe(''))).ingress).toEqual({ interface: 'eth1', table: 200, priority: 1000 });
  });
  test.each([
    ['priority: 100', 'expected more than 112'],
    ['priority: 32766', 'expected less than 32766'],
    ['priority: 1000', 'never run', ''],
  ])('%s is refused: %s', async (more, words, services = unit) => {
    expect((await mistakes(recipe(more).replace(unit, services))).join()).toContain(words);
  });
  test.each([254, 2005])('the table %i of somebody else is refused', async (table) => {
    expect((await mistakes(recipe('').replace('200', String(table)))).join()).toContain(
      'another routing table',
    );
  });
});

const shellcheck = hasProgram('shellcheck');
(shellcheck ? test : test.skip)(
  `shellcheck has nothing to say${shellcheck ? '' : ' (skipped: shellcheck is not installed)'}`,
  async () => {
    const { stdout } = spawnSync('shellcheck', ['-'], { input: await script(), encoding: 'utf8' });
    expect(stdout).toBe('');
  },
);
