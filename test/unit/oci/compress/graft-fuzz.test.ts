/** Whatever compressed an archive, a graft gives the bytes of the layer or none: random contents by random compressors (RFC 1951, 1952). */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, crc32, createDeflateRaw, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { graft } from '../../../../src/oci/compress/graft.ts';
import { HashedFile } from '../../../../src/oci/compress/hashed-file.ts';
import { fuzz, pick, type Random } from '../archive/fuzzing.ts';
import { content, noise } from './content.ts';
import { endsOf, trailThrough } from './grafting.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-fuzz-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TEXT = content(1 << 21);
const NOISE = noise(1 << 21);
const INNER = [0, 1, 9].map((level) => gzipSync(TEXT.subarray(0, 300_000), { level }));

/** A few spans of text, noise, zeros, gzip within, and rows of one period. */
function bytesOf(random: Random, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let left = size; left > 0; ) {
    const length = Math.min(left, 1 + random(pick(random, [3000, 100_000, 1_500_000])));
    const from = random((1 << 21) - length);
    const period = NOISE.subarray(from, from + 1 + random(40_000));
    const kinds = [TEXT.subarray(from), NOISE.subarray(from), Buffer.alloc(1), pick(random, INNER), period];
    parts.push(Buffer.alloc(length, pick(random, kinds)));
    left -= length;
  }
  return Buffer.concat(parts);
}

const FLUSHES = [
  constants.Z_PARTIAL_FLUSH,
  constants.Z_SYNC_FLUSH,
  constants.Z_FULL_FLUSH,
  constants.Z_BLOCK,
] as const;

async function deflated(random: Random, bytes: Buffer): Promise<Buffer> {
  const deflate = createDeflateRaw({
    level: random(10),
    memLevel: 1 + random(9),
    windowBits: pick(random, [9, 12, 15, 15, 15]),
    strategy: pick(random, [0, 0, 0, 0, 1, 2, 3, 4]),
  });
  const parts: Buffer[] = [];
  deflate.on('data', (part) => parts.push(part));
  const flushes = random(3) === 0;
  for (let at = 0; at < bytes.length; ) {
    const length = flushes ? 1 + random(300_000) : bytes.length;
    deflate.write(bytes.subarray(at, at + length));
    at += length;
    if (flushes) await new Promise<void>((done) => deflate.flush(pick(random, FLUSHES), () => done()));
  }
  const end = once(deflate, 'end');
  deflate.end();
  await end;
  return Buffer.concat(parts);
}

/** A header with any of an extra field, a name and its own checksum. */
function headOf(random: Random): Buffer {
  const flags = pick(random, [0, 2, 4, 8, 14]);
  const extra = Buffer.alloc(2 + 300, pick(random, ['\0', '\x1f\x8b\x08']), 'latin1');
  extra.writeUInt16LE(300);
  const head = Buffer.concat([
    Buffer.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3),
    ...(flags & 4 ? [extra] : []),
    ...(flags & 8 ? [Buffer.from('layers.tar\0')] : []),
  ]);
  if (!(flags & 2)) return head;
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc32(head) & 0xffff);
  return Buffer.concat([head, checksum]);
}

async function member(random: Random, bytes: Buffer): Promise<Buffer> {
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(bytes));
  tail.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([headOf(random), await deflated(random, bytes), tail]);
}

/** One member mostly; else some, that end at the layer's borders or anywhere. */
async function archiveOf(random: Random, [before, layer, after]: readonly [Buffer, Buffer, Buffer]) {
  const bytes = Buffer.concat([before, layer, after]);
  const places = [before.length, before.length + layer.length, random(bytes.length)];
  const cuts = random(3) > 0 ? [] : places.filter(() => random(2) === 0).sort((a, b) => a - b);
  const members: Buffer[] = [];
  for (const [index, end] of [...cuts, bytes.length].entries())
    members.push(await member(random, bytes.subarray(cuts[index - 1] ?? 0, end)));
  return Buffer.concat(members);
}

test.each([1, 2, 3, 4])('chunk %d', async (chunk) => {
  let made = 0;
  await fuzz(chunk * 1000, 5, async (random) => {
    const before = bytesOf(random, random(300_000));
    const layer = bytesOf(random, 70_000 + random(2_500_000));
    const archive = await archiveOf(random, [before, layer, bytesOf(random, random(300_000))]);
    const trail = await trailThrough(join(folder, 'archive'), archive, pick(random, [9000, 262_144]));
    const file = await HashedFile.create(join(folder, 'layer'));
    const done = await graft({ trail, start: before.length, size: layer.length }, endsOf(layer), file);
    const { path } = await file.finish();
    if (done) expect(gunzipSync(await readFile(path)).equals(layer)).toBe(true);
    if (done) made++;
    await file.remove();
  });
  expect(made).toBeGreaterThan(0);
});
