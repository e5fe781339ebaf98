import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LayerCompressor } from '../../../../src/oci/compress/compressor.ts';
import { compressBlob, createLayerCompressor } from '../../../../src/oci/compress/layer-compressor.ts';
import type { Blob, CompressedFile } from '../../../../src/oci/model.ts';
import { content, MIB } from './content.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compress-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function compress(compressor: LayerCompressor, bytes: Buffer, step = 100_000): Promise<CompressedFile> {
  const compression = await compressor.begin();
  for (let at = 0; at < bytes.length; at += step) await compression.write(bytes.subarray(at, at + step));
  return compression.finish();
}

const compressor = (options: Partial<Parameters<typeof createLayerCompressor>[0]> = {}) =>
  createLayerCompressor({ compression: 'gzip', folder, ...options });

const SIZES = [0, 1, 32 * 1024, MIB - 1, MIB, MIB + 1, 2 * MIB, 5 * MIB + 12_345];

describe('a compressed layer', () => {
  test.each(SIZES)('of %d bytes is one gzip member of the same bytes', async (size) => {
    const bytes = content(size);
    const file = await readFile((await compress(compressor(), bytes)).path);
    expect(gunzipSync(file).equals(bytes)).toBe(true);
  });

  test.each(SIZES)('of %d bytes is zstd of the same bytes', async (size) => {
    const bytes = content(size);
    const file = await readFile((await compress(compressor({ compression: 'zstd' }), bytes)).path);
    expect(zstdDecompressSync(file).equals(bytes)).toBe(true);
  });

  test.each(['gzip', 'zstd'] as const)('has digest and size of its %s file', async (compression) => {
    const compressed = await compress(compressor({ compression }), content(3 * MIB));
    const file = await readFile(compressed.path);
    expect(compressed).toEqual({
      path: compressed.path,
      compression,
      size: file.length,
      digest: `sha256:${createHash('sha256').update(file).digest('hex')}`,
    });
  });

  test.each(['gzip', 'zstd'] as const)(
    'is the same %s whatever the concurrency and the chunks',
    async (compression) => {
      const bytes = content(9 * MIB + 77);
      const variants = await Promise.all([
        compress(compressor({ compression, concurrency: 1 }), bytes, 7777),
        compress(compressor({ compression, concurrency: 9 }), bytes, 3 * MIB),
        compress(compressor({ compression }), bytes),
      ]);
      expect(new Set(variants.map((variant) => variant.digest)).size).toBe(1);
    },
  );

  test('carries no time, no name and no system in its header', async () => {
    const file = await readFile((await compress(compressor(), content(10))).path);
    expect([...file.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  test('looks back over the border of a block', async () => {
    const half = Buffer.concat([content(MIB - 20_000, 'a'), content(20_000, 'b')]);
    const apart = (await compress(compressor(), Buffer.concat([half, content(20_000, 'c')]))).size;
    const repeated = (await compress(compressor(), Buffer.concat([half, content(20_000, 'b')]))).size;
    expect(repeated).toBeLessThan(apart - 1000);
  });

  test('is smaller at a higher level', async () => {
    const bytes = content(2 * MIB);
    const [fast, small] = await Promise.all([
      compress(compressor({ level: 1 }), bytes),
      compress(compressor({ level: 9 }), bytes),
    ]);
    expect(small.size).toBeLessThan(fast.size);
  });
});

describe('several layers at once', () => {
  test('share one place without waiting for each other for ever', async () => {
    const shared = compressor({ concurrency: 1 });
    const layers = ['a', 'b', 'c'].map((seed) => content(2 * MIB + 5, seed));
    const files = await Promise.all(layers.map((layer) => compress(shared, layer)));
    const unpacked = await Promise.all(files.map(async (file) => gunzipSync(await readFile(file.path))));
    expect(unpacked.map((bytes, index) => bytes.equals(layers[index]!))).toEqual([true, true, true]);
  });

  test('may be written in turns', async () => {
    const shared = compressor({ concurrency: 2 });
    const bytes = content(4 * MIB);
    const open = await Promise.all([shared.begin(), shared.begin(), shared.begin()]);
    for (let at = 0; at < bytes.length; at += MIB / 2)
      for (const layer of open) await layer.write(bytes.subarray(at, at + MIB / 2));
    const files = await Promise.all(open.map((layer) => layer.finish()));
    expect(new Set(files.map((file) => file.digest)).size).toBe(1);
  });
});

describe('a layer that is given up', () => {
  test('leaves no file after discard', async () => {
    const compression = await compressor().begin();
    await compression.write(content(3 * MIB));
    await compression.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  test('cannot be written after discard', async () => {
    const compression = await compressor().begin();
    await compression.discard();
    await expect(compression.write(content(10))).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(compression.finish()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('leaves no file after an abort, and write says why', async () => {
    const abort = new AbortController();
    const compression = await compressor({ signal: abort.signal }).begin();
    await compression.write(content(3 * MIB));
    abort.abort(new Error('stopped by hand'));
    await expect(compression.write(content(10))).rejects.toThrow('stopped by hand');
    await compression.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  test('takes the finished ones not with it', async () => {
    const abort = new AbortController();
    const file = await compress(compressor({ signal: abort.signal }), content(10));
    abort.abort();
    expect((await readFile(file.path)).length).toBe(file.size);
  });

  test('says that there is no folder for the file', async () => {
    const nowhere = compressor({ folder: join(folder, 'missing') });
    await expect(nowhere.begin()).rejects.toMatchObject({ code: 'LAYER_FILE_UNWRITABLE' });
  });

  test('says what is wrong with a level that does not exist, and leaves no file', async () => {
    const compression = await compressor({ level: 17 }).begin();
    await expect(compression.finish()).rejects.toThrow('level');
    await compression.discard();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a blob of a source', () => {
  const blobOf = (open: Blob['open'], size: number): Blob => ({ digest: 'sha256:00', size, open });

  test('is read and compressed', async () => {
    const bytes = content(MIB + 3);
    const file = await compressBlob(
      blobOf(() => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]), bytes.length),
      compressor(),
    );
    expect(gunzipSync(await readFile(file.path)).equals(bytes)).toBe(true);
  });

  test('that cannot be read leaves no file', async () => {
    const broken = () =>
      Readable.from(
        (async function* () {
          yield content(2 * MIB);
          throw new Error('the archive changed');
        })(),
      );
    await expect(compressBlob(blobOf(broken, 3 * MIB), compressor())).rejects.toThrow('the archive changed');
    expect(await readdir(folder)).toEqual([]);
  });
});
