/** Layers in another compression than their source has, each made once per push, into files of the work folder. */
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { throwIfAborted } from '../../../base/clock.ts';
import { EnvironmentError } from '../../../base/errors.ts';
import { decompress } from '../../archive/decompress.ts';
import type { LayerCompressor } from '../../compress/compressor.ts';
import { HashedFile } from '../../compress/hashed-file.ts';
import { compressBlob } from '../../compress/layer-compressor.ts';
import type { Blob, Compression, Digest, Layer } from '../../model.ts';
import type { StoredLayer } from '../manifests/manifest.ts';
import type { Slots } from '../slots.ts';
import { openFileBlob } from './file-blob.ts';

export interface LayerFile {
  readonly stored: StoredLayer;
  readonly blob: Blob;
}

export interface LayerFilesOptions {
  /** Exists; the files stay there until it is removed. */
  readonly folder: string;
  readonly compressor: (to: 'gzip' | 'zstd') => LayerCompressor;
  /** How many layers at once. */
  readonly slots: Slots;
  readonly signal: AbortSignal | undefined;
}

export interface LayerFiles {
  /** The layer as `to`. `onBytes` counts bytes of the plain layer. Throws where it cannot be written. */
  make(layer: Layer, to: Compression, onBytes: (done: number) => void): Promise<LayerFile>;
}

/** Memory: that of the compressor; disk: the files, until the folder is removed. */
export function createLayerFiles(options: LayerFilesOptions): LayerFiles {
  const made = new Map<string, Promise<LayerFile>>();
  return {
    make: (layer, to, onBytes) => {
      const key = `${layer.diffId} ${to}`;
      const file = made.get(key) ?? options.slots.run(() => write(layer, to, onBytes, options));
      made.set(key, file);
      return file;
    },
  };
}

async function write(
  layer: Layer,
  to: Compression,
  onBytes: (done: number) => void,
  { folder, compressor, signal }: LayerFilesOptions,
): Promise<LayerFile> {
  const plain: Blob = { ...plainBlob(layer), open: () => checked(openPlain(layer), layer.diffId, onBytes) };
  if (to !== 'none') {
    const file = await compressBlob(plain, compressor(to));
    return { stored: { digest: file.digest, size: file.size, compression: to }, blob: openFileBlob(file) };
  }
  const file = await HashedFile.create(join(folder, `plain-${randomUUID()}`));
  try {
    for await (const chunk of plain.open()) {
      throwIfAborted(signal);
      await file.append(chunk as Uint8Array);
    }
    const { path, digest, size } = await file.finish();
    return { stored: { digest, size, compression: to }, blob: openFileBlob({ path, digest, size }) };
  } catch (error) {
    await file.remove();
    throw error;
  }
}

function plainBlob({ diffId, uncompressedSize }: Layer): Pick<Blob, 'digest' | 'size'> {
  return { digest: diffId, size: uncompressedSize };
}

/** The bytes of the tar. Errors of a stage destroy the stages behind it, so that a reader sees them. */
function openPlain({ stored, compression }: Layer): Readable {
  if (compression === 'none') return stored.open();
  // Node's own zstd stream ends after the first frame, without a word.
  return Readable.from(decompress(stored.open(), compression), { objectMode: false });
}

/** Counts the bytes, and ends with EnvironmentError ARCHIVE_CHANGED where they are not those that were verified. */
function checked(source: Readable, diffId: Digest, onBytes: (done: number) => void): Readable {
  const hash = createHash('sha256');
  let done = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      done += chunk.length;
      onBytes(done);
      next(null, chunk);
    },
    flush: (next) => next(`sha256:${hash.digest('hex')}` === diffId ? null : changed(diffId)),
  });
  source.on('error', (error) => counter.destroy(error));
  counter.on('close', () => source.destroy());
  return source.pipe(counter);
}

function changed(diffId: Digest): EnvironmentError {
  return new EnvironmentError(
    'ARCHIVE_CHANGED',
    `The layer ${diffId} reads differently from when it was verified.`,
    {
      mend: 'Let the step that writes the file end before this one begins.',
    },
  );
}
