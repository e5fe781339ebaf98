import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { hashOf } from '../../../src/base/hash.ts';
import { parseChecksum, resolveChecksum } from '../../../src/harvester/checksum.ts';
import { FakeHttp } from '../golden/fake-http.ts';

const SHA512 = 'ab'.repeat(64);
const url = { kind: 'url', url: 'https://images.test/a/rocky.qcow2?x=1' } as const;
const file = {
  kind: 'file',
  name: 'rocky.qcow2',
  size: 5,
  open: async () => Readable.from([Buffer.from('bytes')]),
} as const;

describe('what a user wrote', () => {
  test.each([
    [SHA512, { kind: 'given', sha512: SHA512 }],
    [`sha512:${SHA512.toUpperCase()}`, { kind: 'given', sha512: SHA512 }],
    ['compute', { kind: 'compute' }],
    ['none', { kind: 'none' }],
    ['https://images.test/SHA512SUMS', { kind: 'file', place: 'https://images.test/SHA512SUMS' }],
    ['./CHECKSUM', { kind: 'file', place: './CHECKSUM' }],
  ])('%s', (text, wish) => expect(parseChecksum(text)).toEqual(wish));

  test.each([
    ['a SHA-256', 'ab'.repeat(32), /is a SHA-256; Harvester compares SHA-512/],
    ['a SHA-256 with its name', `sha256:${'ab'.repeat(32)}`, /SHA-256/],
    ['an MD5', 'ab'.repeat(16), /MD5/],
    ['a digit too few', SHA512.slice(1), /127 hex digits/],
    ['512 bits that call themselves SHA3', `sha3-512:${SHA512}`, /SHA-512/],
  ])('%s is refused', (_name, text, message) => {
    expect(() => parseChecksum(text)).toThrow(message);
  });
});

describe('resolved', () => {
  const resolve = (
    wish: string,
    source: typeof url | typeof file = url,
    files: Record<string, string> = {},
  ) =>
    resolveChecksum(parseChecksum(wish), source, {
      http: new FakeHttp({
        [url.url]: 'bytes',
        'https://images.test/SUMS': files.sums ?? '',
        'https://images.test/gone': { status: 404 },
      }),
      readFile: async (path) => {
        if (path === './SUMS') return files.sums ?? '';
        throw new Error('ENOENT');
      },
      progress: () => {},
    });

  test('none is none', async () => expect(await resolve('none')).toBeUndefined());
  test('given is given', async () => expect(await resolve(SHA512)).toBe(SHA512));
  test('computed from a URL', async () => expect(await resolve('compute')).toBe(hashOf('sha512', 'bytes')));
  test('computed from a file', async () =>
    expect(await resolve('compute', file)).toBe(hashOf('sha512', 'bytes')));
  test('from a checksum file beside the image', async () =>
    expect(await resolve('https://images.test/SUMS', url, { sums: `${SHA512}  rocky.qcow2\n` })).toBe(
      SHA512,
    ));
  test('from a local checksum file', async () =>
    expect(await resolve('./SUMS', file, { sums: `SHA512 (rocky.qcow2) = ${SHA512}\n` })).toBe(SHA512));
  test('from a file that is one digest', async () =>
    expect(await resolve('./SUMS', file, { sums: `${SHA512}\n` })).toBe(SHA512));

  test.each([
    ['a file that only has SHA-256', './SUMS', `${'ab'.repeat(32)}  rocky.qcow2\n`, 'CHECKSUM_ALGORITHM'],
    ['a file without this name', './SUMS', `${SHA512}  alma.qcow2\n`, 'CHECKSUM_FILE'],
    ['a file that is not there', './MISSING', '', 'CHECKSUM_FILE'],
    ['a URL that is not there', 'https://images.test/gone', '', 'URL_STATUS'],
  ])('%s is an error', async (_name, wish, sums, code) => {
    await expect(resolve(wish, url, { sums })).rejects.toMatchObject({ code });
  });
});
