import { expect, test } from '@jest/globals';
import { planText, portText, recipeUrls } from '../../../src/recipe/plan.ts';
import { load, MINIMAL, shipped } from './kit.ts';

test('a plan leaves out what the recipe does not have', async () => {
  const text = planText(await load(MINIMAL));
  expect(text).not.toMatch(/^(Packages\nFiles|Open ports|Downloads)/m);
  expect(text).toContain("the base image's own: kept");
});

test('a plan names packages, ports, files, steps and every address', async () => {
  const recipe = await shipped(['cis', 'harbor'], { 'node-networks': '10.0.0.0/16' });
  const text = planText(recipe);
  for (const part of [
    'layers: cis, harbor\n',
    'eth1: its answers leave by it, through table 200, by rules at priority 1000\n',
    'docker.io at https://harbor.test, ^(.*)$ as docker.io/$1\n',
    'must be absent: rke2-common',
    'tcp 2379-2380  etcd: etcd clients and peers, from 10.0.0.0/16\n',
    '0600 root:root  /etc/sysconfig/iptables  (firewall)\n',
    'mask: firewalld.service\n',
    'etcd-user: Add the system user and group etcd\n',
    ...recipeUrls(recipe),
  ]) {
    expect(text).toContain(part);
  }
});

test('a port tells where it is open', () => {
  const port = {
    name: 'a',
    protocol: 'udp',
    from: 1,
    to: 1,
    purpose: 'A',
    sources: ['fd00::/8'],
    interface: 'eth0',
  } as const;
  expect(portText(port)).toBe('udp 1  a: A, from fd00::/8, on eth0');
});
