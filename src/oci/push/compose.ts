/** From an assembly and its stored layers to the bytes of all manifests: children first, then what the tags name. Pure. */

import { OCI_INDEX, OCI_MANIFEST } from '../media-types.ts';
import type { Descriptor, Digest, Image, RawManifest } from '../model.ts';
import { type Assembly, type Piece, suits, writtenFormat } from './assembly.ts';
import {
  CONFIG_DIGEST,
  IMAGE_SOURCE,
  platformAnnotation,
  sourceAnnotations,
  sourceLabel,
} from './manifests/annotations.ts';
import { digestsIn, isAttestation, parseManifest } from './manifests/document.ts';
import {
  annotateManifest,
  describeManifest,
  type StoredLayer,
  type WrittenFormat,
  writeImageManifest,
  writeIndexManifest,
} from './manifests/manifest.ts';
import { comparePlatforms, platformKey } from './naming/platform.ts';
import type { Format, PushRequest } from './request.ts';

export interface ComposedImage {
  readonly piece: Piece & { readonly content: Image };
  readonly manifest: RawManifest;
}

export interface Composition {
  readonly format: WrittenFormat;
  /** What the tags name. */
  readonly top: RawManifest;
  /** Put by digest before it, in this order. */
  readonly children: readonly RawManifest[];
  readonly images: readonly ComposedImage[];
  /** Attestations left out, since the images that they are about were written anew. */
  readonly dropped: number;
}

export interface ComposeOptions {
  readonly request: PushRequest;
  /** The request's, or another after a refusal. */
  readonly format: Format;
  /** Of each image whose manifest is written. Throws for others that need it. */
  readonly layersOf: (image: Image) => readonly StoredLayer[];
  /** Entries of the remote index that are kept beside ours (merge). */
  readonly others?: readonly Descriptor[];
}

/** All manifests of a target. The same contents give the same bytes, whatever the order of the files. */
export function compose(assembly: Assembly, options: ComposeOptions): Composition {
  const format = writtenFormat(assembly, options.format);
  const keptIndex = keptIndexOf(assembly, options.format);
  const images = assembly.pieces.flatMap((piece) =>
    composeImage(piece, format, { ...options, single: assembly.shape === 'single' }),
  );
  const rewritten = images.some(
    ({ piece, manifest }) => piece.content.manifest && piece.content.manifest !== manifest,
  );
  const artifacts = assembly.pieces.filter(({ content }) => content.kind === 'artifact');
  const kept = artifacts.filter(({ entry }) => !(rewritten && !keptIndex && entry && isAttestation(entry)));
  const beside = assembly.target.companions.map(({ manifest }) => manifest);
  const result = { format, images, dropped: artifacts.length - kept.length };
  if (keptIndex) {
    const children = [...keptChildren(assembly), ...beside];
    return { ...result, top: annotateTop(keptIndex, assembly, options.request), children };
  }
  const manifests = [
    ...images.map(({ manifest }) => manifest),
    ...kept.map(({ content }) => content.manifest as RawManifest),
  ];
  if (assembly.shape === 'single') return { ...result, top: manifests[0]!, children: beside };
  const entries = [
    ...images.map((it) => imageEntry(it, options)),
    ...kept.map((it) => artifactEntry(it, options)),
    ...(options.others ?? []),
  ];
  const top = writeIndexManifest(format, sortEntries(entries), indexAnnotations(images, options));
  return { ...result, top, children: [...sortByDigest(manifests), ...beside] };
}

/** A layout's index stays only with all that is below it. */
function keptIndexOf({ shape, index, pieces }: Assembly, format: Format): RawManifest | undefined {
  if (shape !== 'kept-index' || !index) return undefined;
  const images = pieces.flatMap(({ content }) =>
    content.kind === 'image' && content.manifest ? [content.manifest] : [],
  );
  return [index.manifest, ...images].every((manifest) => suits(manifest, format))
    ? index.manifest
    : undefined;
}

/** An image's manifest: its own where it may stay, else written; a single one takes the asked-for annotations in either case. */
function composeImage(
  piece: Piece,
  format: WrittenFormat,
  options: ComposeOptions & { readonly single: boolean },
): ComposedImage[] {
  const { content } = piece;
  if (content.kind !== 'image') return [];
  const image = { ...piece, content };
  if (content.manifest && suits(content.manifest, options.format)) {
    return [
      {
        piece: image,
        manifest: options.single ? annotateKept(content.manifest, image, options.request) : content.manifest,
      },
    ];
  }
  const layers = options.layersOf(content);
  const holds = [content.config, ...layers].map(({ digest }) => digest);
  const annotations = {
    ...imageAnnotations(image, options.request),
    ...ownMarks(image, options.request, holds),
  };
  return [
    { piece: image, manifest: writeImageManifest(format, { config: content.config, layers, annotations }) },
  ];
}

/** Annotations by the user's word, below them the source that the image's label tells. */
function imageAnnotations({ content }: ComposedImage['piece'], request: PushRequest): Record<string, string> {
  const source = sourceLabel(content.config.bytes);
  return { ...(source && { [IMAGE_SOURCE]: source }), ...request.annotations };
}

function ownMarks(
  { member, content }: ComposedImage['piece'],
  request: PushRequest,
  holds: readonly Digest[],
): Record<string, string> {
  return {
    ...sourceAnnotations(member.archive.sha256, request, holds),
    ...platformAnnotation(content.platform),
  };
}

function digestsOf(manifest: RawManifest): readonly Digest[] {
  const document = parseManifest(manifest);
  return document ? digestsIn(document) : [];
}

/** Only who asks for annotations gets a layout's manifest with another digest, and not with preserve-digests. */
function annotateKept(
  manifest: RawManifest,
  piece: ComposedImage['piece'],
  request: PushRequest,
): RawManifest {
  if (!takesAnnotations(manifest, request)) return manifest;
  const marks = ownMarks(piece, request, digestsOf(manifest));
  return annotateManifest(manifest, { ...request.annotations, ...marks });
}

function annotateTop(index: RawManifest, { target }: Assembly, request: PushRequest): RawManifest {
  const archive = target.members[0]?.archive.sha256;
  if (!archive || !takesAnnotations(index, request)) return index;
  const marks = sourceAnnotations(archive, request, digestsOf(index));
  return annotateManifest(index, { ...request.annotations, ...marks });
}

/** True where asked-for annotations are put on a manifest that a layout brought. */
export function takesAnnotations(manifest: RawManifest, request: PushRequest): boolean {
  const able = manifest.mediaType === OCI_MANIFEST || manifest.mediaType === OCI_INDEX;
  return able && !request.preserveDigests && Object.keys(request.annotations).length > 0;
}

/** Everything below a kept index, the deepest first. */
function keptChildren({ index }: Assembly): RawManifest[] {
  const below = (it: NonNullable<Assembly['index']>): RawManifest[] =>
    it.children.flatMap(({ content }) =>
      content.kind === 'index'
        ? [...below(content), content.manifest]
        : content.manifest
          ? [content.manifest]
          : [],
    );
  return index ? below(index) : [];
}

function imageEntry({ piece, manifest }: ComposedImage, { request }: ComposeOptions): Descriptor {
  const { member, content } = piece;
  const annotations = {
    ...sourceAnnotations(member.archive.sha256, request, [manifest.digest]),
    [CONFIG_DIGEST]: content.config.digest,
  };
  return describeManifest(manifest, { platform: content.platform, annotations });
}

function artifactEntry({ content, entry, member }: Piece, { request }: ComposeOptions): Descriptor {
  const plain = entry ?? describeManifest(content.manifest as RawManifest);
  const marks = sourceAnnotations(member.archive.sha256, request, [plain.digest]);
  return { ...plain, annotations: { ...plain.annotations, ...marks } };
}

/** The source of an index is that of its images, where they agree. */
function indexAnnotations(
  images: readonly ComposedImage[],
  { request }: ComposeOptions,
): Record<string, string> {
  const sources = new Set(images.map(({ piece }) => sourceLabel(piece.content.config.bytes)));
  const [source] = sources.size === 1 ? sources : [];
  return { ...(source && { [IMAGE_SOURCE]: source }), ...request.annotations };
}

function sortEntries(entries: readonly Descriptor[]): Descriptor[] {
  return [...entries].sort(
    (a, b) =>
      rank(a) - rank(b) || compareTold(a, b) || (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0),
  );
}

function rank(entry: Descriptor): number {
  return entry.platform && !isAttestation(entry) ? 0 : 1;
}

function compareTold({ platform: a }: Descriptor, { platform: b }: Descriptor): number {
  return a && b ? comparePlatforms(a, b) : 0;
}

function sortByDigest(manifests: readonly RawManifest[]): RawManifest[] {
  return [...new Map(manifests.map((it) => [it.digest, it])).values()].sort((a, b) =>
    a.digest < b.digest ? -1 : 1,
  );
}

/** Entries of a remote index that ours do not replace: other platforms, and the attestations about those. */
export function entriesToKeep(remote: readonly Descriptor[], ours: readonly Image[]): Descriptor[] {
  const replaced = new Set(ours.map(({ platform }) => platformKey(platform)));
  const images = remote.filter(
    (it) => it.platform && !isAttestation(it) && !replaced.has(platformKey(it.platform)),
  );
  const digests = new Set<string>(images.map(({ digest }) => digest));
  const about = (it: Descriptor) => it.annotations?.['vnd.docker.reference.digest'];
  const attestations = remote.filter((it) => isAttestation(it) && digests.has(about(it) ?? ''));
  return [...images, ...attestations];
}
