/** Where the bytes of members are: in the archive itself, in what was unpacked of it, or compressed on the way (model.ts). */
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Blob, CompressedFile } from '../model.ts';
import { decompress } from './decompress.ts';
import { type Range, SourceFile } from './source-file.ts';
import type { TarFile } from './tar-index.ts';

/** Bytes of a member: a part of a file, or all of a compressed one. A layer of a plain archive has both. */
export interface Place {
  readonly stored?: { readonly file: SourceFile; readonly offset: number };
  readonly compressed?: CompressedFile;
}

export class MemberStore {
  readonly #places: ReadonlyMap<TarFile, Place>;
  /** What else to remove at the end. */
  readonly #folder: string | undefined;

  constructor(places: ReadonlyMap<TarFile, Place>, folder?: string) {
    this.#places = places;
    this.#folder = folder;
  }

  /** The member as a blob, its digest that of the bytes as they were when they were indexed. */
  blob(file: TarFile): Blob {
    const { digest, size } = file;
    return {
      digest,
      size,
      open: (range) =>
        Readable.from(this.read(file, { start: range?.start ?? 0, end: range?.end ?? size }), {
          objectMode: false,
        }),
    };
  }

  compressed(file: TarFile): CompressedFile | undefined {
    return this.#places.get(file)?.compressed;
  }

  async *read(file: TarFile, range: Range = { start: 0, end: file.size }): AsyncGenerator<Buffer> {
    const { stored, compressed } = this.#places.get(file) ?? {};
    const end = Math.min(range.end, file.size);
    if (stored) yield* stored.file.read({ start: stored.offset + range.start, end: stored.offset + end });
    else if (compressed) yield* part(await plainBytes(compressed), { start: range.start, end });
  }

  /** Removes what was compressed of members that `kept` does not have. */
  async discardExcept(kept: ReadonlySet<TarFile>): Promise<void> {
    for (const [file, { compressed }] of this.#places) {
      if (compressed && !kept.has(file)) await rm(compressed.path, { force: true });
    }
  }

  /** Removes what was unpacked and what was compressed. */
  async close(): Promise<void> {
    for (const { compressed } of this.#places.values())
      if (compressed) await rm(compressed.path, { force: true });
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }
}

async function plainBytes({ path, compression }: CompressedFile): Promise<AsyncGenerator<Buffer>> {
  const file = await SourceFile.at(path);
  return decompress(file.read(), compression);
}

async function* part(source: AsyncIterable<Buffer>, { start, end }: Range): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of source) {
    const wanted = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += chunk.length;
    if (wanted.length > 0) yield wanted;
    if (at >= end) return;
  }
}
