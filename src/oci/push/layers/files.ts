/** Layers in another compression than their source has, each made once per push, into files of the work folder. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { meter } from '../../../base/hash.ts';
import type { LayerCompressor } from '../../compress/compressor.ts';
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
  const plain: Blob = { ...plainBlob(layer), open: () => counted(openPlain(layer), onBytes) };
  if (to !== 'none') {
    const file = await compressBlob(plain, compressor(to));
    return { stored: { digest: file.digest, size: file.size, compression: to }, blob: openFileBlob(file) };
  }
  const path = join(folder, `plain-${randomUUID()}`);
  const { stream, result } = meter('sha256');
  await pipeline(plain.open(), stream, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
  const digest: Digest = `sha256:${result().hex}`;
  const size = result().bytes;
  return { stored: { digest, size, compression: to }, blob: openFileBlob({ path, digest, size }) };
}

function plainBlob({ diffId, uncompressedSize }: Layer): Pick<Blob, 'digest' | 'size'> {
  return { digest: diffId, size: uncompressedSize };
}

/** The bytes of the tar. Errors of a stage destroy the stages behind it, so that a reader sees them. */
function openPlain({ stored, compression }: Layer): Readable {
  if (compression === 'none') return stored.open();
  const decompressed = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  const source = stored.open();
  source.on('error', (error) => decompressed.destroy(error));
  decompressed.on('close', () => source.destroy());
  return source.pipe(decompressed);
}

function counted(source: Readable, onBytes: (done: number) => void): Readable {
  let done = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      done += chunk.length;
      onBytes(done);
      next(null, chunk);
    },
  });
  source.on('error', (error) => counter.destroy(error));
  counter.on('close', () => source.destroy());
  return source.pipe(counter);
}
