/** A file that is hashed while it is written, so that nothing is read a second time for its digest. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { EnvironmentError, messageOf } from '../../base/errors.ts';
import type { Digest } from '../model.ts';

export class HashedFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #size = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** A new file, readable by its owner alone. Throws EnvironmentError LAYER_FILE_UNWRITABLE, as `append` does. */
  static async create(path: string): Promise<HashedFile> {
    const handle = await open(path, 'wx', 0o600).catch((cause) => Promise.reject(unwritable(path, cause)));
    return new HashedFile(path, handle);
  }

  /** One call at a time: the order of calls is the order in the file. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  async finish(): Promise<{ path: string; digest: Digest; size: number }> {
    await this.#handle.close();
    return { path: this.path, digest: `sha256:${this.#hash.digest('hex')}`, size: this.#size };
  }

  /** Closes and removes it; harmless after `finish`, too. */
  async remove(): Promise<void> {
    await this.#handle.close().catch(() => {}); // closed already: by finish
    await rm(this.path, { force: true });
  }
}

function unwritable(path: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(
    'LAYER_FILE_UNWRITABLE',
    `A layer cannot be written to ${path}: ${messageOf(cause)}.`,
    {
      mend: 'Make room on that disk, or name a larger one by RUNNER_TEMP: what layers become lies there until all images are pushed.',
      cause,
    },
  );
}
