/**
 * A layer that is to be grafted while its archive is read; compressed like any other where that turns out not to work. What was grafted is
 * decompressed once besides, while it may be sent already: no manifest names it before.
 */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { crc32, createGunzip } from 'node:zlib';
import { throwIfAborted } from '../../base/clock.ts';
import { CancelledError, InternalError } from '../../base/errors.ts';
import type { CompressedFile } from '../model.ts';
import type { LayerCompression } from './compressor.ts';
import { changed, graft } from './graft.ts';
import type { GzipOrigin } from './gzip-trail.ts';
import type { HashedFile } from './hashed-file.ts';
import { LayerEnds } from './layer-ends.ts';

/** Bytes that are read and decompressed at a time. */
const PIECE = 256 * 1024;

interface Means {
  readonly file: HashedFile;
  /** Compresses block by block. */
  readonly anew: () => Promise<LayerCompression>;
  readonly signal: AbortSignal | undefined;
}

export class GraftCompression implements LayerCompression {
  readonly #origin: GzipOrigin;
  readonly #means: Means;
  /** Given back as soon as the graft is made. */
  #ends: LayerEnds | undefined = new LayerEnds();
  #crc = 0;
  /** Settles when nothing is done with the file any more; never rejects. */
  #work: Promise<unknown> = Promise.resolve();
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  readonly #onAbort = () => void this.discard();

  constructor(origin: GzipOrigin, means: Means) {
    this.#origin = origin;
    this.#means = means;
    this.#signal = AbortSignal.any([this.#end.signal, ...(means.signal ? [means.signal] : [])]);
    this.#signal.addEventListener('abort', this.#onAbort);
  }

  async write(chunk: Uint8Array): Promise<void> {
    throwIfAborted(this.#signal);
    this.#ends!.push(chunk);
  }

  finish(): Promise<CompressedFile> {
    const work = this.#finish();
    this.#work = work.catch(() => {}); // told to whoever finishes
    return work;
  }

  async #finish(): Promise<CompressedFile> {
    const { file, anew } = this.#means;
    const grafted = await this.#graft();
    if (!grafted) await file.remove();
    const compressed = grafted ?? (await this.#compressAgain(await anew()));
    throwIfAborted(this.#signal);
    this.#signal.removeEventListener('abort', this.#onAbort);
    return compressed;
  }

  #compressAgain(compression: LayerCompression): Promise<CompressedFile> {
    return compressAgain(this.#origin, compression, { expected: this.#crc, signal: this.#signal });
  }

  async #graft(): Promise<CompressedFile | undefined> {
    const { file } = this.#means;
    throwIfAborted(this.#signal);
    const done = await graft(this.#origin, this.#ends!, file, this.#signal);
    this.#crc = this.#ends!.crc;
    this.#ends = undefined;
    if (!done) return undefined;
    const finished = await file.finish();
    const proof = proveWhole(finished.path, this.#origin.size, this.#signal);
    proof.catch(() => {}); // told to whoever sends the file
    return { ...finished, compression: 'gzip', proof };
  }

  async discard(): Promise<void> {
    this.#end.abort(new CancelledError('The compression of the layer was given up.'));
    // Nothing is closed under what still writes to it.
    await this.#work;
    await this.#means.file.remove();
  }
}

/** Throws InternalError LAYER_UNSOUND unless the file decompresses, with the checksum at its end, to `size` bytes. */
async function proveWhole(path: string, size: number, signal: AbortSignal): Promise<void> {
  let plain = 0;
  const count = async (content: AsyncIterable<Buffer>) => {
    for await (const chunk of content) plain += chunk.length;
  };
  try {
    const source = createReadStream(path, { highWaterMark: PIECE });
    await pipeline(source, createGunzip({ chunkSize: PIECE }), count, { signal });
  } catch (error) {
    throwIfAborted(signal);
    if (!isDamage(error)) throw error;
    plain = -1;
  }
  if (plain === size) return;
  throw new InternalError(
    'LAYER_UNSOUND',
    'A layer that took over the compression of its archive cannot be decompressed; nothing was tagged.',
    {
      mend: 'Set compression-level: 3, which compresses all layers anew, and report how the archive was compressed.',
    },
  );
}

/** zlib's own word for bytes that are no gzip. */
const isDamage = (error: unknown) => /^Z_/.test((error as NodeJS.ErrnoException).code ?? '');

/** Decompresses the file from its start once more, up to the end of the layer, which must have the same checksum as when it was read. */
async function compressAgain(
  { trail, start, size }: GzipOrigin,
  compression: LayerCompression,
  { expected, signal }: { readonly expected: number; readonly signal: AbortSignal },
): Promise<CompressedFile> {
  const source = createReadStream(trail.path);
  const content = createGunzip({ chunkSize: PIECE });
  source.on('error', (error) => content.destroy(error));
  let [at, crc] = [0, 0];
  try {
    for await (const chunk of source.pipe(content) as AsyncIterable<Buffer>) {
      throwIfAborted(signal);
      const part = chunk.subarray(Math.max(0, start - at), Math.max(0, start + size - at));
      crc = crc32(part, crc);
      if (part.length > 0) await compression.write(part);
      at += chunk.length;
      if (at >= start + size) break;
    }
    if (crc !== expected) throw changed(trail.path);
    return await compression.finish();
  } catch (error) {
    await compression.discard();
    // It was read to its end before.
    throw isDamage(error) ? changed(trail.path) : error;
  } finally {
    source.destroy();
  }
}
