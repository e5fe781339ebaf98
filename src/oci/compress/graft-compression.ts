/** A layer that is to be grafted while its archive is read; compressed like any other where that turns out not to work. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { throwIfAborted } from '../../base/clock.ts';
import { CancelledError } from '../../base/errors.ts';
import type { CompressedFile } from '../model.ts';
import type { LayerCompression } from './compressor.ts';
import { graft } from './graft.ts';
import type { GzipOrigin } from './gzip-trail.ts';
import type { HashedFile } from './hashed-file.ts';
import { LayerEnds } from './layer-ends.ts';

interface Means {
  readonly file: HashedFile;
  /** Compresses block by block. */
  readonly anew: () => Promise<LayerCompression>;
  readonly signal: AbortSignal | undefined;
}

export class GraftCompression implements LayerCompression {
  readonly #origin: GzipOrigin;
  readonly #means: Means;
  readonly #ends = new LayerEnds();
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
    this.#ends.push(chunk);
  }

  async finish(): Promise<CompressedFile> {
    const { file, anew } = this.#means;
    throwIfAborted(this.#signal);
    const grafted = await graft(this.#origin, this.#ends, file, this.#signal);
    this.#signal.removeEventListener('abort', this.#onAbort);
    if (grafted) return { ...(await file.finish()), compression: 'gzip' };
    await file.remove();
    return compressAgain(this.#origin, await anew());
  }

  async discard(): Promise<void> {
    this.#end.abort(new CancelledError('The compression of the layer was given up.'));
    await this.#means.file.remove();
  }
}

/** Decompresses the file from its start once more, up to the end of the layer. */
async function compressAgain(
  { trail, start, size }: GzipOrigin,
  compression: LayerCompression,
): Promise<CompressedFile> {
  const source = createReadStream(trail.path);
  const content = createGunzip({ chunkSize: 256 * 1024 });
  source.on('error', (error) => content.destroy(error));
  let at = 0;
  try {
    for await (const chunk of source.pipe(content) as AsyncIterable<Buffer>) {
      const part = chunk.subarray(Math.max(0, start - at), Math.max(0, start + size - at));
      if (part.length > 0) await compression.write(part);
      at += chunk.length;
      if (at >= start + size) break;
    }
    return await compression.finish();
  } catch (error) {
    await compression.discard();
    throw error;
  } finally {
    source.destroy();
  }
}
