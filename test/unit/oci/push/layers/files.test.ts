import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createSlots } from '../../../../../src/base/slots.ts';
import { createLayerCompressor } from '../../../../../src/oci/compress/layer-compressor.ts';
import type { Digest, Layer } from '../../../../../src/oci/model.ts';
import { openBytesBlob } from '../../../../../src/oci/push/layers/file-blob.ts';
import { createLayerFiles } from '../../../../../src/oci/push/layers/files.ts';

const PLAIN = Buffer.from(Array.from({ length: 300_000 }, (_, index) => `${index % 977}`).join());
const FRAMES = Buffer.concat([
  zstdCompressSync(PLAIN.subarray(0, 100_000)),
  zstdCompressSync(PLAIN.subarray(100_000)),
]);
const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layer-files-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const layer: Layer = {
  diffId: digestOf(PLAIN),
  uncompressedSize: PLAIN.length,
  stored: openBytesBlob(digestOf(FRAMES), FRAMES),
  compression: 'zstd',
};

const files = () =>
  createLayerFiles({
    folder,
    compressor: (compression) => createLayerCompressor({ compression, folder }),
    slots: createSlots(2),
    signal: undefined,
  });

async function bytesOf(blob: { open(): AsyncIterable<Uint8Array> }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blob.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('a zstd layer of several frames is whole as gzip', async () => {
  const { blob, stored } = await files().make(layer, 'gzip', () => {});
  const bytes = await bytesOf(blob);
  expect(gunzipSync(bytes).equals(PLAIN)).toBe(true);
  expect(stored).toEqual({ digest: digestOf(bytes), size: bytes.length, compression: 'gzip' });
});

test('it is whole as a plain tar, with its diffID as digest', async () => {
  const seen: number[] = [];
  const { blob, stored } = await files().make(layer, 'none', (done) => seen.push(done));
  expect((await bytesOf(blob)).equals(PLAIN)).toBe(true);
  expect([stored.digest, seen.at(-1)]).toEqual([layer.diffId, PLAIN.length]);
});

test.each(['gzip', 'none'] as const)(
  'a layer that reads differently from when it was verified is no %s',
  async (to) => {
    const other = { ...layer, diffId: digestOf(FRAMES) };
    await expect(files().make(other, to, () => {})).rejects.toMatchObject({ code: 'ARCHIVE_CHANGED' });
  },
);

test.each(['gzip', 'none'] as const)('no room for it as %s is told as such', async (to) => {
  await rm(folder, { recursive: true });
  await expect(files().make(layer, to, () => {})).rejects.toMatchObject({ code: 'LAYER_FILE_UNWRITABLE' });
});

test('the same layer is made once', async () => {
  const made = files();
  const [one, two] = await Promise.all([
    made.make(layer, 'gzip', () => {}),
    made.make(layer, 'gzip', () => {}),
  ]);
  expect(one).toBe(two);
});
