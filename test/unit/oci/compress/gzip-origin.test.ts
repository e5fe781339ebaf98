import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeLargeArchive } from '../../../../lab/fixtures/archives/large.ts';
import { hashOf } from '../../../../src/base/hash.ts';
import { silentLogger } from '../../../../src/base/log.ts';
import { openArchive } from '../../../../src/oci/archive/open.ts';
import { SMALLEST_GRAFT } from '../../../../src/oci/compress/graft.ts';
import { createLayerCompressor } from '../../../../src/oci/compress/layer-compressor.ts';
import { MIB } from './content.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'origin-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('a layer of a .tar.gz is grafted while its archive is opened', async () => {
  const path = join(folder, 'app.tar.gz');
  await writeLargeArchive(path, { size: 1.3 * SMALLEST_GRAFT });
  const stored = await readFile(path);
  const compressor = createLayerCompressor({ compression: 'gzip', folder });
  const means = { workFolder: folder, maxUncompressedSize: 1024 * MIB, log: silentLogger, compressor };
  const archive = await openArchive(path, means);
  const [content] = archive.contents;
  const layers = content?.kind === 'image' ? content.layers : [];
  const files = await Promise.all(layers.map(({ compressed }) => readFile(compressed!.path)));
  expect(files.map((file) => `sha256:${hashOf('sha256', gunzipSync(file))}`)).toEqual(
    layers.map(({ diffId }) => diffId),
  );
  const middles = files.map((file) => file.subarray(file.length >>> 1, (file.length >>> 1) + 50_000));
  // The first layer alone is large enough.
  expect(middles.map((middle) => stored.includes(middle))).toEqual([true, false, false]);
  await archive.close();
  expect(await readdir(folder)).toEqual(['app.tar.gz']);
}, 30_000);
