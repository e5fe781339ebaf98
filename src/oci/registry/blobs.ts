/** Blobs that a registry has: whether, how large, and the small ones' bytes. */
import type { Digest } from '../model.ts';
import { pullScope, pushScope } from './auth.ts';
import type { RegistryClient } from './client.ts';
import { type Doing, digestError, protocolError } from './failure.ts';
import { digestBy } from './manifests.ts';
import type { CallContext } from './registry.ts';

const SMALL = 4 << 20;

export class Blobs {
  readonly #client: RegistryClient;

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  /** `writing`: a push goes on from here, so that one token does for all of it. */
  async head(
    repository: string,
    digest: Digest,
    { signal, writing = false }: CallContext & { writing?: boolean } = {},
  ): Promise<number | undefined> {
    const asked = this.asked(`look for the blob ${short(digest)}`, repository);
    const answer = await this.#client.call({
      method: 'HEAD',
      place: this.#place(repository, digest),
      scopes: [(writing ? pushScope : pullScope)(repository)],
      asked,
      signal,
    });
    if (answer.status === 404) return undefined;
    // Push without pull is a right that some registries give: then the upload finds out.
    if (writing && [401, 403, 405].includes(answer.status)) return undefined;
    if (answer.status >= 400) throw await this.#client.failure(answer, asked);
    if (answer.status !== 200)
      throw protocolError(asked, `answered HTTP ${answer.status} where 200 or 404 is due`);
    const size = Number(answer.headers['content-length'] ?? Number.NaN);
    return Number.isSafeInteger(size) ? size : 0;
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
    if (answer.status >= 400) throw await this.#client.failure(answer, asked);
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

/** Enough of a digest for people: `sha256:0123456789ab`. */
export function short(digest: Digest): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
