/**
 * Content as `index.json` of an OCI layout lists it: images, nested indexes, attestations and other artifacts, kept byte by byte
 * (OCI image-spec 1.1 "image-layout.md"; facts/oci.md §3).
 */
import type { Readable } from 'node:stream';
import { UserError } from '../../base/errors.ts';
import type {
  Artifact,
  Blob,
  Content,
  Descriptor,
  Image,
  Index,
  IndexChild,
  Layer,
  RawManifest,
} from '../model.ts';
import { hexOf } from './descriptor.ts';
import { checkCount, missing, wrongDigest } from './faults.ts';
import { parseConfig } from './image-config.ts';
import { smallBytes } from './json.ts';
import type { LayerSource, Layers } from './layers.ts';
import { MAX_INDEX_DEPTH, MAX_MANIFESTS } from './limits.ts';
import {
  type IndexBody,
  isForeign,
  isRunnable,
  type ManifestBody,
  parseIndexJson,
  parseManifest,
} from './manifest.ts';
import type { Members } from './members.ts';
import { SAVE_ANEW } from './tar-header.ts';
import type { TarFile } from './tar-index.ts';

export const INDEX_JSON = 'index.json';

/** Content that is listed, and of which the named blob is not there. */
export interface Missing {
  readonly missing: string;
}

export type Found = Content | Missing;

/** One entry of `index.json` with what it leads to. */
export interface Top {
  readonly descriptor: Descriptor;
  readonly found: Found;
}

/** What whoever goes through all of an index meets: a list that is listed many times counts each time. */
interface Extent {
  readonly listed: number;
  readonly depth: number;
}

export const isMissing = (found: Found): found is Missing => 'missing' in found;

export class OciLayout {
  readonly #members: Members;
  readonly #layers: Layers;
  /** A manifest that several lists have is read once. */
  readonly #found = new Map<string, Promise<Found>>();
  readonly #extents = new WeakMap<Found, Extent>();

  constructor(members: Members, layers: Layers) {
    this.#members = members;
    this.#layers = layers;
  }

  /**
   * What `index.json` lists, verified; undefined if there is none. Throws UserError where something that is there is wrong: ARCHIVE_DIGEST_WRONG,
   * ARCHIVE_SIZE_WRONG, ARCHIVE_NESTED_TOO_DEEP, ARCHIVE_TOO_MANY_MANIFESTS, and what manifests, configurations and layers may have.
   */
  async tops(): Promise<Top[] | undefined> {
    const file = this.#members.find(INDEX_JSON);
    if (!file) return undefined;
    const tops: Top[] = [];
    for (const descriptor of parseIndexJson(await smallBytes(this.#members, file, INDEX_JSON))) {
      tops.push({ descriptor, found: await this.#content(descriptor, 0) });
    }
    this.#extentOf(tops.map(({ found }) => found));
    return tops;
  }

  #content(descriptor: Descriptor, depth: number): Promise<Found> {
    if (depth > MAX_INDEX_DEPTH) throw tooDeep();
    const key = `${descriptor.digest} ${descriptor.mediaType}`;
    let found = this.#found.get(key);
    if (!found) {
      if (this.#found.size >= MAX_MANIFESTS) throw tooMany();
      found = this.#read(descriptor, depth);
      this.#found.set(key, found);
    }
    return found;
  }

  async #read(descriptor: Descriptor, depth: number): Promise<Found> {
    const file = this.#blobFile(descriptor);
    if (!file) return { missing: blobPath(descriptor) };
    const bytes = await smallBytes(this.#members, file, file.name);
    const manifest: RawManifest = { mediaType: descriptor.mediaType, digest: descriptor.digest, bytes };
    const body = parseManifest(bytes, descriptor.mediaType, file.name);
    if (body.kind === 'index') return this.#index(manifest, body, depth);
    return isRunnable(body) ? this.#image(manifest, body) : this.#artifact(manifest, body);
  }

  async #index(manifest: RawManifest, body: IndexBody, depth: number): Promise<Index | Missing> {
    const children: IndexChild[] = [];
    const absent: Descriptor[] = [];
    const all: Found[] = [];
    let firstMissing: Missing | undefined;
    for (const descriptor of body.manifests) {
      const found = await this.#content(descriptor, depth + 1);
      all.push(found);
      if (isMissing(found)) {
        firstMissing ??= found;
        absent.push(descriptor);
      } else {
        children.push({ descriptor, content: found });
      }
    }
    // Attestations alone are not what the list is for.
    const empty = children.every(({ content }) => content.kind === 'artifact');
    if (firstMissing && empty) return firstMissing;
    const index: Index = { kind: 'index', names: [], manifest, children, absent };
    this.#extents.set(index, this.#extentOf(all));
    return index;
  }

  /** Of a list of these. Throws UserError ARCHIVE_TOO_MANY_MANIFESTS, ARCHIVE_NESTED_TOO_DEEP. */
  #extentOf(list: readonly Found[]): Extent {
    let listed = list.length;
    let depth = 0;
    for (const found of list) {
      const below = this.#extents.get(found);
      listed += below?.listed ?? 0;
      depth = Math.max(depth, below?.depth ?? 0);
    }
    if (listed > MAX_MANIFESTS) throw tooMany();
    if (depth > MAX_INDEX_DEPTH) throw tooDeep();
    return { listed, depth: depth + 1 };
  }

  async #image(manifest: RawManifest, body: ManifestBody): Promise<Image | Missing> {
    const lacking = [body.config, ...body.layers.filter((layer) => !isForeign(layer))].find(
      (blob) => !this.#blobFile(blob),
    );
    if (lacking) return { missing: blobPath(lacking) };
    const configFile = this.#blobFile(body.config)!;
    const bytes = await smallBytes(this.#members, configFile, configFile.name);
    const { platform, diffIds } = parseConfig(bytes, configFile.name);
    checkCount(blobPath(manifest), body.layers.length, diffIds.length);
    const sources = body.layers.map((layer, index) => ({
      layer,
      diffId: diffIds[index]!,
      file: this.#blobFile(layer),
    }));
    const held = sources.flatMap(({ layer, diffId, file }): LayerSource[] =>
      file ? [{ file, diffId, mediaType: layer.mediaType, urls: layer.urls }] : [],
    );
    const verified = await this.#layers.verified(held);
    return {
      kind: 'image',
      names: [],
      platform,
      config: { ...this.#members.bytes.blob(configFile), bytes, mediaType: body.config.mediaType },
      layers: sources.map(({ layer, diffId, file }) => (file ? verified.shift()! : elsewhere(layer, diffId))),
      manifest,
    };
  }

  #artifact(manifest: RawManifest, body: ManifestBody): Artifact | Missing {
    const blobs = new Map<string, Blob>();
    for (const descriptor of [body.config, ...body.layers]) {
      const file = this.#blobFile(descriptor);
      if (!file) return { missing: blobPath(descriptor) };
      blobs.set(descriptor.digest, this.#members.bytes.blob(file));
    }
    return { kind: 'artifact', names: [], manifest, blobs: [...blobs.values()] };
  }

  /** The file of a blob, its digest and size compared. */
  #blobFile(descriptor: Descriptor): TarFile | undefined {
    const file = this.#members.find(blobPath(descriptor));
    if (!file) return undefined;
    if (file.digest !== descriptor.digest) throw wrongDigest(file.name, file.digest);
    if (file.size !== descriptor.size) throw wrongSize(file, descriptor);
    return file;
  }
}

const blobPath = ({ digest }: Pick<Descriptor, 'digest'>): string => `blobs/sha256/${hexOf(digest)}`;

/** A foreign layer: known by its digest, to be had from its URLs. */
function elsewhere({ mediaType, digest, size, urls }: Descriptor, diffId: Layer['diffId']): Layer {
  const open = (): Readable => {
    throw missing(blobPath({ digest }));
  };
  const compression = /[+.]gzip$/.test(mediaType) ? 'gzip' : /[+.]zstd$/.test(mediaType) ? 'zstd' : 'none';
  return {
    diffId,
    uncompressedSize: size,
    stored: { digest, size, open },
    compression,
    mediaType,
    urls: urls ?? [],
  };
}

function wrongSize(file: TarFile, { size }: Descriptor): UserError {
  return new UserError(
    'ARCHIVE_SIZE_WRONG',
    `${file.name} has ${file.size} bytes; what refers to it says ${size}.`,
    { mend: SAVE_ANEW },
  );
}

function tooDeep(): UserError {
  return new UserError(
    'ARCHIVE_NESTED_TOO_DEEP',
    `The archive has indexes within indexes, more than ${MAX_INDEX_DEPTH} deep.`,
    {
      mend: 'An index of the platforms is all that a tag needs. Build or save the image anew.',
    },
  );
}

function tooMany(): UserError {
  return new UserError(
    'ARCHIVE_TOO_MANY_MANIFESTS',
    `The archive lists more than ${MAX_MANIFESTS} manifests.`,
    {
      mend: 'Save fewer images per archive.',
    },
  );
}
