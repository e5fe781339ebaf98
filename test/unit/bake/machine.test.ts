import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Machine, requireEquipped, requireSpace, thisMachine } from '../../../src/bake/machine.ts';
import { UserError } from '../../../src/base/errors.ts';
import { withTempFolder } from '../../../src/base/temp.ts';

const GOOD: Machine = { platform: 'linux', missing: [], kernel: true, memory: 8 * 1024 ** 3 };

describe('requireEquipped', () => {
  test('a machine with everything passes', () => {
    expect(() => requireEquipped(GOOD)).not.toThrow();
  });

  test('every missing tool is named with its package, for both families', () => {
    const error = thrownBy({ ...GOOD, missing: ['qemu-img', 'virt-customize', 'virt-sparsify'] });
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('it lacks qemu-img, virt-customize, virt-sparsify');
    expect(error.evidence).toContain(
      'qemu-img: package qemu-utils on Debian and Ubuntu, qemu-img on Rocky Linux',
    );
    expect(error.mend).toContain('apt-get install qemu-utils guestfs-tools libguestfs-xfs');
    expect(error.mend).toContain('dnf install qemu-img guestfs-tools libguestfs-xfs');
  });

  test('everything that is wrong is told at once', () => {
    const error = thrownBy({ platform: 'darwin', missing: ['bash'], kernel: false, memory: 1024 ** 3 });
    for (const words of ['darwin', 'lacks bash', 'no kernel', '1.0 GiB of memory']) {
      expect(error.message).toContain(words);
    }
  });

  test('a kernel that only root may read has its own advice', () => {
    expect(thrownBy({ ...GOOD, kernel: false }).mend).toContain('chmod 0644 /boot/vmlinuz-*');
  });

  function thrownBy(machine: Machine): UserError {
    try {
      requireEquipped(machine);
    } catch (error) {
      return error as UserError;
    }
    throw new Error('nothing was thrown');
  }
});

test('tools are looked for as commands that can be run', async () => {
  await withTempFolder(async (folder) => {
    for (const name of ['qemu-img', 'guestfish']) await writeFile(join(folder, name), '');
    await chmod(join(folder, 'guestfish'), 0o755);
    const { missing } = await thisMachine([folder]);
    expect(missing).toContain('qemu-img');
    expect(missing).not.toContain('guestfish');
  });
});

describe('requireSpace', () => {
  test('little is there', () =>
    withTempFolder((folder) => requireSpace([{ folder, bytes: 1 }], 'write a byte')));

  test('claims on one filesystem count together', () =>
    withTempFolder(async (folder) => {
      const half = 2 ** 59;
      await expect(
        requireSpace(
          [
            { folder, bytes: half },
            { folder, bytes: half },
          ],
          'bake',
        ),
      ).rejects.toMatchObject({
        code: 'RUNNER_DISK_FULL',
        message: expect.stringContaining('1024 PiB needed'),
      });
    }));
});
