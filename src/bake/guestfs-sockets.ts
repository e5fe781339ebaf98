/**
 * What a killed libguestfs leaves outside of TMPDIR: the socket to its appliance, which root's goes to /tmp/libguestfsXXXXXX
 * whatever is set (libguestfs, lib/tmpdirs.c), and guestfish's remote control in /tmp/.guestfish-UID (fish/rc.c).
 */
import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** Files of the sockets that these processes have open, as far as they are libguestfs's. */
export async function guestfsSockets(pids: readonly number[]): Promise<string[]> {
  const sockets = await Promise.all(pids.map(socketsOf));
  return [...new Set(sockets.flat())];
}

async function socketsOf(pid: number): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(
    descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
  );
  const inodes = new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  const table = await readFile(`/proc/${pid}/net/unix`, 'utf8').catch(() => '');
  // Num RefCount Protocol Flags Type St Inode Path
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([, , , , , , inode, path]) => {
    return inode && path && inodes.has(inode) && isGuestfs(dirname(path)) ? [path] : [];
  });
}

function isGuestfs(folder: string): boolean {
  return /^(libguestfs\w{6}|\.guestfish-\d+)$/.test(basename(folder));
}

/** Removes the files, and the folders that were made for one of them alone. */
export async function removeSockets(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(path, { force: true });
    if (basename(dirname(path)).startsWith('libguestfs')) await rmdir(dirname(path)).catch(() => {});
  }
}
