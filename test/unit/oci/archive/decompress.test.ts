/** Decompression to the very end: members, frames, padding, junk, damage. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { SKIPPABLE_FRAME } from '../../../../lab/fixtures/archives/outer.ts';
import { decompress } from '../../../../src/oci/archive/decompress.ts';

const one = Buffer.from('one '.repeat(500));
const two = Buffer.from('two '.repeat(500));

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function plain(bytes: Buffer, compression: 'gzip' | 'zstd', length = bytes.length): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of decompress(pieces(bytes, length), compression)) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

const BOTH = `${one}${two}`;
const cases: [string, 'gzip' | 'zstd', Buffer[], string][] = [
  ['one member', 'gzip', [gzipSync(one)], `${one}`],
  ['two members', 'gzip', [gzipSync(one), gzipSync(two)], BOTH],
  ['an empty member between', 'gzip', [gzipSync(one), gzipSync(''), gzipSync(two)], BOTH],
  ['zeros at the end', 'gzip', [gzipSync(one), Buffer.alloc(3000)], `${one}`],
  ['one frame', 'zstd', [zstdCompressSync(one)], `${one}`],
  ['two frames', 'zstd', [zstdCompressSync(one), zstdCompressSync(two)], BOTH],
  [
    'an empty frame between',
    'zstd',
    [zstdCompressSync(one), zstdCompressSync(''), zstdCompressSync(two)],
    BOTH,
  ],
  [
    'skippable frames everywhere',
    'zstd',
    [
      SKIPPABLE_FRAME,
      zstdCompressSync(one),
      SKIPPABLE_FRAME,
      SKIPPABLE_FRAME,
      zstdCompressSync(two),
      SKIPPABLE_FRAME,
    ],
    BOTH,
  ],
];

describe.each([1, 7, 100, 100_000])('in chunks of %i bytes', (length) => {
  test.each(cases)('%s of %s', async (_title, compression, parts, expected) => {
    expect(await plain(Buffer.concat(parts), compression, length)).toBe(expected);
  });
});

describe('refused', () => {
  const cut = (bytes: Buffer) => bytes.subarray(0, -5);
  test.each([
    ['a gzip cut short', 'gzip', cut(gzipSync(one))],
    ['a second member cut short', 'gzip', Buffer.concat([gzipSync(one), cut(gzipSync(two))])],
    ['junk behind a gzip', 'gzip', Buffer.concat([gzipSync(one), Buffer.from('junk')])],
    ['junk behind zeros', 'gzip', Buffer.concat([gzipSync(one), Buffer.alloc(10), Buffer.from('junk')])],
    ['no gzip', 'gzip', Buffer.from('text')],
    ['a zstd cut short', 'zstd', cut(zstdCompressSync(one))],
    ['a second frame cut short', 'zstd', Buffer.concat([zstdCompressSync(one), cut(zstdCompressSync(two))])],
    ['a skippable frame cut short', 'zstd', Buffer.concat([zstdCompressSync(one), cut(SKIPPABLE_FRAME)])],
    ['half a magic', 'zstd', Buffer.concat([zstdCompressSync(one), SKIPPABLE_FRAME.subarray(0, 3)])],
    ['junk behind a zstd', 'zstd', Buffer.concat([zstdCompressSync(one), Buffer.from('junkjunk')])],
    ['zeros behind a zstd', 'zstd', Buffer.concat([zstdCompressSync(one), Buffer.alloc(512)])],
    ['no zstd', 'zstd', Buffer.from('text')],
  ] as const)('%s', async (_title, compression, bytes) => {
    for (const length of [1, bytes.length]) {
      await expect(plain(bytes, compression, length)).rejects.toMatchObject({
        code: 'ARCHIVE_COMPRESSION_DAMAGED',
      });
    }
  });

  test('what the source throws is thrown', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield gzipSync(one).subarray(0, 10);
      throw new Error('gone');
    }
    const read = async () => {
      for await (const _ of decompress(failing(), 'gzip'));
    };
    await expect(read()).rejects.toThrow('gone');
  });
});

test.each([
  ['128 MiB', '88', undefined],
  ['256 MiB', '90', 'ARCHIVE_COMPRESSION_UNKNOWN'],
])('a zstd window of %s', async (_title, window, code) => {
  const frame = Buffer.from(`28b52ffd00${window}010000`, 'hex');
  expect(await plain(frame, 'zstd').catch((error) => error.code)).toBe(code ?? '');
});

test('a reader that stops lets the source go', async () => {
  let ended = false;
  async function* source(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield gzipSync(one);
    } finally {
      ended = true;
    }
  }
  for await (const _ of decompress(source(), 'gzip')) break;
  expect(ended).toBe(true);
});
