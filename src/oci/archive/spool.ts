/** Where the members of a compressed archive are unpacked to: one file, its bytes in the order in which they came. */
import { type FileHandle, open } from 'node:fs/promises';
import { EnvironmentError, messageOf } from '../../base/errors.ts';

export class Spool {
  readonly path: string;
  readonly #handle: FileHandle;
  /** Bytes handed in so far: where the next ones will be. */
  #size = 0;
  /** The write under way; one, so that the next chunk is unpacked meanwhile. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** A new file, readable by its owner alone. */
  static async create(path: string): Promise<Spool> {
    return new Spool(path, await open(path, 'wx', 0o600));
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves when the write before this one is done. The chunk must not change any more. Throws EnvironmentError ARCHIVE_DISK. */
  async write(chunk: Buffer): Promise<void> {
    const before = this.#writing;
    const at = this.#size;
    this.#size += chunk.length;
    this.#writing = before.then(() => this.#writeAll(chunk, at));
    this.#writing.catch(() => {}); // awaited by the next write, or by close
    await before;
  }

  /** Closes it once all is written; harmless a second time. */
  async close(): Promise<void> {
    try {
      await this.#writing;
    } finally {
      await this.#handle.close();
    }
  }

  async #writeAll(chunk: Buffer, at: number): Promise<void> {
    try {
      for (let done = 0; done < chunk.length; ) {
        done += (await this.#handle.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
      }
    } catch (error) {
      throw diskFault(`${this.path} cannot be written: ${messageOf(error)}.`);
    }
  }
}

export function diskFault(what: string): EnvironmentError {
  return new EnvironmentError('ARCHIVE_DISK', what, {
    mend: 'Free space on the disk of the work folder, or set RUNNER_TEMP to a larger one. A plain archive (.tar) is read where it lies.',
  });
}
