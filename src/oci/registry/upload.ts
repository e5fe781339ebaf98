/**
 * One blob into one repository: looked for, mounted from a neighbour, or sent. In one request at first; after a cut, in chunks that
 * are checkpoints. Always looked for again before anything is sent twice (facts/oci.md §2.1 (5), (6), §2.3).
 */
import type { Blob } from '../model.ts';
import { pullScope, pushScope, type Scope } from './auth.ts';
import type { Place } from './authority.ts';
import { type Blobs, short } from './blobs.ts';
import type { RegistryClient } from './client.ts';
import { type Doing, protocolError } from './failure.ts';
import type { UploadOptions, UploadOutcome } from './registry.ts';
import type { Answer } from './wire.ts';

/** Milliseconds that a registry may take to store what it was sent: object stores copy it. */
const COMMIT_TIMEOUT = 600_000;

export class Uploads {
  readonly #client: RegistryClient;
  readonly #blobs: Blobs;

  constructor(client: RegistryClient, blobs: Blobs) {
    this.#client = client;
    this.#blobs = blobs;
  }

  async ensure(repository: string, blob: Blob, options: UploadOptions = {}): Promise<UploadOutcome> {
    const { signal } = options;
    if ((await this.#blobs.head(repository, blob.digest, { signal, writing: true })) !== undefined)
      return { how: 'present', sent: 0 };
    const asked = this.#blobs.asked(`push the blob ${short(blob.digest)}`, repository);
    const [from] = options.mountFrom ?? [];
    const session = await this.#begin(repository, { blob, asked, from, signal });
    if (session === 'mounted') return { how: 'mounted', sent: 0 };
    const answer = await this.#client.call({
      method: 'PUT',
      place: { ...session, url: withDigest(session.url, blob) },
      scopes: [pushScope(repository)],
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
      body: () => blob.open(),
      timeout: COMMIT_TIMEOUT,
      asked,
      signal,
    });
    if (answer.status !== 201) throw this.#unexpected(answer, asked, 201);
    options.onProgress?.(blob.size);
    return { how: 'uploaded', sent: blob.size };
  }

  async #begin(
    repository: string,
    {
      blob,
      asked,
      from,
      signal,
    }: { blob: Blob; asked: Doing; from?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<Place | 'mounted'> {
    const query = from ? `?mount=${blob.digest}&from=${encodeURIComponent(from)}` : '';
    const scopes: Scope[] = [pushScope(repository), ...(from ? [pullScope(from)] : [])];
    const place = this.#client.authority.place(`/v2/${repository}/blobs/uploads/${query}`);
    const answer = await this.#client.call({
      method: 'POST',
      place,
      scopes,
      headers: { 'content-length': '0' },
      asked,
      signal,
    });
    if (from && answer.status === 201) return 'mounted';
    if (from && answer.status >= 400) return this.#begin(repository, { blob, asked, signal });
    if (answer.status !== 202) throw this.#unexpected(answer, asked, 202);
    const { location } = answer.headers;
    if (!location) throw protocolError(asked, 'began an upload without saying where');
    return this.#client.authority.locate(location, answer.url);
  }

  #unexpected(answer: Answer, asked: Doing, due: number): Error {
    return answer.status >= 400
      ? this.#client.refusal(answer, asked)
      : protocolError(asked, `answered HTTP ${answer.status} where ${due} is due`);
  }
}

/** Appended to what the location has: it carries the session's state. */
function withDigest(location: string, { digest }: Blob): string {
  const url = new URL(location);
  return `${url.href}${url.search ? '&' : '?'}digest=${digest}`;
}
