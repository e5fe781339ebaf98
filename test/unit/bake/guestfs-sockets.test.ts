import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { guestfsSockets, removeSockets } from '../../../src/bake/guestfs-sockets.ts';
import { withTempFolder } from '../../../src/base/temp.ts';

const linux = existsSync('/proc/self/net/unix') ? describe : describe.skip;

linux('sockets that a killed libguestfs leaves', () => {
  async function listen(path: string): Promise<Server> {
    await mkdir(dirname(path), { recursive: true });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return server;
  }

  test('are found by the process that has them open, and nothing else of it', () =>
    withTempFolder(async (folder) => {
      const paths = ['libguestfsAbC123/guestfsd.sock', '.guestfish-0/socket-42', 'other/a.sock'];
      const servers = await Promise.all(paths.map((path) => listen(join(folder, path))));
      const found = (await guestfsSockets([process.pid])).filter((path) => path.startsWith(folder));
      for (const server of servers) server.close();
      expect(found.toSorted()).toEqual([join(folder, paths[1]!), join(folder, paths[0]!)]);
    }));

  test('a process that is gone has none', async () => {
    expect(await guestfsSockets([2 ** 22 + 1])).toEqual([]);
  });

  test('go with the folder that was made for them, not with one that is shared', () =>
    withTempFolder(async (folder) => {
      const own = join(folder, 'libguestfsAbC123', 'guestfsd.sock');
      const shared = join(folder, '.guestfish-0', 'socket-42');
      for (const path of [own, shared]) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, '');
      }
      await removeSockets([own, shared]);
      expect([own, dirname(own), shared, dirname(shared)].map(existsSync)).toEqual([
        false,
        false,
        false,
        true,
      ]);
    }));
});
