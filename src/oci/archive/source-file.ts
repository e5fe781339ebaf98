/** A file that is read more than once, and must be the same each time: the archive itself, and what was unpacked of it. */
import { constants, type FileHandle, open } from 'node:fs/promises';
import { EnvironmentError, messageOf, UserError } from '../../base/errors.ts';
import { CHUNK } from './limits.ts';

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Bytes of a file at `path`, as it was when it was opened first. */
export class SourceFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** What tells one state of the file from another. */
  readonly #stamp: string;

  private constructor(path: string, size: number, stamp: string) {
    this.path = path;
    this.size = size;
    this.#stamp = stamp;
  }

  /** Throws UserError ARCHIVE_NOT_READABLE. */
  static async at(path: string): Promise<SourceFile> {
    const handle = await openFile(path);
    try {
      const { size, stamp } = await stateOf(handle);
      return new SourceFile(path, size, stamp);
    } finally {
      await handle.close();
    }
  }

  /**
   * The bytes of a range, read one chunk ahead. Throws EnvironmentError ARCHIVE_CHANGED if the file is another than at first, before it
   * yields anything and again at the end.
   */
  async *read(range: Range = { start: 0, end: this.size }): AsyncGenerator<Buffer> {
    yield* this.#read(range, (length) => Buffer.allocUnsafe(length));
  }

  /** The whole file in chunks that are only lent: each is overwritten once the next but one is asked for. Makes no garbage. */
  async *lend(): AsyncGenerator<Buffer> {
    const ring = [0, 1, 2].map(() => Buffer.allocUnsafe(CHUNK));
    let turn = 0;
    yield* this.#read({ start: 0, end: this.size }, (length) =>
      ring[turn++ % ring.length]!.subarray(0, length),
    );
  }

  async *#read({ start, end }: Range, allocate: (length: number) => Buffer): AsyncGenerator<Buffer> {
    const handle = await openFile(this.path);
    try {
      await this.#compare(handle);
      yield* chunksOf(handle, { start, end }, allocate);
      await this.#compare(handle);
    } catch (error) {
      if (error instanceof ShortRead) throw this.#changed();
      throw error;
    } finally {
      await handle.close();
    }
  }

  async #compare(handle: FileHandle): Promise<void> {
    if ((await stateOf(handle)).stamp !== this.#stamp) throw this.#changed();
  }

  #changed(): EnvironmentError {
    return new EnvironmentError('ARCHIVE_CHANGED', `${this.path} was changed while it was being read.`, {
      mend: 'Let the step that writes the file end before this one begins.',
    });
  }
}

class ShortRead extends Error {}

async function* chunksOf(
  handle: FileHandle,
  { start, end }: Range,
  allocate: (length: number) => Buffer,
): AsyncGenerator<Buffer> {
  const readAt = async (at: number): Promise<Buffer> => {
    const wanted = Math.min(CHUNK, end - at);
    if (wanted <= 0) return Buffer.alloc(0);
    const { bytesRead, buffer } = await handle.read(allocate(wanted), 0, wanted, at);
    if (bytesRead < wanted) throw new ShortRead();
    return buffer;
  };
  let next = readAt(start);
  for (let at = start; at < end; ) {
    const chunk = await next;
    at += chunk.length;
    next = readAt(at);
    // Whoever stops early never awaits it.
    next.catch(() => {});
    yield chunk;
  }
  await next;
}

async function stateOf(handle: FileHandle): Promise<{ size: number; stamp: string }> {
  const { dev, ino, size, mtimeNs } = await handle.stat({ bigint: true });
  return { size: Number(size), stamp: [dev, ino, size, mtimeNs].join(' ') };
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Opening a pipe would wait for whoever writes to it, and cannot be cancelled.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw new Error('it is no regular file');
  } catch (error) {
    throw new UserError('ARCHIVE_NOT_READABLE', `${path} cannot be read: ${messageOf(error)}.`, {
      mend: 'Check the path, and that it is a file that this user may read.',
    });
  }
}
