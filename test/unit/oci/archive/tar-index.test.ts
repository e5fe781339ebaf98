/** The index of a tar: every format's names, sizes and links, from chunks of any size. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { paxRecords, type TarEntry, tarBytes } from '../../../../lab/fixtures/archives/tar.ts';
import { indexTar, type MemberSink, type TarFile } from '../../../../src/oci/archive/tar-index.ts';

const data = Buffer.from('the data of a member');
const LONG = `${'folder/'.repeat(20)}file`;

const indexOf = async (...entries: TarEntry[]) => (await indexTar([tarBytes(entries)])).members;

function* pieces(bytes: Buffer, length: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe('a file', () => {
  const digest = `sha256:${createHash('sha256').update(data).digest('hex')}`;
  const cases: [string, TarEntry, Partial<TarFile>][] = [
    ['ustar', { name: 'a', data }, { name: 'a', offset: 512 }],
    [
      'V7, without a type',
      { name: 'a', type: '\0', data, alter: (header) => header.fill(0, 257, 265) },
      { name: 'a' },
    ],
    ['contiguous', { name: 'a', type: '7', data }, { name: 'a' }],
    [
      'a ustar prefix',
      { name: 'b', data, alter: (header) => header.write('some/folder', 345) },
      { name: 'some/folder/b' },
    ],
    [
      'GNU magic, whose prefix is none',
      { name: 'b', data, alter: (header) => header.write('ustar  \0junk', 257) },
      { name: 'b' },
    ],
    ['a GNU long name', { name: LONG, data }, { name: LONG, offset: 3 * 512 }],
    ['a PAX path', { name: LONG, longNames: 'pax', data }, { name: LONG }],
    [
      'a PAX size',
      { name: 'a', claimedSize: 0, pax: { size: String(data.length) }, data },
      { size: data.length },
    ],
    ['a base-256 size', { name: 'a', numbers: 'base256', data }, { size: data.length }],
    ['a signed checksum', { name: 'ä', signedChecksum: true, data }, { name: 'ä' }],
    ['type bits in the mode', { name: 'a', mode: 0o100644, data }, { name: 'a' }],
    [
      'blanks round the size',
      { name: 'a', data, alter: (header) => header.write('         24 ', 124) },
      { size: 20 },
    ],
    ['a name with nothing in it', { name: './a//b/./c', data }, { name: 'a/b/c' }],
  ];

  test.each(cases)('%s', async (_title, entry, expected) => {
    expect(await indexOf(entry)).toEqual([
      expect.objectContaining({ kind: 'file', digest, size: data.length, ...expected }),
    ]);
  });

  test('of no bytes', async () => {
    const nothing = createHash('sha256').digest('hex');
    expect(await indexOf({ name: 'a' })).toEqual([
      expect.objectContaining({ size: 0, digest: `sha256:${nothing}` }),
    ]);
  });

  test.each([
    ['gzip', '1f8b0800'],
    ['zstd', '28b52ffd'],
    ['zstd', '5e2a4d18'],
    ['bzip2', '425a6839'],
    ['xz', 'fd377a585a00'],
    ['lz4', '04224d18'],
    ['none', '1f8b'],
    ['none', '1f8b07'],
  ])('that is %s: %s', async (compression, hex) => {
    const entry = { name: 'a.tar', data: Buffer.concat([Buffer.from(hex, 'hex')]) };
    const whole = await indexOf(entry);
    expect(whole).toEqual([expect.objectContaining({ compression })]);
    expect((await indexTar(pieces(tarBytes([entry]), 1))).members).toEqual(whole);
  });
});

describe('what is no file', () => {
  test('links have their targets, long ones too', async () => {
    expect(
      await indexOf(
        { name: 'a', type: '2', linkname: '../b' },
        { name: 'c', type: '1', linkname: LONG },
        { name: 'd', type: '2', linkname: LONG, longNames: 'pax' },
      ),
    ).toEqual([
      { kind: 'symlink', name: 'a', target: '../b' },
      { kind: 'hardlink', name: 'c', target: LONG },
      { kind: 'symlink', name: 'd', target: LONG },
    ]);
  });

  test('directories, also those of V7', async () => {
    expect(await indexOf({ name: 'a/' }, { name: 'b/', type: '0' })).toEqual([
      { kind: 'directory', name: 'a' },
      { kind: 'directory', name: 'b' },
    ]);
  });

  test('devices and what nobody knows are passed over, with their data', async () => {
    const found = await indexOf(
      { name: 'd', type: '3' },
      { name: 'v', type: 'V' },
      { name: 'z', type: 'Z', data },
      { name: 'a', data },
    );
    expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'other d',
      'other v',
      'other z',
      'file a',
    ]);
  });

  test('a global comment is passed over', async () => {
    const found = await indexOf(
      { name: 'g', type: 'g', data: paxRecords({ comment: '0123abcd' }) },
      { name: 'a', data },
    );
    expect(found.map(({ name }) => name)).toEqual(['a']);
  });
});

describe('extensions', () => {
  test('hold for one member', async () => {
    const found = await indexOf({ name: 'a', pax: { path: 'b' } }, { name: 'c' });
    expect(found.map(({ name }) => name)).toEqual(['b', 'c']);
  });

  test('a long name and a long link of one member', async () => {
    const found = await indexOf({ name: LONG, type: '2', linkname: `${LONG}2` });
    expect(found).toEqual([{ kind: 'symlink', name: LONG, target: `${LONG}2` }]);
  });
});

describe('chunks', () => {
  const bytes = tarBytes([
    { name: 'a', data: Buffer.alloc(1500, 1) },
    { name: LONG, data },
    { name: 'empty' },
    { name: 'l', type: '2', linkname: 'a' },
  ]);

  test.each([1, 2, 511, 512, 513, 1000, 4096])('of %i bytes', async (length) => {
    expect(await indexTar(pieces(bytes, length))).toEqual(await indexTar([bytes]));
  });

  test('a sink gets all of a file, in order, and waits are kept', async () => {
    const log: string[] = [];
    const sink = (name: string): MemberSink => ({
      write: async (chunk) => {
        await Promise.resolve();
        log.push(`${name} ${chunk.length}`);
      },
      end: (file) => void log.push(`${name} of ${file.size}`),
    });
    await indexTar(pieces(bytes, 1000), { onFile: ({ name }) => (name === 'a' ? sink(name) : undefined) });
    expect(log).toEqual(['a 488', 'a 1000', 'a 12', 'a of 1500']);
  });
});
