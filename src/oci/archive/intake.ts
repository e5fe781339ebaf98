/**
 * What becomes of each member while the archive streams by: plain layers are compressed at once, everything else of a compressed archive
 * goes into the spool. What is compressed is not spooled too: it is read back only where a sink wants the plain bytes.
 */
import { rm } from 'node:fs/promises';
import type { LayerCompression, LayerCompressor } from '../compress/compressor.ts';
import type { GzipTrail } from '../compress/gzip-trail.ts';
import type { CompressedFile } from '../model.ts';
import { SMALLEST_LAYER } from './limits.ts';
import type { Place } from './member-store.ts';
import type { Spool } from './spool.ts';
import { BLOCK, hasTarChecksum } from './tar-header.ts';
import type { MemberSink, TarFile } from './tar-index.ts';

export interface IntakeOptions {
  readonly compressor?: LayerCompressor | undefined;
  /** Of an archive that is compressed as a whole; a plain one is read where it lies. */
  readonly spool?: Spool | undefined;
  /** Of a gzip archive. */
  readonly trail?: GzipTrail | undefined;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #offsets = new Map<TarFile, number>();
  readonly #compressed = new Map<TarFile, CompressedFile>();
  readonly #underWay = new Set<LayerCompression>();
  /** The last layer that ended: it is finished while the next one is read. */
  #finishing: Promise<void> = Promise.resolve();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Where each file's bytes are in the spool, and which were compressed. */
  get offsets(): ReadonlyMap<TarFile, number> {
    return this.#offsets;
  }

  get compressed(): ReadonlyMap<TarFile, CompressedFile> {
    return this.#compressed;
  }

  sink({ size, offset }: Pick<TarFile, 'size' | 'offset'>): MemberSink {
    const { compressor, trail } = this.#options;
    if (!compressor || size < SMALLEST_LAYER) return this.#spooled();
    return this.#undecided(() => compressor.begin(trail && { trail, start: offset, size }));
  }

  /** Waits for what still goes on behind the reading. Throws what failed there. */
  async settled(): Promise<void> {
    await this.#finishing;
  }

  /** Ends what is under way and removes what was compressed, after a failure. */
  async discard(): Promise<void> {
    for (const compression of this.#underWay) await compression.discard();
    await this.#finishing.catch(() => {}); // it ends with what it was part of
    for (const { path } of this.#compressed.values()) await rm(path, { force: true });
  }

  #spooled(): MemberSink {
    const { spool } = this.#options;
    const offset = spool?.size ?? 0;
    return {
      write: (chunk) => spool?.write(chunk),
      end: (file) => {
        if (spool) this.#offsets.set(file, offset);
        return undefined;
      },
    };
  }

  /** Holds back the first block, which tells a tar from anything else. */
  #undecided(begin: () => Promise<LayerCompression>): MemberSink {
    let start: Buffer = Buffer.alloc(0);
    let decided: MemberSink | undefined;
    const decide = async (): Promise<void> => {
      decided = hasTarChecksum(start) ? await this.#compressing(begin) : this.#spooled();
      await decided.write(start);
    };
    return {
      write: (chunk) => {
        if (decided) return decided.write(chunk);
        start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
        return start.length < BLOCK ? undefined : decide();
      },
      end: (file) => decided?.end(file),
    };
  }

  async #compressing(begin: () => Promise<LayerCompression>): Promise<MemberSink> {
    const compression = await begin();
    this.#underWay.add(compression);
    return {
      write: (chunk) => compression.write(chunk),
      end: async (file) => {
        // One at a time: what is finished takes memory of its own.
        await this.#finishing;
        this.#finishing = this.#finish(file, compression);
        this.#finishing.catch(() => {}); // told by settled, or by the next end
      },
    };
  }

  async #finish(file: TarFile, compression: LayerCompression): Promise<void> {
    this.#compressed.set(file, await compression.finish());
    this.#underWay.delete(compression);
  }
}

/** The places of all files, for a store. `stored` says where a file's plain bytes are, if anywhere. */
export function placesOf(
  files: readonly TarFile[],
  intake: Intake,
  stored: (file: TarFile) => Place['stored'],
): Map<TarFile, Place> {
  return new Map(
    files.map((file) => {
      const place = stored(file);
      const compressed = intake.compressed.get(file);
      return [file, { ...(place && { stored: place }), ...(compressed && { compressed }) }];
    }),
  );
}
