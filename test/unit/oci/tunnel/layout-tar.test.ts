/** The tar of layouts, read back by the system's tar. */
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { mustRun } from '../../../../src/base/process.ts';
import { withTempFolder } from '../../../../src/base/temp.ts';
import { tarOf } from '../../../../src/oci/tunnel/layout-tar.ts';

async function lay(folder: string, sizes: readonly number[]): Promise<void> {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  for (const size of sizes)
    await writeFile(
      join(folder, 'blobs', 'sha256', String(size).padStart(64, '0')),
      Buffer.alloc(size, size % 251),
    );
  await writeFile(join(folder, 'index.json'), '{}');
}

test('what goes in comes out, and the length was known', () =>
  withTempFolder(async (folder) => {
    await lay(join(folder, 'a'), [0, 1, 511, 512, 513, 300_000]);
    await lay(join(folder, 'b'), [7]);
    const tar = await tarOf({ 0: join(folder, 'a'), 1: join(folder, 'b') });
    const pieces: Buffer[] = [];
    for await (const piece of tar.read()) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    expect(bytes.length).toBe(tar.size);
    await writeFile(join(folder, 'x.tar'), bytes);
    await mkdir(join(folder, 'out'));
    await mustRun('tar', ['-xf', join(folder, 'x.tar'), '-C', join(folder, 'out')]);
    await mustRun('diff', ['-r', join(folder, 'a'), join(folder, 'out', '0')]);
    await mustRun('diff', ['-r', join(folder, 'b'), join(folder, 'out', '1')]);
  }));

test('a file over 8 GiB has its size in base 256', () =>
  withTempFolder(async (folder) => {
    await lay(join(folder, 'a'), []);
    const big = join(folder, 'a', 'blobs', 'sha256', 'big');
    await writeFile(big, '');
    await truncate(big, 9 * 2 ** 30);
    const { size, read } = await tarOf({ a: join(folder, 'a') });
    expect(size).toBeGreaterThan(9 * 2 ** 30);
    const headers: Buffer[] = [];
    for await (const piece of read()) {
      headers.push(piece);
      if (headers.length === 4) break;
    }
    await writeFile(join(folder, 'head.tar'), headers.at(-1)!);
    const { stdout } = await mustRun('sh', [
      '-c',
      `tar -tvf ${join(folder, 'head.tar')} 2>/dev/null || true`,
    ]);
    expect(stdout).toContain(String(9 * 2 ** 30));
  }));

test('a file that changes meanwhile is no image', () =>
  withTempFolder(async (folder) => {
    await lay(join(folder, 'a'), [9]);
    const tar = await tarOf({ a: join(folder, 'a') });
    await writeFile(join(folder, 'a', 'index.json'), 'longer than before');
    expect(await readFile(join(folder, 'a', 'index.json'), 'utf8')).toHaveLength(18);
    await expect(Readable.from(tar.read()).toArray()).rejects.toThrow('changed while it was read');
  }));
