import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { graft } from '../../../../src/oci/compress/graft.ts';
import { GraftCompression } from '../../../../src/oci/compress/graft-compression.ts';
import { type GzipOrigin, GzipTrail } from '../../../../src/oci/compress/gzip-trail.ts';
import { HashedFile } from '../../../../src/oci/compress/hashed-file.ts';
import { createLayerCompressor } from '../../../../src/oci/compress/layer-compressor.ts';
import { content, MIB, noise } from './content.ts';
import { endsOf, trailThrough } from './grafting.ts';

const STEP = 64 * 1024;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** The file, and the trail that its decompression leaves. */
const trailOf = (members: readonly Buffer[], step = STEP): Promise<GzipTrail> =>
  trailThrough(join(folder, 'archive.tar.gz'), Buffer.concat(members), step);

interface Grafted {
  readonly done: boolean;
  readonly file: Buffer;
}

async function graftOf(
  before: Buffer,
  layer: Buffer,
  members: readonly Buffer[],
  step?: number,
): Promise<Grafted> {
  const origin: GzipOrigin = {
    trail: await trailOf(members, step),
    start: before.length,
    size: layer.length,
  };
  const file = await HashedFile.create(join(folder, 'layer'));
  const done = await graft(origin, endsOf(layer), file);
  const { path } = await file.finish();
  return { done, file: await readFile(path) };
}

const BEFORE = content(100_000, 'before');
const AFTER = content(300_000, 'after');
const whole = (layer: Buffer) => Buffer.concat([BEFORE, layer, AFTER]);

/** Text, bytes that do not shrink, and bytes of one kind, in turns. */
const mixture = (first: Buffer, last: Buffer) =>
  Buffer.concat([
    first,
    content(3 * MIB, 'a'),
    noise(MIB),
    Buffer.alloc(2 * MIB),
    content(3 * MIB, 'b'),
    last,
  ]);

describe('a layer taken out of a gzip file', () => {
  test.each([
    ['text', content(5 * MIB)],
    ['a mixture', mixture(Buffer.alloc(0), Buffer.alloc(0))],
    ['what begins with bytes that do not shrink', mixture(noise(700_000), Buffer.alloc(0))],
    ['what ends with bytes that do not shrink', mixture(Buffer.alloc(0), noise(700_000, 'end'))],
    ['what does not shrink at all', noise(3 * MIB)],
  ])('has the bytes of the layer: %s', async (_, layer) => {
    const { done, file } = await graftOf(BEFORE, layer, [gzipSync(whole(layer))]);
    expect(done).toBe(true);
    expect(gunzipSync(file).equals(layer)).toBe(true);
  });

  test.each([1, 6, 9])('has them at level %d', async (level) => {
    const layer = content(6 * MIB);
    const { done, file } = await graftOf(BEFORE, layer, [gzipSync(whole(layer), { level })]);
    expect([done, gunzipSync(file).equals(layer)]).toEqual([true, true]);
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7])('has them wherever borders fall: %d', async (shift) => {
    const layer = content(2 * MIB + shift * 1234, `shift ${shift}`);
    const before = content(1000 + shift * 777);
    const { done, file } = await graftOf(before, layer, [gzipSync(Buffer.concat([before, layer, AFTER]))]);
    expect([done, gunzipSync(file).equals(layer)]).toEqual([true, true]);
  });

  test('keeps the compressed bytes of the file', async () => {
    const layer = content(5 * MIB);
    const archive = gzipSync(whole(layer));
    const { file } = await graftOf(BEFORE, layer, [archive]);
    expect(archive.includes(file.subarray(file.length >>> 1, (file.length >>> 1) + 100_000))).toBe(true);
  });
});

describe('a graft that cannot be', () => {
  const layer = content(6 * MIB);

  test('is not made where a member ends within the layer', async () => {
    const bytes = whole(layer);
    const half = bytes.length >>> 1;
    const members = [gzipSync(bytes.subarray(0, half)), gzipSync(bytes.subarray(half))];
    expect((await graftOf(BEFORE, layer, members)).done).toBe(false);
  });

  test('is made where a member ends before the layer', async () => {
    const members = [gzipSync(BEFORE), gzipSync(layer)];
    const { done, file } = await graftOf(BEFORE, layer, members);
    expect([done, gunzipSync(file).equals(layer)]).toEqual([true, true]);
  });

  test('is not made of one block without borders', async () => {
    const zeros = Buffer.alloc(6 * MIB);
    expect((await graftOf(BEFORE, zeros, [gzipSync(whole(zeros))])).done).toBe(false);
  });

  test('is not made of blocks that give other bytes', async () => {
    const archive = gzipSync(whole(layer));
    const other = Buffer.from(layer).map((byte) => byte ^ 1) as Buffer;
    expect((await graftOf(BEFORE, Buffer.from(other), [archive])).done).toBe(false);
  });

  test('is not fooled by deflate within a file that is stored as it is', async () => {
    // Blocks of the inner stream look like borders of the outer one.
    const inner = Buffer.concat([deflateRawSync(content(6 * MIB, 'inner')), noise(100_000)]);
    const outer = gzipSync(whole(inner), { level: 0 });
    const { done, file } = await graftOf(BEFORE, inner, [outer]);
    expect([done, gunzipSync(file).equals(inner)]).toEqual([true, true]);
  });
});

describe('bytes that are stored as they are, and look like the begin of a block', () => {
  /** Every few kilobytes a length and its complement, as before a block without compression. */
  function decoys(size: number, every: number, length: number): Buffer {
    const bytes = Buffer.from(noise(size, `decoys ${every} ${length}`));
    for (let at = every; at < size - 4; at += every)
      bytes.writeUInt32LE(length + (~length & 0xffff) * 65_536, at);
    return bytes;
  }

  test.each([
    [5003, 65_535],
    [5003, 40_000],
    [997, 65_535],
    [30_011, 20_000],
  ])('are no border: every %d bytes one of %d', async (every, length) => {
    const layer = decoys(3 * MIB, every, length);
    const archive = gzipSync(whole(layer), { level: 0, chunkSize: 8 * MIB });
    // Pieces so short that many lie within one block, and have nothing but decoys.
    const { done, file } = await graftOf(BEFORE, layer, [archive], 10_000);
    expect(done ? gunzipSync(file).equals(layer) : true).toBe(true);
  });
});

describe('bytes that look like the begin of a block everywhere', () => {
  const layer = Buffer.alloc(2 * MIB, Buffer.of(0, 0, 0xff, 0xff));

  async function search(signal?: AbortSignal): Promise<boolean> {
    const trail = await trailOf([gzipSync(whole(layer), { level: 0 })]);
    const file = await HashedFile.create(join(folder, 'layer'));
    const origin = { trail, start: BEFORE.length, size: layer.length };
    return graft(origin, endsOf(layer), file, signal).finally(() => file.finish());
  }

  test('are given up before long', async () => expect(await search()).toBe(false));

  test('let others have their turn, and be cancelled', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort(new Error('stop')));
    await expect(search(controller.signal)).rejects.toThrow('stop');
  });
});

describe('a layer that is grafted while it is read', () => {
  const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const anew = () => createLayerCompressor({ compression: 'gzip', folder }).begin();

  async function compressed(layer: Buffer, members: readonly Buffer[]) {
    const origin = { trail: await trailOf(members), start: BEFORE.length, size: layer.length };
    const file = await HashedFile.create(join(folder, 'layer'));
    const compression = new GraftCompression(origin, { file, anew, signal: undefined });
    await compression.write(layer);
    return compression;
  }

  test('has digest and size of its file', async () => {
    const layer = content(6 * MIB);
    const result = await (await compressed(layer, [gzipSync(whole(layer))])).finish();
    const file = await readFile(result.path);
    expect(result).toMatchObject({ compression: 'gzip', size: file.length, digest: sha256(file) });
    expect(gunzipSync(file).equals(layer)).toBe(true);
  });

  test('is compressed anew where its blocks do not serve, and leaves one file', async () => {
    const zeros = Buffer.alloc(6 * MIB);
    const result = await (await compressed(zeros, [gzipSync(whole(zeros))])).finish();
    expect(gunzipSync(await readFile(result.path)).equals(zeros)).toBe(true);
    expect((await readdir(folder)).filter((name) => name.startsWith('layer'))).toHaveLength(1);
  });

  test.each([
    ['filtered', constants.Z_FILTERED],
    ['with Huffman codes alone', constants.Z_HUFFMAN_ONLY],
    ['in rows of one byte', constants.Z_RLE],
    ['with fixed codes, whose borders nothing shows', constants.Z_FIXED],
  ])('has its bytes however the archive was compressed: %s', async (_, strategy) => {
    const layer = mixture(Buffer.alloc(300_000), Buffer.alloc(300_000));
    const result = await (
      await compressed(layer, [gzipSync(whole(layer), { strategy, memLevel: 6 })])
    ).finish();
    expect(gunzipSync(await readFile(result.path)).equals(layer)).toBe(true);
  });

  test('has its beginning where the first border comes late in a layer that shrinks much', async () => {
    const layer = Buffer.concat([Buffer.alloc(2.5 * MIB), content(2 * MIB)]);
    const { path } = await (await compressed(layer, [gzipSync(whole(layer))])).finish();
    expect(gunzipSync(await readFile(path)).equals(layer)).toBe(true);
  });

  test('proves itself by being decompressed', async () => {
    const layer = content(6 * MIB);
    const { proof } = await (await compressed(layer, [gzipSync(whole(layer))])).finish();
    await expect(proof).resolves.toBeUndefined();
  });

  test('has no proof where its blocks were changed meanwhile, far from any border', async () => {
    const layer = content(6 * MIB);
    const archive = gzipSync(whole(layer));
    const compression = await compressed(layer, [archive]);
    archive.fill(0x55, archive.length >>> 1, (archive.length >>> 1) + 16);
    await writeFile(join(folder, 'archive.tar.gz'), archive);
    const { proof } = await compression.finish();
    await expect(proof).rejects.toMatchObject({ code: 'LAYER_UNSOUND' });
  });

  test('is refused where it is compressed anew from an archive that was changed meanwhile', async () => {
    const zeros = Buffer.alloc(6 * MIB);
    const compression = await compressed(zeros, [gzipSync(whole(zeros))]);
    await writeFile(join(folder, 'archive.tar.gz'), gzipSync(whole(Buffer.alloc(6 * MIB, 1))));
    await expect(compression.finish()).rejects.toMatchObject({ code: 'ARCHIVE_CHANGED' });
    expect(await readdir(folder)).toEqual(['archive.tar.gz']);
  });

  test('leaves no file after discard', async () => {
    const layer = content(6 * MIB);
    const compression = await compressed(layer, [gzipSync(whole(layer))]);
    await compression.discard();
    expect(await readdir(folder)).toEqual(['archive.tar.gz']);
    await expect(compression.finish()).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a cancelled layer', () => {
  const stop = new Error('stop');

  async function begun(layer: Buffer, archive: Buffer) {
    const controller = new AbortController();
    const origin = { trail: await trailOf([archive]), start: BEFORE.length, size: layer.length };
    const file = await HashedFile.create(join(folder, 'layer'));
    const anew = () =>
      createLayerCompressor({ compression: 'gzip', folder, signal: controller.signal }).begin();
    const compression = new GraftCompression(origin, { file, anew, signal: controller.signal });
    await compression.write(layer);
    return { controller, file, compression };
  }

  test.each([1, 2, 3, 4])('is not written to once its file is closed: at piece %d', async (piece) => {
    const layer = noise(6 * MIB);
    const { controller, file, compression } = await begun(layer, gzipSync(whole(layer)));
    const outcomes: Promise<void>[] = [];
    const append = file.append.bind(file);
    file.append = (bytes) => {
      const done = append(bytes).then(() => {
        if (outcomes.length === piece) controller.abort(stop);
      });
      outcomes.push(done);
      return done;
    };
    await expect(compression.finish()).rejects.toBe(stop);
    expect((await Promise.allSettled(outcomes)).map(({ status }) => status)).not.toContain('rejected');
    await compression.discard();
    expect(await readdir(folder)).toEqual(['archive.tar.gz']);
  });

  test('is not looked for in the archive any longer where it is compressed anew', async () => {
    const zeros = Buffer.alloc(6 * MIB);
    const { compression } = await begun(zeros, gzipSync(Buffer.concat([BEFORE, zeros])));
    const finished = compression.finish();
    await compression.discard();
    await expect(finished).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await readdir(folder)).toEqual(['archive.tar.gz']);
  });
});

describe('what is grafted', () => {
  const LARGE = 65 * MIB;

  async function begin(options: { level?: number; size?: number; compression?: 'gzip' | 'zstd' }) {
    const origin = { trail: new GzipTrail('/none'), start: 0, size: options.size ?? LARGE };
    const { compression = 'gzip', level } = options;
    const begun = await createLayerCompressor({ compression, level, folder }).begin(origin);
    await begun.discard();
    return begun instanceof GraftCompression;
  }

  test('nothing behind the reach of the trail', async () => {
    const trail = new GzipTrail('/none');
    for (const piece of trail.pieces(Buffer.from('1f8b08'.repeat(2000), 'hex'))) trail.passed(piece, 0);
    const { begin: beginLayer } = createLayerCompressor({ compression: 'gzip', folder });
    const layer = await beginLayer({ trail, start: 100, size: LARGE });
    await layer.discard();
    expect(layer).not.toBeInstanceOf(GraftCompression);
  });

  test.each([
    ['a large layer', {}, true],
    ['a small layer', { size: 63 * MIB }, false],
    ['a layer for which a level is asked', { level: 3 }, false],
    ['a layer that becomes zstd', { compression: 'zstd' as const }, false],
  ])('%s: %j → %s', async (_, options, expected) => {
    expect(await begin(options)).toBe(expected);
  });
});
