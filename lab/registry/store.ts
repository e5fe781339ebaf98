/**
 * The registry's disk: blobs by digest for all repositories, and per repository links to the blobs it may hand out, manifests,
 * tags and uploads under way. All state is here, so that a restart in the middle of a push loses nothing.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ParsedDigest } from './digest.ts';
import { parseDigest } from './digest.ts';

export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export class Store {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Names of components never begin with `_`, so these folders cannot be a repository's. */
  path(repository: string, ...parts: readonly string[]): string {
    return join(this.folder, 'repositories', repository, ...parts);
  }

  blobPath(digest: ParsedDigest): string {
    return join(this.folder, 'blobs', digest.algorithm, digest.hex);
  }

  /** Bytes of the blob where the repository has it. */
  async blobSize(repository: string, digest: ParsedDigest): Promise<number | undefined> {
    if (!existsSync(this.#link(repository, digest))) return undefined;
    return (await stat(this.blobPath(digest)).catch(() => undefined))?.size;
  }

  /** Takes a finished file as that blob. */
  async adoptBlob(repository: string, digest: ParsedDigest, file: string): Promise<void> {
    await mkdir(dirname(this.blobPath(digest)), { recursive: true });
    await rename(file, this.blobPath(digest));
    await this.linkBlob(repository, digest);
  }

  async linkBlob(repository: string, digest: ParsedDigest): Promise<void> {
    await put(this.#link(repository, digest), '');
  }

  /** A repository that has this blob, if any. */
  async holderOf(digest: ParsedDigest): Promise<string | undefined> {
    for (const repository of await this.repositories())
      if (existsSync(this.#link(repository, digest))) return repository;
    return undefined;
  }

  /** The bytes stay: another repository may have them. */
  async unlinkBlob(repository: string, digest: ParsedDigest): Promise<boolean> {
    return remove(this.#link(repository, digest));
  }

  #link(repository: string, digest: ParsedDigest): string {
    return this.path(repository, '_blobs', digest.algorithm, digest.hex);
  }

  async putManifest(repository: string, digest: ParsedDigest, manifest: StoredManifest): Promise<void> {
    const file = this.#manifest(repository, digest);
    await put(file, manifest.bytes);
    await put(`${file}.type`, manifest.mediaType);
  }

  async manifest(repository: string, digest: ParsedDigest): Promise<StoredManifest | undefined> {
    const file = this.#manifest(repository, digest);
    if (!existsSync(file)) return undefined;
    return {
      digest: digest.text,
      mediaType: await readFile(`${file}.type`, 'utf8'),
      bytes: await readFile(file),
    };
  }

  /** Its tags go with it. */
  async removeManifest(repository: string, digest: ParsedDigest): Promise<boolean> {
    for (const tag of await this.tags(repository))
      if ((await this.tag(repository, tag))?.text === digest.text) await this.removeTag(repository, tag);
    await remove(`${this.#manifest(repository, digest)}.type`);
    return remove(this.#manifest(repository, digest));
  }

  async *manifests(repository: string): AsyncGenerator<StoredManifest> {
    for (const algorithm of ['sha256', 'sha512'])
      for (const name of await names(this.path(repository, '_manifests', algorithm))) {
        const digest = parseDigest(`${algorithm}:${name}`);
        const manifest = digest && (await this.manifest(repository, digest));
        if (manifest) yield manifest;
      }
  }

  #manifest(repository: string, digest: ParsedDigest): string {
    return this.path(repository, '_manifests', digest.algorithm, digest.hex);
  }

  async setTag(repository: string, tag: string, digest: ParsedDigest): Promise<void> {
    await put(this.path(repository, '_tags', tag), digest.text);
  }

  async tag(repository: string, tag: string): Promise<ParsedDigest | undefined> {
    const text = await readFile(this.path(repository, '_tags', tag), 'utf8').catch(() => '');
    return parseDigest(text);
  }

  async removeTag(repository: string, tag: string): Promise<boolean> {
    return remove(this.path(repository, '_tags', tag));
  }

  /** In the order that the specification asks for: as Go's strings.Compare, by code unit. */
  async tags(repository: string): Promise<string[]> {
    return (await names(this.path(repository, '_tags'))).toSorted();
  }

  knows(repository: string): boolean {
    return ['_manifests', '_blobs', '_tags'].some((name) => existsSync(this.path(repository, name)));
  }

  /** All of them, sorted. */
  async repositories(below = ''): Promise<string[]> {
    const found: string[] = [];
    for (const name of await names(this.path(below))) {
      const path = below ? `${below}/${name}` : name;
      if (name.startsWith('_')) continue;
      if (this.knows(path)) found.push(path);
      found.push(...(await this.repositories(path)));
    }
    return found.toSorted();
  }
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Whole or not at all: a reader never sees half a file. */
async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${process.hrtime.bigint()}`);
  await writeFile(temporary, content);
  await rename(temporary, path);
}

async function remove(path: string): Promise<boolean> {
  return rm(path).then(
    () => true,
    () => false,
  );
}
