/** Blobs into repositories: looked for, mounted from a neighbour, or sent (facts/oci.md §2.1 (5)). */
import type { Blob, Digest } from '../../model.ts';
import type { Blobs } from '../blobs.ts';
import { short } from '../blobs.ts';
import type { CallContext, UploadOptions, UploadOutcome } from '../registry.ts';
import { BlobUpload, type UploadParts } from './blob.ts';
import type { Session, Sessions, Upload } from './sessions.ts';

/** Neighbours that are asked for a mount; each costs a request. */
const MOST_MOUNTS = 3;

export class Uploads {
  readonly #blobs: Blobs;
  readonly #sessions: Sessions;
  readonly #parts: UploadParts;

  constructor(parts: UploadParts) {
    this.#blobs = parts.blobs;
    this.#sessions = parts.sessions;
    this.#parts = parts;
  }

  /** As `Registry.mountBlob`. */
  async mount(
    repository: string,
    digest: Digest,
    from: string,
    { signal }: CallContext = {},
  ): Promise<boolean> {
    const upload = this.#upload(repository, digest, signal);
    const outcome = await this.#sessions.mount(upload, from);
    if (typeof outcome === 'object') await this.#sessions.cancel(outcome, upload);
    return outcome === true;
  }

  /** As `Registry.ensureBlob`. */
  async ensure(repository: string, blob: Blob, options: UploadOptions = {}): Promise<UploadOutcome> {
    const { signal, mountFrom = [], onProgress } = options;
    if (await this.#blobs.has(repository, blob, { signal })) return { how: 'present', sent: 0 };
    const upload = this.#upload(repository, blob.digest, signal);
    const session = await this.#mountFirst(upload, mountFrom.slice(0, MOST_MOUNTS));
    if (session === 'mounted') return { how: 'mounted', sent: 0 };
    const sending = new BlobUpload({ upload, blob, onProgress }, this.#parts);
    return { how: 'uploaded', sent: await sending.run(session) };
  }

  /** Mounted, or the upload that the registry opened instead of the last one. */
  async #mountFirst(upload: Upload, from: readonly string[]): Promise<'mounted' | Session | undefined> {
    let opened: Session | undefined;
    for (const neighbour of from.filter((one) => one !== upload.repository)) {
      const outcome = await this.#sessions.mount(upload, neighbour).catch(async (error: unknown) => {
        if (opened) await this.#sessions.cancel(opened, upload);
        throw error;
      });
      if (outcome === false) continue;
      if (opened) await this.#sessions.cancel(opened, upload);
      if (outcome === true) return 'mounted';
      opened = outcome;
    }
    return opened;
  }

  #upload(repository: string, digest: Digest, signal: AbortSignal | undefined): Upload {
    const asked = this.#blobs.asked(`push the blob ${short(digest)}`, repository);
    return { repository, digest, asked, signal };
  }
}
