import { expect, test } from '@jest/globals';
import { docsTable } from '../../../src/recipe/docs.ts';
import { load, MINIMAL, shipped } from './kit.ts';

test('a section that the recipe does not have has no table', async () => {
  const text = docsTable(await load(MINIMAL));
  expect(text).toBe('### Settings\n\n| Setting | Value |\n| --- | --- |\n| SELinux | enforcing, targeted |');
});

test('the tables tell packages, ports and files of the recipe', async () => {
  const text = docsTable(await shipped([], { 'node-networks': '10.0.0.0/16', 'node-interface': 'eth0' }));
  for (const row of [
    '| `rke2-selinux` | installed |',
    '| `rke2-common` | must be absent |',
    '| repository `rancher-rke2-common` | used for the bake, then disabled |',
    '| 2379-2380/tcp | etcd clients and peers | 10.0.0.0/16 on eth0 |',
    '| 6443/tcp | Kubernetes API | anywhere |',
    '| `firewalld.service` | masked |',
  ]) {
    expect(text.split('\n')).toContain(row);
  }
});

test('the release file shows no digest, which would change with every edit', async () => {
  const [row] = docsTable(await shipped())
    .split('\n')
    .filter((line) => line.includes('golden-release'));
  expect(row).toBe('| `/etc/golden-release` | 0644 | release |  |');
});
