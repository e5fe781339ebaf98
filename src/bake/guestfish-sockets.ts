/**
 * The one thing that a killed probe leaves outside of its folder: guestfish makes the socket of its remote control in
 * /tmp/.guestfish-UID, wherever TMPDIR points (libguestfs, fish/rc.c).
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes the sockets of this user whose guestfish is gone. */
export async function removeDeadSockets(
  folder = `/tmp/.guestfish-${process.getuid?.() ?? 0}`,
): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = Number(/^socket-(\d+)$/.exec(name)?.[1]);
    if (pid > 0 && !isRunning(pid)) await rm(join(folder, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
