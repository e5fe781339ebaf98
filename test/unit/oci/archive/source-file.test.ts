/** A file that is read twice is the same file both times. */
import { appendFile, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runCommand } from '../../../../src/base/process.ts';
import { SourceFile } from '../../../../src/oci/archive/source-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-'));
  path = join(folder, 'file');
  await writeFile(path, '0123456789'.repeat(100_000));
  await utimes(path, 1, 1);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.toString('latin1');
  return text;
}

describe('reading', () => {
  test('all of it', async () => {
    const file = await SourceFile.at(path);
    expect(file.size).toBe(1_000_000);
    expect(await textOf(file.read())).toBe('0123456789'.repeat(100_000));
    expect(await textOf(file.lend())).toBe('0123456789'.repeat(100_000));
  });

  test('a part', async () =>
    expect(await textOf((await SourceFile.at(path)).read({ start: 999_995, end: 999_998 }))).toBe('567'));

  test('an empty part', async () =>
    expect(await textOf((await SourceFile.at(path)).read({ start: 5, end: 5 }))).toBe(''));

  test('a lent chunk stays until the next but one', async () => {
    const kept: Buffer[] = [];
    let text = '';
    for await (const chunk of (await SourceFile.at(path)).lend()) {
      kept.push(chunk);
      if (kept.length > 1) text += kept.at(-2)!.toString('latin1');
    }
    expect(text + kept.at(-1)!.toString('latin1')).toBe('0123456789'.repeat(100_000));
  });
});

describe('a file that changed', () => {
  const changes: [string, () => Promise<void>][] = [
    ['grew', () => appendFile(path, 'x')],
    ['shrank', () => truncate(path, 10)],
    ['has another time', () => utimes(path, 2, 2)],
    [
      'is another one',
      async () => {
        await writeFile(`${path}2`, '0123456789'.repeat(100_000));
        await utimes(`${path}2`, 1, 1);
        await rename(`${path}2`, path);
      },
    ],
  ];

  test.each(changes)('%s', async (_title, change) => {
    const file = await SourceFile.at(path);
    await change();
    await expect(textOf(file.read())).rejects.toMatchObject({ code: 'ARCHIVE_CHANGED' });
  });

  test.each(changes.slice(0, 3))('%s while it is read', async (_title, change) => {
    const stream = (await SourceFile.at(path)).read();
    await stream.next();
    await change();
    await expect(textOf(stream)).rejects.toMatchObject({ code: 'ARCHIVE_CHANGED' });
  });
});

describe('no file', () => {
  test('that is there', async () => {
    await expect(SourceFile.at(join(folder, 'missing'))).rejects.toMatchObject({
      code: 'ARCHIVE_NOT_READABLE',
    });
  });

  test('but a folder', async () => {
    await expect(SourceFile.at(folder)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_READABLE' });
  });

  test('but a pipe, which nobody writes to', async () => {
    await runCommand('mkfifo', [`${path}-pipe`]);
    await expect(SourceFile.at(`${path}-pipe`)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_READABLE' });
  });

  test('but a link to one is one', async () => {
    await symlink(path, `${path}-link`);
    expect((await SourceFile.at(`${path}-link`)).size).toBe(1_000_000);
  });
});
