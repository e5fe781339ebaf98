/**
 * The sink beside the registry: the same push into OCI layout directories (image-spec "image-layout.md"), with the same digests as the
 * registry would get. It is a Registry over a folder, so plan, manifests and verification are those of every push.
 */
import { createWriteStream } from 'node:fs';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { throwIfAborted } from '../../base/clock.ts';
import { EnvironmentError } from '../../base/errors.ts';
import { meter } from '../../base/hash.ts';
import type { Blob, Digest, RawManifest } from '../model.ts';
import type {
  CallContext,
  ManifestAnswer,
  Registry,
  UploadOptions,
  UploadOutcome,
} from '../registry/registry.ts';
import type { PushContext } from './context.ts';
import { parseManifest } from './manifests/document.ts';
import { describeManifest } from './manifests/manifest.ts';
import type { PushReport, PushRequest } from './request.ts';
import { runPush } from './run.ts';

/** One manifest or index with all that is below it, in a folder of its own whose index.json names it alone. */
export interface WrittenLayout {
  readonly folder: string;
  readonly digest: Digest;
  readonly repository: string;
  /** All that shall name it. */
  readonly tags: readonly string[];
}

export interface WrittenLayouts {
  readonly layouts: readonly WrittenLayout[];
  readonly report: PushReport;
}

/**
 * Writes what a push to `host` would send into numbered folders below `folder`, which exists and is empty: one for each thing that has a
 * tag. Blobs that layouts share are one file. Throws what {@link runPush} throws, and EnvironmentError LAYOUT_UNWRITABLE.
 */
export async function writeLayouts(
  folder: string,
  request: PushRequest,
  context: Omit<PushContext, 'registry'> & { readonly host: string },
): Promise<WrittenLayouts> {
  const pool = join(folder, 'pool');
  await mkdir(pool);
  const registry = new LayoutRegistry(context.host, pool);
  try {
    const report = await runPush({ ...request, cacheFrom: [] }, { ...context, registry });
    const layouts: WrittenLayout[] = [];
    for (const [index, it] of registry.tagged().entries())
      layouts.push(await registry.export(join(folder, String(index)), it));
    return { layouts, report };
  } finally {
    await rm(pool, { recursive: true, force: true });
  }
}

interface Tagged {
  readonly repository: string;
  readonly manifest: RawManifest;
  readonly tags: readonly string[];
}

/** Blobs as files named by their digest; manifests and tags in memory. */
class LayoutRegistry implements Registry {
  readonly host: string;
  readonly requests = 0;
  readonly #pool: string;
  readonly #manifests = new Map<string, RawManifest>();
  /** `repository:tag`, in the order of writing. */
  readonly #tags = new Map<
    string,
    { readonly repository: string; readonly tag: string; readonly digest: Digest }
  >();

  constructor(host: string, pool: string) {
    this.host = host;
    this.#pool = pool;
  }

  async getManifest(repository: string, reference: string): Promise<ManifestAnswer> {
    const manifest = this.#find(repository, reference);
    return manifest ? { state: 'present', manifest } : { state: 'absent' };
  }

  async headManifest(repository: string, reference: string) {
    const found = this.#find(repository, reference);
    return found
      ? ({ state: 'present', digest: found.digest, size: found.bytes.length } as const)
      : ({ state: 'absent' } as const);
  }

  async putManifest(repository: string, reference: string, manifest: RawManifest): Promise<void> {
    this.#manifests.set(manifest.digest, manifest);
    if (reference !== manifest.digest)
      this.#tags.set(`${repository}:${reference}`, { repository, tag: reference, digest: manifest.digest });
  }

  async headBlob(_repository: string, digest: Digest): Promise<number | undefined> {
    return await stat(this.#path(digest)).then(
      ({ size }) => size,
      () => undefined,
    );
  }

  async getBlob(_repository: string, digest: Digest): Promise<Uint8Array> {
    return await readFile(this.#path(digest));
  }

  async mountBlob(repository: string, digest: Digest): Promise<boolean> {
    return (await this.headBlob(repository, digest)) !== undefined;
  }

  async ensureBlob(repository: string, blob: Blob, options: UploadOptions = {}): Promise<UploadOutcome> {
    if ((await this.headBlob(repository, blob.digest)) !== undefined) return { how: 'present', sent: 0 };
    await this.#write(blob, options);
    return { how: 'uploaded', sent: blob.size };
  }

  async ensureProject() {
    return 'unsupported' as const;
  }

  async close(): Promise<void> {}

  /** What has tags, each once. */
  tagged(): Tagged[] {
    const groups = Map.groupBy(this.#tags.values(), ({ repository, digest }) => `${repository}@${digest}`);
    return [...groups.values()].map((group) => ({
      repository: group[0]!.repository,
      manifest: this.#manifests.get(group[0]!.digest)!,
      tags: group.map(({ tag }) => tag),
    }));
  }

  /** A layout of one manifest and all below it; blobs are further names of the pool's files. */
  async export(folder: string, { repository, manifest, tags }: Tagged): Promise<WrittenLayout> {
    const blobs = join(folder, 'blobs', 'sha256');
    await mkdir(blobs, { recursive: true });
    const [tag = ''] = tags;
    const annotations = {
      'org.opencontainers.image.ref.name': tag,
      'io.containerd.image.name': `${this.host}/${repository}:${tag}`,
    };
    const manifests = [{ ...describeManifest(manifest), annotations }];
    await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    for (const raw of this.#below(manifest)) await writeFile(join(blobs, hexOf(raw.digest)), raw.bytes);
    for (const digest of this.#blobsBelow(manifest))
      await link(this.#path(digest), join(blobs, hexOf(digest)));
    return { folder, digest: manifest.digest, repository, tags };
  }

  #below(manifest: RawManifest): RawManifest[] {
    const document = parseManifest(manifest);
    const children = document?.kind === 'index' ? document.manifests : [];
    return [manifest, ...children.flatMap(({ digest }) => this.#below(this.#manifests.get(digest)!))];
  }

  #blobsBelow(manifest: RawManifest): Set<Digest> {
    const blobs = this.#below(manifest).flatMap((raw) => {
      const document = parseManifest(raw);
      return document?.kind === 'image'
        ? [document.config, ...document.layers.filter(({ urls }) => !urls)]
        : [];
    });
    return new Set(blobs.map(({ digest }) => digest));
  }

  /** Whole under its name, or not there. */
  async #write(blob: Blob, { signal, onProgress }: UploadOptions & CallContext): Promise<void> {
    const path = this.#path(blob.digest);
    const { stream, result } = meter('sha256');
    const count = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        yield chunk;
        onProgress?.(result().bytes);
      }
    };
    try {
      await pipeline(blob.open(), stream, count, createWriteStream(`${path}.part`), { signal });
      if (`sha256:${result().hex}` !== blob.digest) throw new Error(`other bytes than ${blob.digest}`);
      await rename(`${path}.part`, path);
    } catch (cause) {
      throwIfAborted(signal);
      throw new EnvironmentError(
        'LAYOUT_UNWRITABLE',
        `A blob of an OCI layout cannot be written to ${path}.`,
        {
          mend: 'Make room on the disk, or look whether the tarball changed meanwhile.',
          cause,
        },
      );
    }
  }

  #path(digest: Digest): string {
    return join(this.#pool, hexOf(digest));
  }

  #find(repository: string, reference: string): RawManifest | undefined {
    const digest = this.#tags.get(`${repository}:${reference}`)?.digest ?? reference;
    return this.#manifests.get(digest);
  }
}

/** The name of a blob's file; archives are read with sha256 digests alone. */
function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
