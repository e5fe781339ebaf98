import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { relabel, seal } from '../../../src/recipe/sealing-steps.ts';
import { type ImageTree, imageTree } from './image-tree.ts';
import { load, MINIMAL } from './kit.ts';

const CONTEXTS = 'etc/selinux/targeted/contexts/files/file_contexts';
let image: ImageTree;
beforeEach(() => {
  image = imageTree();
  image.program('dnf', '');
  image.program('cloud-init', '');
  image.write('var/log/dnf.log', 'text');
  image.write('etc/machine-id', 'id');
  image.write('etc/hostname', 'builder');
});
afterEach(() => image.remove());

const recipe = (sealing: string) => load(`${MINIMAL}sealing: ${sealing}\n`);

describe('sealing', () => {
  test('removes what patterns match, and keeps the rest', async () => {
    for (const path of [
      'etc/ssh/ssh_host_rsa_key',
      'etc/ssh/sshd_config',
      'home/a/.x_history',
      'home/b/.x_history',
    ]) {
      image.write(path, 'x');
    }
    const body = seal(
      await recipe('{ removed: ["/etc/ssh/ssh_host_*", "/home/*/.*_history", "/root/none*"] }'),
    );
    expect(image.run(body).status).toBe(0);
    const left = [
      'etc/ssh/ssh_host_rsa_key',
      'etc/ssh/sshd_config',
      'home/a/.x_history',
      'home/b/.x_history',
    ];
    expect(left.filter((path) => image.exists(path))).toEqual(['etc/ssh/sshd_config']);
  });
  test('empties logs and files, and makes those that are missing', async () => {
    image.run(seal(await recipe('{ emptied: [/etc/hostname, /etc/other] }')));
    expect(['var/log/dnf.log', 'etc/hostname', 'etc/other'].map(image.read)).toEqual(['', '', '']);
  });
  test('leaves machine-id to the very end', async () => {
    image.run(seal(await recipe('{ emptied: [/etc/machine-id] }')));
    expect(image.read('etc/machine-id')).toBe('id');
  });
  test('asks cloud-init to forget, without touching machine-id', async () => {
    image.run(seal(await recipe('{}')));
    expect(image.read('cloud-init.calls')).toBe('clean --logs --seed\n');
  });
  test.each(['/etc/../x', 'etc/x', '/a b', '/a;b', '/a$b'])('the pattern %s is refused', async (pattern) => {
    await expect(recipe(`{ removed: [${JSON.stringify(pattern)}] }`)).rejects.toThrow('sealing.removed[0]');
  });
});

describe('relabelling', () => {
  beforeEach(() => {
    image.write(CONTEXTS, 'contexts');
    image.write(
      'proc/mounts',
      '/dev/sda4 / xfs rw 0 0\n/dev/sda3 /data xfs rw 0 0\n/dev/sda2 /esp vfat rw 0 0\n',
    );
    image.write('etc/resolv.conf', 'nameserver 192.0.2.1\n');
    image.program('setfiles', '');
    image.write('usr/sbin/x', '');
  });
  const run = async () => {
    const body = relabel(await recipe('{ emptied: [/etc/resolv.conf] }')).replace(
      '/usr/sbin/setfiles',
      'setfiles',
    );
    return image.run(body);
  };
  test('takes every filesystem that holds labels, and names it', async () => {
    expect((await run()).status).toBe(0);
    const call = image.read('setfiles.calls').trim();
    expect(call).toMatch(/^-F -m -e \/proc -e \/sys -e \/dev -e \/run -e \/esp \S*file_contexts \/ \/data$/);
  });
  test('keeps the labelled resolv.conf, empty, for after the step', async () => {
    await run();
    expect(image.read('etc/.resolv.conf.sealed')).toBe('');
  });
  test('fails when labelling fails, and leaves no order to do it at boot', async () => {
    image.program('setfiles', 'exit 255');
    expect((await run()).status).toBe(255);
  });
  test('fails without a policy', async () => {
    image.write(CONTEXTS, '');
    expect((await run()).output).toContain(
      'the policy has no /etc/selinux/targeted/contexts/files/file_contexts',
    );
  });
});
