/** Every writer's archive, in every compression, is read as its writer says; and what was unpacked is gone afterwards. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { WRITER_NAMES, WRITERS, type WriterName } from '../../../../lab/fixtures/archives/catalogue.ts';
import { digestOf } from '../../../../lab/fixtures/archives/layers.ts';
import { compressed } from '../../../../lab/fixtures/archives/outer.ts';
import { tarBytes } from '../../../../lab/fixtures/archives/tar.ts';
import { createLayerCompressor } from '../../../../src/oci/compress/layer-compressor.ts';
import type { Archive, Image, Layer } from '../../../../src/oci/model.ts';
import { countOf, imagesOf, opened, type Place, withArchive } from './opening.ts';

const bytesOf = (writer: WriterName): Buffer => tarBytes(WRITERS[writer]().entries);

async function hashOf(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

async function expectAsWritten(writer: WriterName, archive: Archive): Promise<void> {
  const { expected } = WRITERS[writer]();
  expect(archive.format).toBe(expected.format);
  expect(imagesOf(archive.contents)).toEqual(expected.images);
  expect(countOf(archive.contents)).toEqual({ artifacts: expected.artifacts, absent: expected.absent });
  const tops = archive.contents.map((content) => ({
    kind: content.kind,
    names: content.names,
    ...('manifest' in content && content.manifest && { digest: content.manifest.digest }),
  }));
  expect(tops).toEqual(expected.tops);
}

describe.each(['none', 'gzip', 'gzip members', 'zstd', 'zstd frames'] as const)(
  'outer compression %s',
  (outer) => {
    test.each(WRITER_NAMES)('%s', async (writer) => {
      const bytes = compressed(bytesOf(writer), outer);
      await withArchive(bytes, async (place) => {
        await opened(place, async (archive) => {
          await expectAsWritten(writer, archive);
          expect(archive).toMatchObject({ sha256: digestOf(bytes), size: bytes.length });
        });
        expect(await place.left()).toEqual([]);
      });
    });
  },
);

const layersOf = (archive: Archive): readonly Layer[] => (archive.contents[0] as Image).layers;

/** Opens `bytes` with a compressor whose files go to a folder in the work folder. */
async function openedCompressing<T>(
  bytes: Buffer,
  compression: 'gzip' | 'zstd',
  look: (archive: Archive, place: Place) => Promise<T>,
): Promise<T> {
  return withArchive(bytes, async (place) => {
    const folder = join(place.workFolder, 'compressed');
    await mkdir(folder);
    const outcome = await opened(place, (archive) => look(archive, place), {
      compressor: createLayerCompressor({ compression, folder }),
    });
    expect(await place.left()).toEqual(['compressed']);
    return outcome;
  });
}

describe('blobs', () => {
  test.each(['none', 'gzip'] as const)('have the bytes of their digests, outer compression %s', (outer) =>
    withArchive(compressed(bytesOf('docker 24'), outer), (place) =>
      opened(place, async (archive) => {
        for (const { stored, diffId } of layersOf(archive)) expect(await hashOf(stored.open())).toBe(diffId);
      }),
    ),
  );

  test('open at any part', () =>
    withArchive(gzip('buildx type=oci'), (place) =>
      opened(place, async (archive) => {
        const { stored } = layersOf(archive)[0]!;
        const whole = Buffer.concat(await stored.open().toArray());
        expect(Buffer.concat(await stored.open({ start: 100, end: 300 }).toArray())).toEqual(
          whole.subarray(100, 300),
        );
        expect(Buffer.concat(await stored.open({ start: 100 }).toArray())).toEqual(whole.subarray(100));
        expect(Buffer.concat(await stored.open({ end: 0 }).toArray())).toHaveLength(0);
      }),
    ));

  test('of a compressed layer are those of the archive, their digest too', () =>
    withArchive(bytesOf('crane tarball'), (place) =>
      opened(place, async (archive) => {
        for (const { stored, compression } of layersOf(archive)) {
          expect(compression).toBe('gzip');
          expect(await hashOf(stored.open())).toBe(stored.digest);
        }
      }),
    ));

  test('are not opened once the archive has changed', () =>
    withArchive(bytesOf('docker 24'), async (place) => {
      await opened(place, async (archive) => {
        await appendFile(place.path, 'more');
        await utimes(place.path, 1, 1);
        await expect(hashOf(layersOf(archive)[0]!.stored.open())).rejects.toMatchObject({
          code: 'ARCHIVE_CHANGED',
        });
      });
    }));
});

function gzip(writer: WriterName): Buffer {
  return compressed(bytesOf(writer), 'gzip');
}

describe('with a compressor', () => {
  test.each(['gzip', 'zstd'] as const)(
    'plain layers are there as %s, and plain again from that',
    (compression) =>
      openedCompressing(gzip('docker 24'), compression, async (archive) => {
        await expectAsWritten('docker 24', archive);
        for (const { compressed: file, stored, diffId, uncompressedSize } of layersOf(archive)) {
          if (uncompressedSize >= 4096) expect(file).toMatchObject({ compression });
          expect(await hashOf(stored.open())).toBe(diffId);
        }
        expect(layersOf(archive).filter(({ compressed: file }) => file)).toHaveLength(3);
      }),
  );

  test('a part of a layer that is only there compressed can be opened', () =>
    openedCompressing(gzip('docker 24'), 'gzip', async (archive) => {
      const { stored } = layersOf(archive)[0]!;
      const whole = Buffer.concat(await stored.open().toArray());
      expect(Buffer.concat(await stored.open({ start: 5000, end: 20_000 }).toArray())).toEqual(
        whole.subarray(5000, 20_000),
      );
    }));

  test('compressed layers stay as they are', () =>
    openedCompressing(gzip('crane tarball'), 'gzip', async (archive) => {
      expect(layersOf(archive).map(({ compressed: file }) => file)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }));

  test('what turns out to be no layer is not kept compressed', async () => {
    const entries = [...WRITERS['docker 24']().entries, { name: 'stray.tar', data: bytesOf('docker 28') }];
    await openedCompressing(tarBytes(entries), 'gzip', async (_archive, place) => {
      expect(await place.left()).toHaveLength(1 + 2);
    });
  });

  test('nothing is left of an archive that is refused late', async () => {
    const broken = tarBytes(WRITERS['docker 24']().entries.filter(({ name }) => name !== 'manifest.json'));
    await withArchive(compressed(broken, 'gzip'), async (place) => {
      const compressor = createLayerCompressor({ compression: 'gzip', folder: place.workFolder });
      await expect(opened(place, () => {}, { compressor })).rejects.toMatchObject({
        code: 'ARCHIVE_NO_IMAGE',
      });
      expect(await place.left()).toEqual([]);
    });
  });
});

describe('options', () => {
  test('preserveDigests keeps a manifest of plain layers', () =>
    withArchive(bytesOf('docker 28'), (place) =>
      opened(
        place,
        ({ format, contents }) =>
          expect([format, (contents[0] as Image).manifest?.bytes.length]).toEqual([
            'oci-layout',
            expect.any(Number),
          ]),
        { preserveDigests: true },
      ),
    ));

  test('maxUncompressedSize counts the archive and the layers in it', () =>
    withArchive(bytesOf('crane tarball'), async (place) => {
      await expect(opened(place, () => {}, { maxUncompressedSize: 50_000 })).rejects.toMatchObject({
        code: 'ARCHIVE_TOO_LARGE',
      });
    }));

  test('a disk without room is told before anything is unpacked', () =>
    withArchive(gzip('docker 24'), async (place) => {
      // The kernel's own file systems have no room at all.
      await expect(opened(place, () => {}, { workFolder: '/proc' })).rejects.toMatchObject({
        code: 'ARCHIVE_DISK',
      });
    }));

  test('progress counts the bytes of the file', () =>
    withArchive(gzip('docker 24'), async (place) => {
      const seen: number[] = [];
      const { size } = await opened(place, (archive) => archive, { onProgress: (bytes) => seen.push(bytes) });
      expect(seen.at(-1)).toBe(size);
    }));

  test('an aborted signal ends it, and leaves nothing', () =>
    withArchive(gzip('docker 24'), async (place) => {
      const abort = new AbortController();
      const options = { signal: abort.signal, onProgress: () => abort.abort() };
      await expect(opened(place, () => {}, options)).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await place.left()).toEqual([]);
    }));
});

describe('warnings', () => {
  const warningsOf = (bytes: Buffer) =>
    withArchive(bytes, (place) => opened(place, ({ warnings }) => warnings));

  test('a good archive has none', async () => expect(await warningsOf(bytesOf('docker 24'))).toEqual([]));

  test('data after the end', async () =>
    expect(await warningsOf(Buffer.concat([bytesOf('docker 24'), Buffer.from('more')]))).toEqual([
      expect.stringContaining('after its end mark'),
    ]));

  test('no end mark', async () =>
    expect(await warningsOf(tarBytes(WRITERS['docker 24']().entries, Buffer.alloc(0)))).toEqual([
      expect.stringContaining('no end mark'),
    ]));

  test('platforms that are not there', async () =>
    expect(await warningsOf(bytesOf('docker 29, absent platform'))).toEqual([
      expect.stringContaining('linux/s390x'),
    ]));
});
