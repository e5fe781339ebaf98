/**
 * Compresses layers on all cores into files, each with its digest (facts/oci.md §4.3). Blocks of fixed size are compressed by Node's
 * thread pool and written in order: one gzip member or a row of zstd frames, the same bytes whatever the cores and the timing.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { throwIfAborted } from '../../base/clock.ts';
import { asCoded, CancelledError } from '../../base/errors.ts';
import type { Blob, CompressedFile } from '../model.ts';
import { type BlockFormat, gzipFormat, zstdFormat } from './block-format.ts';
import { BlockPool } from './block-pool.ts';
import type { LayerCompression, LayerCompressor } from './compressor.ts';
import { SMALLEST_GRAFT } from './graft.ts';
import { GraftCompression } from './graft-compression.ts';
import { HashedFile } from './hashed-file.ts';

export interface LayerCompressorOptions {
  readonly compression: 'gzip' | 'zstd';
  /** 1 to 9 for gzip, 1 to 19 for zstd; default 3. */
  readonly level?: number | undefined;
  /** Existing folder for the compressed files; they are the caller's once finished. */
  readonly folder: string;
  /** Blocks under way at once over all layers; default: two per core, so that none waits for this thread. */
  readonly concurrency?: number | undefined;
  /** Ends all layers under way and removes their files. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Memory: two blocks (gzip: 1 MiB each) per place of `concurrency` and one per open layer. Digests are the same on every machine with the
 * same zlib; Node releases change it now and then.
 */
export function createLayerCompressor(options: LayerCompressorOptions): LayerCompressor {
  const format = options.compression === 'gzip' ? gzipFormat(options.level) : zstdFormat(options.level);
  const places = options.concurrency ?? 2 * availableParallelism();
  const pool = new BlockPool(places, format.windowSize + format.blockSize);
  const { signal } = options;
  const newFile = () => HashedFile.create(join(options.folder, `layer-${randomUUID()}`));
  const anew = async () => new BlockCompression(await newFile(), { format, pool, signal });
  // Whoever asks for a level wants it, and not what the archive has.
  const grafts = options.compression === 'gzip' && options.level === undefined;
  return {
    begin: async (origin) =>
      grafts && origin && origin.size >= SMALLEST_GRAFT && origin.start < origin.trail.reach
        ? new GraftCompression(origin, { file: await newFile(), anew, signal })
        : anew(),
  };
}

/** Compresses a plain layer that a source has. Throws what reading or writing throws; no file is left then. */
export async function compressBlob(blob: Blob, compressor: LayerCompressor): Promise<CompressedFile> {
  const compression = await compressor.begin();
  try {
    for await (const chunk of blob.open()) await compression.write(chunk as Uint8Array);
    return await compression.finish();
  } catch (error) {
    await compression.discard();
    throw error;
  }
}

interface Means {
  readonly format: BlockFormat;
  readonly pool: BlockPool;
  readonly signal: AbortSignal | undefined;
}

class BlockCompression implements LayerCompression {
  readonly #file: HashedFile;
  readonly #format: BlockFormat;
  readonly #pool: BlockPool;
  readonly #end = new AbortController();
  /** Aborted from outside, or by what failed first: that is its reason. */
  readonly #signal: AbortSignal;
  /** Window and block in one piece, so that the next window is a copy of its end. */
  #buffer: Buffer;
  #window = 0;
  #filled = 0;
  #size = 0;
  #crc = 0;
  /** Settles once all blocks so far are in the file; never rejects, see #signal. */
  #written: Promise<void> = Promise.resolve();
  readonly #onAbort = () => void this.discard();

  constructor(file: HashedFile, { format, pool, signal }: Means) {
    this.#file = file;
    this.#format = format;
    this.#pool = pool;
    this.#buffer = pool.takeBuffer();
    this.#signal = AbortSignal.any([this.#end.signal, ...(signal ? [signal] : [])]);
    this.#signal.addEventListener('abort', this.#onAbort);
    void this.#append(Promise.resolve(format.head));
  }

  async write(chunk: Uint8Array): Promise<void> {
    const { blockSize, windowSize } = this.#format;
    throwIfAborted(this.#signal);
    this.#crc = crc32(chunk, this.#crc);
    this.#size += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      // Only once more comes, a full block is known not to be the last.
      if (this.#filled === blockSize) await this.#submit(false);
      const taken = chunk.subarray(at, at + blockSize - this.#filled);
      this.#buffer.set(taken, windowSize + this.#filled);
      this.#filled += taken.length;
      at += taken.length;
    }
  }

  async finish(): Promise<CompressedFile> {
    await this.#submit(true);
    await this.#append(Promise.resolve(this.#format.tail(this.#crc, this.#size)));
    throwIfAborted(this.#signal);
    this.#signal.removeEventListener('abort', this.#onAbort);
    return { ...(await this.#file.finish()), compression: this.#format.compression };
  }

  async discard(): Promise<void> {
    this.#end.abort(new CancelledError('The compression of the layer was given up.'));
    await this.#written;
    await this.#file.remove();
  }

  async #submit(last: boolean): Promise<void> {
    const { windowSize, encode } = this.#format;
    const buffer = this.#buffer;
    const block = buffer.subarray(windowSize, windowSize + this.#filled);
    const window = buffer.subarray(windowSize - this.#window, windowSize);
    if (!last) this.#continueAfter(block);
    const encoded = () =>
      this.#append(encode(block, { window, last })).finally(() => this.#pool.giveBuffer(buffer));
    await this.#pool.begin(encoded, this.#signal);
  }

  /** The next buffer, with the end of `block` before it. */
  #continueAfter(block: Uint8Array): void {
    const { windowSize } = this.#format;
    this.#buffer = this.#pool.takeBuffer();
    this.#window = windowSize;
    this.#filled = 0;
    this.#buffer.set(block.subarray(block.length - windowSize));
  }

  /** Into the file after all that came before; what fails ends the whole layer. */
  #append(encoding: Promise<Uint8Array>): Promise<void> {
    const before = this.#written;
    const write = async () => {
      const [encoded] = await Promise.allSettled([encoding, before]);
      if (encoded.status === 'rejected') throw encoded.reason;
      if (!this.#signal.aborted) await this.#file.append(encoded.value);
    };
    this.#written = write().catch((error) =>
      this.#end.abort(asCoded(error, 'A layer could not be compressed')),
    );
    return this.#written;
  }
}
