/** Blobs that a registry has: whether, how large, and the small ones' bytes. */
import type { Blob, Digest } from '../model.ts';
import type { RegistryClient } from './client.ts';
import { type Doing, digestError, protocolError } from './failure.ts';
import { pullScope, pushScope, type Scope } from './login/auth.ts';
import { digestBy } from './manifests.ts';
import type { BlobSize, CallContext } from './registry.ts';
import type { Answer } from './wire.ts';

const SMALL = 4 << 20;

export class Blobs {
  readonly #client: RegistryClient;

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  /** As `Registry.headBlob`. */
  async head(
    repository: string,
    digest: Digest,
    { signal }: CallContext = {},
  ): Promise<BlobSize | undefined> {
    const asked = this.asked(`look for the blob ${short(digest)}`, repository);
    const answer = await this.#head(repository, digest, { asked, signal, scope: pullScope(repository) });
    if (answer.status === 404) return undefined;
    if (answer.status >= 400) throw await this.#client.failure(answer, asked, { signal });
    return sizeOf(answer, { digest, asked });
  }

  /**
   * Whether a blob that is to be pushed is there already. Asks with the right to push, so that one token does for all of it; a registry
   * that lets push but not pull does not say, and the upload finds out.
   */
  async has(repository: string, { digest, size }: Blob, { signal }: CallContext = {}): Promise<boolean> {
    const asked = this.asked(`look for the blob ${short(digest)}`, repository);
    const answer = await this.#head(repository, digest, { asked, signal, scope: pushScope(repository) });
    if ([401, 403, 404, 405].includes(answer.status)) return false;
    if (answer.status >= 400) throw await this.#client.failure(answer, asked, { signal });
    const found = sizeOf(answer, { digest, asked });
    if (found === 'unsaid' || found === size) return true;
    throw protocolError(asked, `has ${found} bytes under a digest of ${size}`);
  }

  #head(
    repository: string,
    digest: Digest,
    { asked, signal, scope }: { asked: Doing; scope: Scope } & CallContext,
  ): Promise<Answer> {
    const place = this.#place(repository, digest);
    return this.#client.call({ method: 'HEAD', place, scopes: [scope], asked, signal });
  }

  async get(
    repository: string,
    digest: Digest,
    { signal, limit = SMALL }: CallContext & { readonly limit?: number } = {},
  ): Promise<Uint8Array> {
    const asked = this.asked(`read the blob ${short(digest)}`, repository);
    const answer = await this.#client.call({
      method: 'GET',
      place: this.#place(repository, digest),
      scopes: [pullScope(repository)],
      limit,
      asked,
      signal,
    });
    if (answer.status >= 400) throw await this.#client.failure(answer, asked, { signal });
    if (answer.status !== 200) throw protocolError(asked, `answered HTTP ${answer.status} where 200 is due`);
    if (answer.cutOff) throw protocolError(asked, `sends more than ${limit} bytes`);
    const found = digestBy(digest.startsWith('sha512') ? 'sha512' : 'sha256', answer.bytes);
    if (found !== digest) throw digestError(asked, `sends other bytes: ${found} instead of ${digest}`);
    return answer.bytes;
  }

  asked(doing: string, repository: string): Doing {
    const { host } = this.#client.authority;
    return { host, repository, doing: `${doing} of ${host}/${repository}`, about: 'blob' };
  }

  #place(repository: string, digest: Digest) {
    return this.#client.authority.place(`/v2/${repository}/blobs/${digest}`);
  }
}

/**
 * Bytes that a 200 to a HEAD tells of. One that tells neither may come from a server that says
 * 200 to everything (facts/oci.md §2.1 (8)).
 */
function sizeOf(answer: Answer, { digest, asked }: { digest: Digest; asked: Doing }): BlobSize {
  if (answer.status !== 200)
    throw protocolError(asked, `answered HTTP ${answer.status} where 200 or 404 is due`);
  const { 'content-length': length = '', 'docker-content-digest': told } = answer.headers;
  if (/^\d{1,15}$/.test(length)) return Number(length);
  if (told === digest) return 'unsaid';
  throw protocolError(asked, 'says nothing of the blob that it claims to have');
}

/** Enough of a digest for people: `sha256:0123456789ab`. */
export function short(digest: Digest): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
