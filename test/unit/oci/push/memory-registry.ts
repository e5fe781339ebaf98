/** A registry in memory, with the manners of a real one: blobs before manifests, digests checked. It counts, refuses and breaks on demand. */

import { EnvironmentError } from '../../../../src/base/errors.ts';
import { hashOf } from '../../../../src/base/hash.ts';
import type { Blob, Digest, RawManifest } from '../../../../src/oci/model.ts';
import { parseManifest } from '../../../../src/oci/push/manifests/document.ts';
import type {
  BlobSize,
  Registry,
  UploadOptions,
  UploadOutcome,
} from '../../../../src/oci/registry/registry.ts';

interface Repository {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, RawManifest>;
  readonly tags: Map<string, Digest>;
}

export class MemoryRegistry implements Registry {
  readonly host: string;
  requests = 0;
  /** Bytes of blobs that came over the wire. */
  received = 0;
  /** `PUT manifest app:v1`, in order. */
  readonly calls: string[] = [];
  /** Called before each request; throws to break it. */
  before: (call: string) => void | Promise<void> = () => {};
  /** Media types of manifests that it refuses. */
  refuses: readonly string[] = [];
  /** Answers of a repository that is withheld: by a policy, or by a login that may only push. */
  withholds: 'gated' | 'unknown' | undefined;
  /** False: answers to HEAD name a blob's digest alone. */
  saysSizes = true;
  mounts = true;
  #repositories = new Map<string, Repository>();

  constructor(host = 'registry.example.com') {
    this.host = host;
  }

  repository(name: string): Repository {
    const found = this.#repositories.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
    this.#repositories.set(name, found);
    return found;
  }

  /** `app:v1` → its manifest, parsed. */
  manifest(reference: string): ReturnType<typeof parseManifest> {
    const [name = '', tag = ''] = reference.split(/[:@](.*)/s);
    const raw = this.#find(name, tag);
    return raw && parseManifest(raw);
  }

  /** `app:v1=sha256:…` of all tags. */
  tags(): string[] {
    return [...this.#repositories].flatMap(([name, { tags }]) =>
      [...tags].map(([tag, digest]) => `${name}:${tag}=${digest}`),
    );
  }

  async getManifest(repository: string, reference: string) {
    await this.#call(`GET manifest ${repository}:${reference}`);
    const manifest = this.#find(repository, reference);
    if (manifest && this.withholds) return { state: this.withholds, reason: 'withheld' } as const;
    return manifest ? ({ state: 'present', manifest } as const) : ({ state: 'absent' } as const);
  }

  async headManifest(repository: string, reference: string) {
    await this.#call(`HEAD manifest ${repository}:${reference}`);
    const found = this.#find(repository, reference);
    if (found && this.withholds) return { state: this.withholds } as const;
    return found
      ? ({
          state: 'present',
          digest: found.digest,
          size: found.bytes.length,
          mediaType: found.mediaType,
        } as const)
      : ({ state: 'absent' } as const);
  }

  async putManifest(repository: string, reference: string, manifest: RawManifest) {
    await this.#call(`PUT manifest ${repository}:${reference}`);
    if (this.refuses.includes(manifest.mediaType))
      throw new EnvironmentError('REGISTRY_MANIFEST_REFUSED', `${manifest.mediaType} is refused`);
    const { blobs, manifests, tags } = this.repository(repository);
    if (`sha256:${hashOf('sha256', manifest.bytes)}` !== manifest.digest) throw new Error('wrong digest');
    const document = parseManifest(manifest);
    const missing =
      document?.kind === 'index'
        ? document.manifests.filter(({ digest }) => !manifests.has(digest))
        : [document?.config, ...(document?.layers ?? [])].filter(
            (it) => it && !it.urls && !blobs.has(it.digest),
          );
    if (missing.length > 0)
      throw new EnvironmentError('REGISTRY_BLOB_MISSING', `${reference} misses ${missing[0]?.digest}`);
    manifests.set(manifest.digest, manifest);
    if (!reference.startsWith('sha256:')) tags.set(reference, manifest.digest);
    else if (reference !== manifest.digest) throw new Error('wrong reference');
  }

  async headBlob(repository: string, digest: Digest): Promise<BlobSize | undefined> {
    await this.#call(`HEAD blob ${repository}@${digest}`);
    const size = this.repository(repository).blobs.get(digest)?.length;
    return size !== undefined && !this.saysSizes ? 'unsaid' : size;
  }

  async getBlob(repository: string, digest: Digest) {
    await this.#call(`GET blob ${repository}@${digest}`);
    const bytes = this.repository(repository).blobs.get(digest);
    if (!bytes) throw new EnvironmentError('REGISTRY_REFUSED', 'no such blob');
    return bytes;
  }

  async mountBlob(repository: string, digest: Digest, from: string) {
    await this.#call(`MOUNT blob ${repository}@${digest} from ${from}`);
    return this.#mount(repository, digest, from);
  }

  async ensureBlob(repository: string, blob: Blob, options: UploadOptions = {}): Promise<UploadOutcome> {
    if ((await this.headBlob(repository, blob.digest)) !== undefined) return { how: 'present', sent: 0 };
    for (const from of options.mountFrom ?? [])
      if (await this.mountBlob(repository, blob.digest, from)) return { how: 'mounted', sent: 0 };
    await this.#call(`PUT blob ${repository}@${blob.digest}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of blob.open()) {
      chunks.push(chunk as Uint8Array);
      options.onProgress?.(chunks.reduce((sum, it) => sum + it.length, 0));
    }
    const bytes = Buffer.concat(chunks);
    if (`sha256:${hashOf('sha256', bytes)}` !== blob.digest || bytes.length !== blob.size)
      throw new EnvironmentError('REGISTRY_DIGEST', 'these are other bytes');
    this.received += bytes.length;
    this.repository(repository).blobs.set(blob.digest, bytes);
    return { how: 'uploaded', sent: bytes.length };
  }

  async ensureProject() {
    return 'unsupported' as const;
  }

  async close() {}

  #mount(repository: string, digest: Digest, from: string): boolean {
    const bytes = this.mounts ? this.repository(from).blobs.get(digest) : undefined;
    if (bytes) this.repository(repository).blobs.set(digest, bytes);
    return bytes !== undefined;
  }

  #find(repository: string, reference: string): RawManifest | undefined {
    const { manifests, tags } = this.repository(repository);
    return manifests.get(tags.get(reference) ?? reference);
  }

  async #call(call: string): Promise<void> {
    this.requests++;
    this.calls.push(call);
    await this.before(call);
  }
}
