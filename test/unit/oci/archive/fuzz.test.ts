/**
 * 200 000 mutated inputs: whatever is in them, each is read or refused with a code. Nothing else is thrown, nothing hangs, and what is
 * read does not depend on how the bytes come in.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { containerdExport } from '../../../../lab/fixtures/archives/containerd.ts';
import { dockerLegacy } from '../../../../lab/fixtures/archives/docker-engine.ts';
import type { FixtureImage } from '../../../../lab/fixtures/archives/image.ts';
import { digestOf } from '../../../../lab/fixtures/archives/layers.ts';
import { SKIPPABLE_FRAME } from '../../../../lab/fixtures/archives/outer.ts';
import {
  contentOf,
  END_OF_ARCHIVE,
  paxRecords,
  type TarEntry,
  tarBytes,
} from '../../../../lab/fixtures/archives/tar.ts';
import { Budget, limited } from '../../../../src/oci/archive/budget.ts';
import { readContents } from '../../../../src/oci/archive/contents.ts';
import { decompress } from '../../../../src/oci/archive/decompress.ts';
import { parseConfig } from '../../../../src/oci/archive/image-config.ts';
import { parseIndexJson, parseManifest } from '../../../../src/oci/archive/manifest.ts';
import { Members } from '../../../../src/oci/archive/members.ts';
import { checkGlobalPax, parsePax } from '../../../../src/oci/archive/pax.ts';
import { indexTar, type TarIndex } from '../../../../src/oci/archive/tar-index.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../../../src/oci/media-types.ts';
import { fuzz, mutatedBytes, mutatedJson, NUMBERS, outcomeOf, pick, type Random } from './fuzzing.ts';
import { membersOf, type Small, smallOf } from './memory.ts';

/** Inputs per chunk; every chunk is a test of its own, so that a slow one shows. */
const CHUNK = 10_000;
const chunks = (inputs: number, chunk = CHUNK): number[] =>
  Array.from({ length: inputs / chunk }, (_, at) => at * chunk);
/** Of one chunk, which takes a second or two by itself, on a busy machine. */
jest.setTimeout(60_000);

const memoryBefore = process.memoryUsage().arrayBuffers;
afterAll(() => expect(process.memoryUsage().arrayBuffers - memoryBefore).toBeLessThan(256 << 20));

const SPECIALS: readonly TarEntry[] = [
  { name: 'folder/' },
  { name: 'folder/file', data: Buffer.from('content') },
  { name: 'x'.repeat(110), data: Buffer.from('gnu') },
  { name: 'y'.repeat(110), longNames: 'pax', linkname: '', data: Buffer.from('pax') },
  { name: 'sized', pax: { size: '3' }, data: Buffer.from('abc') },
  { name: 'link', type: '2', linkname: 'folder/file' },
  { name: 'hard', type: '1', linkname: 'link' },
  { name: 'binary', numbers: 'base256', data: Buffer.from('b') },
  { name: 'global', type: 'g', data: paxRecords({ comment: 'x' }) },
  { name: 'device', type: '3' },
];

const base = tarBytes(SPECIALS);
const BLOCKS = base.length / 512;

/** Blocks changed, moved, repeated, left out; every header that looks like one gets its checksum right again, or it would never be read on. */
function mutatedTar(random: Random): Buffer {
  const blocks = Array.from({ length: BLOCKS }, (_, at) => base.subarray(at * 512, at * 512 + 512));
  for (let count = 1 + random(3); count > 0; count--) {
    const at = random(blocks.length);
    switch (random(8)) {
      case 0:
        blocks.splice(at, 1);
        break;
      case 1:
        blocks.splice(at, 0, pick(random, blocks));
        break;
      case 2:
        blocks.splice(random(blocks.length), 0, END_OF_ARCHIVE.subarray(0, 512));
        break;
      case 3:
        blocks[at] = blocks[at]!.subarray(0, random(512));
        break;
      default:
        blocks[at] = mutatedHeader(random, blocks[at]!);
    }
  }
  return Buffer.concat(blocks);
}

/** Fields of a header: name, size, type, link, magic, prefix. */
const FIELDS = [
  [0, 100],
  [124, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [345, 155],
] as const;

function mutatedHeader(random: Random, block: Buffer): Buffer {
  const header = Buffer.from(block);
  if (header.length < 512) return header;
  const [from, length] = pick(random, FIELDS);
  switch (random(5)) {
    case 0:
      header[from + random(length)] = random(256);
      break;
    case 1:
      header.write(
        Math.abs(Math.trunc(pick(random, NUMBERS)))
          .toString(8)
          .padStart(11, '0')
          .slice(-11),
        124,
        'latin1',
      );
      break;
    case 2:
      header.write(
        pick(random, ['0', '1', '2', '5', '7', 'L', 'K', 'x', 'g', 'S', 'V', '\0']),
        156,
        'latin1',
      );
      break;
    case 3:
      header.write(
        pick(random, ['../x', '/x', 'folder', 'a//b/./c', 'link', 'hard', '.', '']),
        pick(random, [0, 157]),
        'latin1',
      );
      break;
    default:
      header.fill(pick(random, [0, 0x20, 0x2f, 0x37, 0xff]), from, from + length);
  }
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function checksumOf(header: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < 512; at++) if (at < 148 || at >= 156) sum += header[at]!;
  return sum;
}

function* cut(bytes: Buffer, random: Random): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random(1200);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** What an index says must be true of the bytes. */
function expectTrue(index: TarIndex, bytes: Buffer): void {
  for (const member of index.members) {
    if (member.kind !== 'file') continue;
    const data = bytes.subarray(member.offset, member.offset + member.size);
    const hex = createHash('sha256').update(data).digest('hex');
    if (data.length !== member.size || member.digest !== `sha256:${hex}`)
      throw new Error(`${member.name} is not what it is said to be`);
  }
}

const nothing = { blob: () => Promise.reject() as never, read: async function* () {} };

describe('tar', () => {
  test.each(chunks(80_000))('inputs from %i on', (first) =>
    fuzz(first, CHUNK, async (random) => {
      const bytes = mutatedTar(random);
      const whole = await outcomeOf(() => indexTar([bytes]));
      const inPieces = random(8) === 0 ? await outcomeOf(() => indexTar(cut(bytes, random))) : whole;
      if (JSON.stringify(whole) !== JSON.stringify(inPieces))
        throw new Error('it is another one when it comes in pieces');
      if (!('value' in whole)) return;
      expectTrue(whole.value, bytes);
      await outcomeOf(() => {
        const members = new Members(whole.value, nothing);
        for (const { name } of whole.value.members) members.find(name);
      });
    }),
  );
});

describe('PAX records', () => {
  const records = Buffer.concat([
    paxRecords({ path: 'a/b', size: '12', linkpath: 'c' }),
    paxRecords({ 'SCHILY.xattr.x': 'y\n' }),
  ]);
  test.each(chunks(40_000))('inputs from %i on', (first) =>
    fuzz(first, CHUNK, async (random) => {
      const bytes = mutatedBytes(random, records);
      await outcomeOf(() => parsePax(bytes, 0));
      await outcomeOf(() => checkGlobalPax(bytes, 0));
    }),
  );
});

const tiny = (name: string, text: string): FixtureImage => {
  const content = contentOf(tarBytes([{ name: 'f', data: Buffer.from(text) }]));
  return {
    names: [`r.example.com/${name}:1`],
    architecture: 'amd64',
    layers: [{ diffId: digestOf(content), content }],
  };
};

const layoutEntries = containerdExport([[tiny('a', 'x'), { ...tiny('a', 'y'), architecture: 'arm64' }]], {
  manifestJson: true,
  attestations: true,
}).entries;
const legacyEntries = dockerLegacy([tiny('a', 'x'), tiny('b', 'y')]).entries;

const isJson = ({ bytes }: Small): boolean => bytes[0] === 0x7b || bytes[0] === 0x5b;
const documents = [...smallOf(layoutEntries), ...smallOf(legacyEntries)]
  .filter(isJson)
  .map(({ bytes }) => ({ bytes, value: JSON.parse(bytes.toString()) as unknown }));

describe('manifests, indexes, configurations', () => {
  test.each(chunks(60_000))('inputs from %i on', (first) =>
    fuzz(first, CHUNK, async (random) => {
      const { bytes, value } = pick(random, documents);
      const input =
        random(4) === 0
          ? mutatedBytes(random, bytes)
          : Buffer.from(JSON.stringify(mutatedJson(random, value)) ?? '');
      await outcomeOf(() => parseManifest(input, OCI_MANIFEST, 'x'));
      await outcomeOf(() => parseManifest(input, OCI_INDEX, 'x'));
      await outcomeOf(() => parseIndexJson(input));
      await outcomeOf(() => parseConfig(input, 'x'));
    }),
  );
});

/** A document changed, and its digest and size right again wherever they stand, so that the change is met behind the first check. */
function mutatedFiles(random: Random, files: readonly Small[]): Small[] {
  const victim = pick(random, files.filter(isJson));
  const text = JSON.stringify(mutatedJson(random, JSON.parse(victim.bytes.toString())));
  const bytes = Buffer.from(text ?? 'null');
  let changed = files.map((file) => (file === victim ? { name: file.name, bytes } : file));
  let [from, to, size] = [victim.name, bytes, victim.bytes.length] as [string, Buffer, number];
  for (let depth = 0; depth < 4 && from.startsWith('blobs/'); depth++) {
    const [old, now] = [from.slice(13), createHash('sha256').update(to).digest('hex')];
    const holder = changed.find(
      (file) => file.name !== from && isJson(file) && file.bytes.includes(`"sha256:${old}","size":${size}`),
    );
    changed = changed.map((file) =>
      file.name === from ? { name: `blobs/sha256/${now}`, bytes: file.bytes } : file,
    );
    if (!holder) break;
    const above = Buffer.from(
      holder.bytes
        .toString()
        .replaceAll(`"sha256:${old}","size":${size}`, `"sha256:${now}","size":${to.length}`),
    );
    [from, to, size] = [holder.name, above, holder.bytes.length];
    changed = changed.map((file) => (file.name === holder.name ? { name: holder.name, bytes: above } : file));
  }
  return changed;
}

describe('whole archives', () => {
  const archives = [smallOf(layoutEntries), smallOf(legacyEntries)];
  test.each(chunks(20_000))('inputs from %i on', (first) =>
    fuzz(first, CHUNK, async (random) => {
      const members = await outcomeOf(() => membersOf(mutatedFiles(random, pick(random, archives))));
      if (!('value' in members)) return;
      await outcomeOf(() =>
        readContents(
          { members: members.value, compressed: () => undefined, budget: new Budget(1 << 20) },
          random(2) === 0,
        ),
      );
    }),
  );

  test('a good one gets through, so that the mutated ones meet more than the door', async () => {
    for (const files of archives) {
      const { contents } = await readContents({
        members: membersOf(files),
        compressed: () => undefined,
        budget: new Budget(1 << 20),
      });
      expect(contents.length).toBeGreaterThan(0);
    }
  });
});

describe('compressed data', () => {
  const plain = Buffer.from('some text that is compressed '.repeat(40));
  const inputs = [
    { compression: 'gzip' as const, bytes: Buffer.concat([gzipSync(plain), gzipSync(plain)]) },
    {
      compression: 'zstd' as const,
      bytes: Buffer.concat([SKIPPABLE_FRAME, zstdCompressSync(plain), zstdCompressSync(plain)]),
    },
  ];

  test.each(chunks(6000, 2000))('inputs from %i on', (first) =>
    fuzz(first, 2000, async (random) => {
      const { compression, bytes } = pick(random, inputs);
      const mutated = mutatedBytes(random, bytes);
      const out = await outcomeOf(() =>
        collected(
          limited(
            decompress(cutLater(mutated, random), compression),
            new Budget(8 << 20),
            () => mutated.length,
          ),
        ),
      );
      if (compression === 'gzip' && 'value' in out && !out.value.equals(gunzipSync(mutated)))
        throw new Error('another reader reads it differently');
    }),
  );
});

async function* cutLater(bytes: Buffer, random: Random): AsyncGenerator<Buffer> {
  yield* cut(bytes, random);
}

async function collected(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of stream) parts.push(chunk);
  return Buffer.concat(parts);
}
