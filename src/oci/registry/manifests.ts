/** Manifests of one repository: asked for in all four types, compared with their digest, put and confirmed (facts/oci.md §2.1 (4), (7), (8)). */
import { EnvironmentError } from '../../base/errors.ts';
import { hashOf } from '../../base/hash.ts';
import { MANIFEST_TYPES, OCI_INDEX } from '../media-types.ts';
import type { Digest, RawManifest } from '../model.ts';
import { isDigest } from '../reference.ts';
import type { RegistryClient } from './client.ts';
import { type Doing, digestError, protocolError } from './failure.ts';
import { pullScope, pushScope } from './login/auth.ts';
import { type Referrer, referrerOf, referrersTag, withReferrer } from './referrers.ts';
import type { CallContext, ManifestAnswer, ManifestHead } from './registry.ts';
import { wordsOf } from './registry-words.ts';
import type { Answer } from './wire.ts';

/** Registries refuse larger ones (facts/oci.md §2.1 (7)). */
const LARGEST_MANIFEST = 4 << 20;
const ACCEPT = { accept: MANIFEST_TYPES.join(', ') };
/** A registry that takes pushes may hide what it holds; before a push that is no failure. */
const HIDDEN = new Set([401, 403, 405]);
/** Looks at an index that others may write at the same time; between them it is written. */
const REFERRER_LOOKS = 5;

export class Manifests {
  readonly #client: RegistryClient;

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  async get(repository: string, reference: string, { signal }: CallContext = {}): Promise<ManifestAnswer> {
    const asked = this.#asked(`read the manifest ${reference}`, repository);
    const answer = await this.#read('GET', repository, reference, { asked, signal });
    if (answer.status === 200)
      return { state: 'present', manifest: this.#manifest(answer, reference, asked) };
    const without = await this.#without(answer, asked, { signal });
    if (without.state !== 'gated') return without;
    const digest = await this.#client.storedDigest(repository, reference, { signal });
    return { ...without, ...(digest && { digest }) };
  }

  async head(repository: string, reference: string, { signal }: CallContext = {}): Promise<ManifestHead> {
    const asked = this.#asked(`look for the manifest ${reference}`, repository);
    const answer = await this.#read('HEAD', repository, reference, { asked, signal });
    if (answer.status !== 200) return { state: (await this.#without(answer, asked, { signal })).state };
    const digest = digestOf(answer);
    const size = Number(answer.headers['content-length'] ?? Number.NaN);
    const mediaType = mediaTypeOf(answer);
    return {
      state: 'present',
      ...(digest && { digest }),
      ...(Number.isSafeInteger(size) && { size }),
      ...(mediaType && { mediaType }),
    };
  }

  async put(
    repository: string,
    reference: string,
    manifest: RawManifest,
    context: CallContext = {},
  ): Promise<void> {
    const answer = await this.#store(repository, reference, manifest, context);
    const referrer = answer.headers['oci-subject'] === undefined ? referrerOf(manifest) : undefined;
    if (referrer) await this.#list(repository, referrer, context);
  }

  /** The answer of a registry that has it now, its digest compared. */
  async #store(
    repository: string,
    reference: string,
    manifest: RawManifest,
    context: CallContext,
  ): Promise<Answer> {
    const asked = this.#asked(`push the manifest ${reference}`, repository);
    const answer = await this.#client.call({
      method: 'PUT',
      place: this.#place(repository, reference),
      scopes: [pushScope(repository)],
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      asked,
      signal: context.signal,
    });
    if (answer.status >= 400) throw await this.#client.failure(answer, asked, context);
    if (answer.status !== 201) throw protocolError(asked, `answered HTTP ${answer.status} where 201 is due`);
    const told = digestOf(answer);
    if (told === undefined) await this.#confirm(repository, reference, manifest, context);
    else if (sameAlgorithm(told, manifest.digest) && told !== manifest.digest)
      throw digestError(asked, `says it stored ${told}, not ${manifest.digest}`);
    return answer;
  }

  /** For a registry that does not: puts the referrer into the index of its subject, until a look shows it there. */
  async #list(repository: string, referrer: Referrer, context: CallContext): Promise<void> {
    const tag = referrersTag(referrer.subject);
    for (let look = 0; look < REFERRER_LOOKS; look++) {
      const found = await this.get(repository, tag, context);
      if (found.state === 'gated' || found.state === 'unknown') break;
      const bytes = withReferrer(found.state === 'present' ? found.manifest.bytes : undefined, referrer);
      if (!bytes) return;
      const index = { mediaType: OCI_INDEX, digest: digestBy('sha256', bytes), bytes };
      // Not as one that refers to something itself, whatever is in it: that would go on from subject to subject.
      await this.#store(repository, tag, index, context);
    }
    throw new EnvironmentError(
      'REGISTRY_REFERRERS',
      `${this.#client.authority.host}/${repository}:${tag} does not list ${referrer.descriptor.digest}, which refers to ${referrer.subject}.`,
      {
        mend: 'Let the login pull as well as push; if others push signatures of the same image, run it again.',
      },
    );
  }

  /** The answer to a PUT had no digest: what is there now must be what was sent. A policy that withholds it is no proof against it. */
  async #confirm(
    repository: string,
    reference: string,
    { digest }: RawManifest,
    context: CallContext,
  ): Promise<void> {
    const found = await this.get(repository, reference, context);
    const asked = this.#asked(`push the manifest ${reference}`, repository);
    if (found.state === 'absent') throw protocolError(asked, 'took it, and does not have it');
    if (found.state === 'present' && found.manifest.digest !== digest)
      throw digestError(asked, `has ${found.manifest.digest} there now, not ${digest}`);
  }

  #read(
    method: 'GET' | 'HEAD',
    repository: string,
    reference: string,
    { asked, signal }: { asked: Doing } & CallContext,
  ): Promise<Answer> {
    return this.#client.call({
      method,
      place: this.#place(repository, reference),
      scopes: [pullScope(repository)],
      headers: ACCEPT,
      limit: LARGEST_MANIFEST,
      asked,
      signal,
    });
  }

  #manifest(answer: Answer, reference: string, asked: Doing): RawManifest {
    if (answer.cutOff) throw protocolError(asked, 'sends more than the 4 MiB that a manifest can have');
    const told = isDigest(reference) ? reference : (digestOf(answer) ?? digestBy('sha256', answer.bytes));
    const digest = digestBy(algorithmOf(told), answer.bytes);
    if (digest !== told) throw digestError(asked, `sends other bytes: ${digest} instead of ${told}`);
    const mediaType = mediaTypeOf(answer) ?? mediaTypeWithin(answer.bytes);
    if (mediaType === undefined) throw protocolError(asked, 'sends what is no manifest');
    return { mediaType, digest, bytes: answer.bytes };
  }

  async #without(
    answer: Answer,
    asked: Doing,
    context: CallContext,
  ): Promise<Exclude<ManifestAnswer, { state: 'present' }>> {
    if (answer.status === 404) return { state: 'absent' };
    const { text } = wordsOf(answer, this.#client.secrets);
    const reason = text || `HTTP ${answer.status}`;
    if (answer.status === 412) return { state: 'gated', reason };
    if (HIDDEN.has(answer.status)) return { state: 'unknown', reason };
    if (answer.status < 400) throw protocolError(asked, `answered HTTP ${answer.status} where 200 is due`);
    throw await this.#client.failure(answer, asked, context);
  }

  #place(repository: string, reference: string) {
    return this.#client.authority.place(`/v2/${repository}/manifests/${reference}`);
  }

  #asked(doing: string, repository: string): Doing {
    const { host } = this.#client.authority;
    return { host, repository, doing: `${doing} of ${host}/${repository}`, about: 'manifest' };
  }
}

function digestOf(answer: Answer): Digest | undefined {
  const told = answer.headers['docker-content-digest'] ?? '';
  return isDigest(told) ? told : undefined;
}

/** Some proxies and old registries say `application/json` or `text/plain`; then the manifest itself tells. */
function mediaTypeOf(answer: Answer): string | undefined {
  const type = answer.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type?.startsWith('application/vnd.') ? type : undefined;
}

function mediaTypeWithin(bytes: Uint8Array): string | undefined {
  try {
    const { mediaType } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { mediaType?: unknown };
    return typeof mediaType === 'string' ? mediaType : undefined;
  } catch {
    return undefined;
  }
}

const algorithmOf = (digest: Digest) => digest.slice(0, 6) as 'sha256' | 'sha512';
const sameAlgorithm = (one: Digest, other: Digest) => algorithmOf(one) === algorithmOf(other);

/** The digest of the bytes. */
export function digestBy(algorithm: 'sha256' | 'sha512', bytes: Uint8Array): Digest {
  return `${algorithm}:${hashOf(algorithm, bytes)}`;
}
