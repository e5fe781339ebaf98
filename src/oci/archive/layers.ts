/** Layers of an archive, each verified: what it unpacks to has the digest that the configuration promises (its diffID). */
import { createHash } from 'node:crypto';
import { throwIfAborted } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';
import type { CompressedFile, Compression, Digest, Layer } from '../model.ts';
import { type Budget, counted, limited } from './budget.ts';
import { decompress } from './decompress.ts';
import type { Members } from './members.ts';
import { SAVE_ANEW } from './tar-header.ts';
import type { TarFile } from './tar-index.ts';

/** Layers that are decompressed at the same time. */
const AT_ONCE = 2;

export interface LayerSource {
  readonly file: TarFile;
  readonly diffId: Digest;
  readonly mediaType?: string | undefined;
  readonly urls?: readonly string[] | undefined;
}

interface Plain {
  readonly digest: Digest;
  readonly size: number;
}

export interface LayerContext {
  readonly members: Members;
  /** What was made of a file on the way. */
  compressed(file: TarFile): CompressedFile | undefined;
  readonly budget: Budget;
  readonly signal?: AbortSignal | undefined;
}

export class Layers {
  readonly #context: LayerContext;
  /** Of compressed files: what they hold. Shared layers are unpacked once. */
  readonly #plain = new Map<TarFile, Promise<Plain>>();
  readonly #diffIds = new Map<TarFile, Digest>();

  constructor(context: LayerContext) {
    this.#context = context;
  }

  /** In the order given. Throws UserError ARCHIVE_DIFF_ID_WRONG, ARCHIVE_LAYER_AMBIGUOUS, ARCHIVE_LAYER_COMPRESSION and what unpacking throws. */
  async verified(sources: readonly LayerSource[]): Promise<Layer[]> {
    for (const { file, diffId } of sources) this.#claim(file, diffId);
    const layers = new Array<Layer>(sources.length);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < sources.length; at = next++) layers[at] = await this.#layer(sources[at]!);
    };
    const stop = (error: unknown): never => {
      next = sources.length;
      throw error;
    };
    const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => work().catch(stop)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    return layers;
  }

  /** One file is one layer, in whichever image. */
  #claim(file: TarFile, diffId: Digest): void {
    const before = this.#diffIds.get(file) ?? diffId;
    this.#diffIds.set(file, diffId);
    if (before === diffId) return;
    throw new UserError(
      'ARCHIVE_LAYER_AMBIGUOUS',
      `The archive has ${file.name} as two different layers, ${before} and ${diffId}.`,
      { mend: SAVE_ANEW },
    );
  }

  async #layer({ file, diffId, mediaType, urls }: LayerSource): Promise<Layer> {
    const { members } = this.#context;
    const compression = compressionOf(file, diffId);
    const plain = compression === 'none' ? file : await this.#unpacked(file, compression);
    if (plain.digest !== diffId) throw wrongDiffId(file, plain.digest, diffId);
    const made = this.#context.compressed(file);
    return {
      diffId,
      uncompressedSize: plain.size,
      stored: members.bytes.blob(file),
      compression,
      ...(mediaType && { mediaType }),
      ...(made && { compressed: made }),
      ...(urls && { urls }),
    };
  }

  #unpacked(file: TarFile, compression: 'gzip' | 'zstd'): Promise<Plain> {
    let plain = this.#plain.get(file);
    if (!plain) {
      plain = this.#unpack(file, compression);
      this.#plain.set(file, plain);
    }
    return plain;
  }

  async #unpack(file: TarFile, compression: 'gzip' | 'zstd'): Promise<Plain> {
    const stored = counted(this.#context.members.bytes.read(file));
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of limited(
      decompress(stored.stream, compression),
      this.#context.budget,
      stored.bytes,
    )) {
      throwIfAborted(this.#context.signal);
      hash.update(chunk);
      size += chunk.length;
    }
    return { digest: `sha256:${hash.digest('hex')}`, size };
  }
}

/** The right bytes are no compression, whatever they look like. */
function compressionOf(file: TarFile, diffId: Digest): Compression {
  if (file.digest === diffId) return 'none';
  switch (file.compression) {
    case 'none':
    case 'gzip':
    case 'zstd':
      return file.compression;
    default:
      throw new UserError(
        'ARCHIVE_LAYER_COMPRESSION',
        `The layer ${file.name} is compressed with ${file.compression}, which no registry knows.`,
        {
          mend: 'Save the image with plain, gzip or zstd layers.',
        },
      );
  }
}

function wrongDiffId(file: TarFile, found: Digest, diffId: Digest): UserError {
  return new UserError(
    'ARCHIVE_DIFF_ID_WRONG',
    `The layer ${file.name} has the digest ${found}; the image's configuration says ${diffId}.`,
    { mend: SAVE_ANEW },
  );
}
