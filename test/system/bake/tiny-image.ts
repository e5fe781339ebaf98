/**
 * The smallest image that libguestfs takes for a Rocky and in which a shell runs: one ext4 filesystem with the machine's own
 * /bin/sh and its libraries. Made in a second, so that a test of the bake needs no distribution.
 */
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashFile } from '../../../src/base/hash.ts';
import { mustRun } from '../../../src/base/process.ts';

/** Makes `<folder>/tiny.qcow2`. */
export async function makeTinyImage(folder: string): Promise<{ path: string; sha256: string }> {
  const tree = join(folder, 'tree');
  for (const name of ['etc', 'usr/bin', 'tmp', 'dev', 'proc', 'sys', 'var/tmp', 'opt']) {
    await mkdir(join(tree, name), { recursive: true });
  }
  await symlink('usr/bin', join(tree, 'bin'));
  for (const program of ['sh', 'sleep', 'cat']) await copyProgram(program, tree);
  const release = 'NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="9.6"\nPRETTY_NAME="Rocky Linux 9.6"\n';
  await writeFile(join(tree, 'etc/os-release'), release);
  await writeFile(join(tree, 'etc/redhat-release'), 'Rocky Linux release 9.6 (Blue Onyx)\n');
  await writeFile(join(tree, 'etc/fstab'), 'LABEL=root / ext4 defaults 0 0\n');
  await writeFile(join(tree, 'etc/machine-id'), '');
  const [raw, path] = [join(folder, 'tiny.raw'), join(folder, 'tiny.qcow2')];
  await mustRun('mke2fs', ['-q', '-t', 'ext4', '-L', 'root', '-d', tree, raw, '64m']);
  await mustRun('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', raw, path]);
  return { path, sha256: await hashFile('sha256', path) };
}

async function copyProgram(name: string, tree: string): Promise<void> {
  const { stdout: found } = await mustRun('sh', ['-c', 'readlink -f "$(command -v "$1")"', 'sh', name]);
  await copyFile(found.trim(), join(tree, 'usr/bin', name));
  const { stdout } = await mustRun('ldd', [found.trim()]);
  for (const [library] of stdout.matchAll(/\/\S+/g)) {
    await mkdir(dirname(join(tree, library)), { recursive: true });
    await copyFile(library, join(tree, library));
  }
}
