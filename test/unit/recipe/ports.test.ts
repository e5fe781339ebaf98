import { describe, expect, test } from '@jest/globals';
import { ALL_FEATURES, ALL_ROLES, type Feature, openPorts, type Role } from '../../../src/recipe/ports.ts';
import { shipped } from './kit.ts';

const ports = (roles: readonly Role[], features: readonly Feature[], more = {}) =>
  openPorts({ roles, features, nodeSources: [], sshSources: [], ...more });
const numbers = (roles: readonly Role[], features: readonly Feature[]) =>
  ports(roles, features).map(
    ({ protocol, from, to }) => `${from === to ? from : `${from}-${to}`}/${protocol}`,
  );

describe('what a role opens for a feature', () => {
  const cases: [Feature, string[], string[]][] = [
    ['ssh', ['22/tcp'], ['22/tcp']],
    ['rke2', ['6443/tcp', '9345/tcp', '10250/tcp'], ['10250/tcp']],
    ['etcd', ['2379-2380/tcp'], []],
    ['expose-control-plane-metrics', ['2381/tcp', '10257/tcp', '10259/tcp'], []],
    ['nodeport', ['30000-32767/tcp', '30000-32767/udp'], ['30000-32767/tcp', '30000-32767/udp']],
    ['cilium-vxlan', ['8472/udp'], ['8472/udp']],
    ['cilium-health', ['4240/tcp'], ['4240/tcp']],
    ['cilium-hubble', ['4244/tcp', '4245/tcp'], ['4244/tcp', '4245/tcp']],
    ['cilium-metrics', ['9962/tcp'], ['9962/tcp']],
    ['cilium-wireguard', ['51871/udp'], ['51871/udp']],
    ['node-exporter', ['9100/tcp'], ['9100/tcp']],
  ];
  test.each(cases)('%s', (feature, controlPlane, worker) => {
    expect(numbers(['control-plane'], [feature])).toEqual(controlPlane);
    expect(numbers(['worker'], [feature])).toEqual(worker);
  });
  test('every feature is in the table above', () => {
    expect(cases.map(([feature]) => feature).sort()).toEqual([...ALL_FEATURES].sort());
  });
});

test('node networks and interface bind the ports between nodes, ssh networks bind ssh, and nothing else', () => {
  const choice = { nodeSources: ['10.0.0.0/16'], nodeInterface: 'eth0', sshSources: ['192.0.2.0/24'] };
  const bound = ports(ALL_ROLES, ALL_FEATURES, choice);
  expect(bound.filter((port) => !port.sources).map((port) => port.name)).toEqual([
    'kube-apiserver',
    'nodeport-tcp',
    'nodeport-udp',
  ]);
  expect(bound.find((port) => port.name === 'ssh')).toMatchObject({ sources: ['192.0.2.0/24'] });
  expect(bound.find((port) => port.name === 'ssh')).not.toHaveProperty('interface');
  expect(bound.find((port) => port.name === 'etcd')).toMatchObject({
    sources: ['10.0.0.0/16'],
    interface: 'eth0',
  });
});

describe('the shipped recipe', () => {
  const opened = async (variables: Record<string, string> = {}) =>
    ((await shipped([], variables)).firewall?.ports ?? []).map((port) => port.from);
  test('opens what the original build script opened, but for metrics that are bound to the node itself', async () => {
    const original = [22, 2379, 4240, 4244, 4245, 6443, 8472, 9345, 9962, 10250, 30000, 30000];
    expect(await opened()).toEqual(original);
  });
  test('opens control plane metrics when told to', async () => {
    expect(await opened({ 'expose-control-plane-metrics': 'true' })).toEqual(
      expect.arrayContaining([2381, 10257, 10259]),
    );
  });
  test('leaves etcd closed on an image for workers alone', async () => {
    expect(await opened({ roles: 'worker' })).not.toContain(2379);
  });
});
