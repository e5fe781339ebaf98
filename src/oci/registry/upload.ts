/**
 * One blob into one repository: looked for, mounted from a neighbour, or sent. In one request at first; after a cut, in chunks that
 * are checkpoints. Always looked for again before anything is sent twice (facts/oci.md §2.1 (5), (6), §2.3).
 */
import type { Blob, Digest } from '../model.ts';
import { pushScope } from './auth.ts';
import { type Blobs, short } from './blobs.ts';
import type { RegistryClient } from './client.ts';
import type { CallContext, UploadOptions, UploadOutcome } from './registry.ts';
import { Sessions, type Upload } from './sessions.ts';

/** Milliseconds that a registry may take to store what it was sent: object stores copy it. */
const COMMIT_TIMEOUT = 600_000;

export class Uploads {
  readonly #client: RegistryClient;
  readonly #blobs: Blobs;
  readonly #sessions: Sessions;

  constructor(client: RegistryClient, blobs: Blobs) {
    this.#client = client;
    this.#blobs = blobs;
    this.#sessions = new Sessions(client);
  }

  /** Mounts it, or leaves nothing behind. */
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

  async ensure(repository: string, blob: Blob, options: UploadOptions = {}): Promise<UploadOutcome> {
    const { signal, mountFrom = [] } = options;
    if ((await this.#blobs.head(repository, blob.digest, { signal, writing: true })) !== undefined)
      return { how: 'present', sent: 0 };
    const upload = this.#upload(repository, blob.digest, signal);
    for (const from of mountFrom) {
      if (await this.mount(repository, blob.digest, from, { signal })) return { how: 'mounted', sent: 0 };
    }
    const session = await this.#sessions.begin(upload);
    const answer = await this.#client.call({
      method: 'PUT',
      place: { ...session.place, url: withDigest(session.place.url, blob.digest) },
      scopes: [pushScope(repository)],
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
      body: () => blob.open(),
      timeout: COMMIT_TIMEOUT,
      asked: upload.asked,
      signal,
    });
    if (answer.status !== 201) throw this.#sessions.unexpected(answer, upload.asked, 201);
    options.onProgress?.(blob.size);
    return { how: 'uploaded', sent: blob.size };
  }

  #upload(repository: string, digest: Digest, signal: AbortSignal | undefined): Upload {
    return {
      repository,
      digest,
      asked: this.#blobs.asked(`push the blob ${short(digest)}`, repository),
      signal,
    };
  }
}

/** Appended to what the location has: it carries the session's state. */
function withDigest(location: string, digest: Digest): string {
  return `${location}${new URL(location).search ? '&' : '?'}digest=${digest}`;
}
