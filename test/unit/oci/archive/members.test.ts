/** Members by name: spelling, links, duplicates. */
import { describe, expect, test } from '@jest/globals';
import { type TarEntry, tarBytes } from '../../../../lab/fixtures/archives/tar.ts';
import { Members } from '../../../../src/oci/archive/members.ts';
import { indexTar } from '../../../../src/oci/archive/tar-index.ts';

const bytes = { blob: () => Promise.reject() as never, read: async function* () {} };

async function membersOf(...entries: TarEntry[]): Promise<Members> {
  return new Members(await indexTar([tarBytes(entries)]), bytes);
}

const file = (name: string): TarEntry => ({ name, data: Buffer.from(name) });
const symlink = (name: string, linkname: string): TarEntry => ({ name, type: '2', linkname });
const hardlink = (name: string, linkname: string): TarEntry => ({ name, type: '1', linkname });

describe('find', () => {
  const cases: [string, TarEntry[], string, string | undefined][] = [
    ['a file', [file('a')], 'a', 'a'],
    ['another spelling', [file('./a/b')], 'a//b', 'a/b'],
    ['nothing', [file('a')], 'b', undefined],
    ['a directory is no file', [{ name: 'a/' }], 'a', undefined],
    ['a symlink beside', [file('x/a'), symlink('x/b', 'a')], 'x/b', 'x/a'],
    [
      'a symlink up, as docker and skopeo write',
      [file('x/layer.tar'), symlink('y/layer.tar', '../x/layer.tar')],
      'y/layer.tar',
      'x/layer.tar',
    ],
    ['a hard link, from the root', [file('x/a'), hardlink('y/b', 'x/a')], 'y/b', 'x/a'],
    ['a link to a link', [file('a'), symlink('b', 'a'), hardlink('c', 'b')], 'c', 'a'],
    ['a link to what comes later', [symlink('b', 'a'), file('a')], 'b', 'a'],
    ['a link to nothing', [symlink('b', 'a')], 'b', undefined],
    [
      'eight links',
      [file('0'), ...Array.from({ length: 8 }, (_, at) => symlink(`${at + 1}`, `${at}`))],
      '8',
      '0',
    ],
  ];

  test.each(cases)('%s', async (_title, entries, name, found) => {
    expect((await membersOf(...entries)).find(name)?.name).toBe(found);
  });

  test('nine links are too many', async () => {
    const members = await membersOf(
      file('0'),
      ...Array.from({ length: 9 }, (_, at) => symlink(`${at + 1}`, `${at}`)),
    );
    expect(() => members.find('9')).toThrow(expect.objectContaining({ code: 'ARCHIVE_LINK_CYCLE' }));
  });

  test('a link out of the archive is refused when it is followed', async () => {
    const members = await membersOf(file('a'), symlink('b', '../../etc/passwd'), symlink('c', '/etc/passwd'));
    expect(members.find('a')).toBeDefined();
    for (const name of ['b', 'c'])
      expect(() => members.find(name)).toThrow(expect.objectContaining({ code: 'ARCHIVE_NAME_UNSAFE' }));
  });
});

describe('two members of one name', () => {
  test('are one if they are equal', async () =>
    expect((await membersOf(file('a'), file('a'), { name: 'x/' }, { name: 'x/' })).find('a')).toBeDefined());

  test.each([
    ['data', file('a'), { name: 'a', data: Buffer.from('other') }],
    ['kind', file('a'), symlink('a', 'b')],
    ['target', symlink('a', 'b'), symlink('a', 'c')],
  ])('are refused if they differ in %s', async (_what, first, second) => {
    await expect(membersOf(first, second)).rejects.toMatchObject({ code: 'ARCHIVE_DUPLICATE_DIFFERS' });
  });
});

test('nothing lies below a file', async () => {
  await expect(membersOf(file('a'), file('a/b'))).rejects.toMatchObject({ code: 'ARCHIVE_NAME_UNSAFE' });
});

test('JSON is allowed up to its bound over all files', async () => {
  const members = await membersOf(file('a'));
  expect([members.allowJson(64 << 20), members.allowJson(1)]).toEqual([true, false]);
});
