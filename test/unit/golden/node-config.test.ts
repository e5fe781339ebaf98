import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { controlPlaneCloudInit, tfvars, workerCloudInit } from '../../../src/golden/node-config.ts';

const options = {
  sshAuthorizedKeys: ['ssh-ed25519 AAAA a@b'],
  ciliumPool: { start: '198.51.100.2', stop: '198.51.100.20' },
};

interface CloudConfig {
  ssh_authorized_keys?: string[];
  write_files?: { path: string; permissions: string; content: string }[];
}

const read = (text: string) => parse(text, { version: '1.1' }) as CloudConfig;

test('tfvars switch a cluster to the image', () =>
  expect(tfvars('golden-20261121')).toBe(
    'use_golden_image  = true\ngolden_image_name = "golden-20261121"\n',
  ));

test('control-plane nodes get keys and the two Cilium manifests', () => {
  const text = controlPlaneCloudInit(options);
  expect(text.startsWith('#cloud-config\n')).toBe(true);
  const { ssh_authorized_keys: keys, write_files: files } = read(text);
  expect(keys).toEqual(options.sshAuthorizedKeys);
  expect(files!.map(({ path, permissions }) => [path, permissions])).toEqual([
    ['/var/lib/rancher/rke2/server/manifests/cilium-lb-ippool.yaml', '0644'],
    ['/var/lib/rancher/rke2/server/manifests/cilium-l2-policy.yaml', '0644'],
  ]);
  expect(parse(files![0]!.content)).toMatchObject({
    kind: 'CiliumLoadBalancerIPPool',
    spec: { blocks: [{ start: '198.51.100.2', stop: '198.51.100.20' }] },
  });
  expect(parse(files![1]!.content)).toMatchObject({
    kind: 'CiliumL2AnnouncementPolicy',
    spec: { interfaces: ['^eth1$'] },
  });
});

test('without a pool there are no manifests', () =>
  expect(read(controlPlaneCloudInit({ sshAuthorizedKeys: [] }))).toEqual({}));

test('workers get keys alone', () =>
  expect(read(workerCloudInit(options))).toEqual({ ssh_authorized_keys: options.sshAuthorizedKeys }));
