import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fixBootEntries, REBUILD_INITRAMFS, writeCommandLine } from '../../../src/recipe/boot-steps.ts';
import { type ImageTree, imageTree } from './image-tree.ts';

const COMMAND_LINE = {
  required: ['console=ttyS0,115200n8', 'net.ifnames=0'],
  forbidden: ['guestfs_network', 'selinux=0', 'TERM', 'panic=1'],
};
const CLEAN = 'root=UUID=real ro no_timer_check console=ttyS0,115200n8 net.ifnames=0';
const APPLIANCE = 'panic=1 root=/dev/sdb selinux=0 guestfs_network=1 TERM=vt220 no_timer_check panic=10';

let image: ImageTree;

beforeEach(() => {
  image = imageTree();
  image.write('proc/mounts', '/dev/sda4 / ext4 rw 0 0\n/dev/sda3 /boot ext4 rw 0 0\n');
  image.write('etc/default/grub', 'GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="old"\n');
  image.program('blkid', 'echo real');
  kernel('5.14.0-9', 'root=UUID=real ro no_timer_check $tuned_params');
});
afterEach(() => image.remove());

function kernel(version: string, options: string): void {
  image.write(`boot/vmlinuz-${version}`, 'kernel');
  image.write(`boot/initramfs-${version}.img`, 'initramfs');
  image.write(`usr/lib/modules/${version}/modules.dep`, '');
  image.write(
    `boot/loader/entries/id-${version}.conf`,
    `title x\nversion ${version}\nlinux /vmlinuz-${version}\ninitrd /initramfs-${version}.img $tuned_initrd\noptions ${options}\n`,
  );
}

const optionsOf = (version: string) =>
  /^options (.*)$/m.exec(image.read(`boot/loader/entries/id-${version}.conf`))?.[1];

describe('writing the command line', () => {
  test('keeps what the base image had, and adds what is required', () => {
    expect(image.run(writeCommandLine(COMMAND_LINE)).status).toBe(0);
    expect(image.read('etc/kernel/cmdline')).toBe(`${CLEAN}\n`);
  });
  test('takes the entry of the newest kernel', () => {
    kernel('5.14.0-10', 'root=UUID=real ro newest');
    image.run(writeCommandLine(COMMAND_LINE));
    expect(image.read('etc/kernel/cmdline')).toContain(' newest ');
  });
  test('brings GRUB defaults in line and leaves the rest of them', () => {
    image.run(writeCommandLine(COMMAND_LINE));
    expect(image.read('etc/default/grub')).toBe(
      'GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="no_timer_check console=ttyS0,115200n8 net.ifnames=0"\n',
    );
  });
  test('stops when the root filesystem has no UUID', () => {
    image.program('blkid', ':');
    expect(image.run(writeCommandLine(COMMAND_LINE))).toEqual({
      status: 1,
      output: 'the root filesystem has no UUID\n',
    });
  });
});

describe('boot entries', () => {
  const fix = () => image.run(fixBootEntries(COMMAND_LINE));
  beforeEach(() => image.write('etc/kernel/cmdline', `${CLEAN}\n`));

  test('lose what came from the appliance, and keep variables of GRUB', () => {
    kernel('5.14.0-10', APPLIANCE);
    expect(fix().status).toBe(0);
    expect(optionsOf('5.14.0-10')).toBe(CLEAN);
    expect(optionsOf('5.14.0-9')).toBe(`${CLEAN} $tuned_params`);
  });
  test('clean a command line that was spoilt, too, but only of whole arguments', () => {
    image.write('etc/kernel/cmdline', `${APPLIANCE}\n`);
    fix();
    expect(image.read('etc/kernel/cmdline')).toBe(
      'root=UUID=real ro no_timer_check panic=10 console=ttyS0,115200n8 net.ifnames=0\n',
    );
  });
  test('make the newest kernel the default, by version and not by letters', () => {
    kernel('5.14.0-10', APPLIANCE);
    image.write('boot/grub2/grubenv', '');
    image.program('grub2-editenv', '');
    expect(fix().output).toContain('default id-5.14.0-10');
    expect(image.read('grub2-editenv.calls')).toContain('set saved_entry=id-5.14.0-10');
  });
  test('are refused without their initramfs', () => {
    image.write('boot/initramfs-5.14.0-9.img', '');
    expect(fix()).toEqual({
      status: 1,
      output: '/boot/loader/entries/id-5.14.0-9.conf names what does not exist: /initramfs-5.14.0-9.img\n',
    });
  });
  test('are missed for a kernel that has none', () => {
    image.write('boot/vmlinuz-6.0', 'kernel');
    expect(fix()).toEqual({ status: 1, output: 'the kernel 6.0 has no boot entry\n' });
  });
});

describe('the initramfs', () => {
  beforeEach(() => image.program('dracut', 'for path; do :; done; echo made >"$path"'));

  test('is made for every kernel, and only for kernels', () => {
    kernel('5.14.0-10', '');
    image.write('usr/lib/modules/left-over/x', '');
    image.write('boot/vmlinuz-0-rescue-abc', 'kernel');
    expect(image.run(REBUILD_INITRAMFS).status).toBe(0);
    expect(image.read('dracut.calls').trim().split('\n')).toEqual([
      expect.stringContaining('--kver 5.14.0-10 '),
      expect.stringContaining('--kver 5.14.0-9 '),
    ]);
  });
  test('stops at the first kernel that fails', () => {
    kernel('5.14.0-10', '');
    image.program('dracut', 'exit 4');
    expect(image.run(REBUILD_INITRAMFS)).toEqual({ status: 4, output: 'initramfs for 5.14.0-10\n' });
  });
  test('fails for a kernel without modules, and without any kernel', () => {
    image.write('boot/vmlinuz-6.0', 'kernel');
    expect(image.run(REBUILD_INITRAMFS).output).toContain('the kernel 6.0 has no modules');
    const empty = imageTree();
    expect(empty.run(REBUILD_INITRAMFS)).toEqual({ status: 1, output: 'no kernel is installed\n' });
    empty.remove();
  });
});
