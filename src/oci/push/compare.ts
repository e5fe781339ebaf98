/**
 * The second short cut, with the archive opened: the tag's image has our configuration, so the same layers, and everything that was asked
 * for; or the tag's digest is that of a manifest that stays as it is. Then nothing is compressed and nothing sent.
 */
import type { Descriptor, Digest, Image, Layer } from '../model.ts';
import { type Assembly, type Piece, suits } from './assembly.ts';
import { type Composition, compose, entriesToKeep } from './compose.ts';
import { compressionOf } from './layers/known.ts';
import type { ImageDocument, IndexDocument, ManifestDocument } from './manifests/document.ts';
import { formatOf, isAttestation } from './manifests/document.ts';
import type { Remote } from './manifests/remote.ts';
import { platformKey, platformText } from './naming/platform.ts';
import type { LayerCompressionChoice, PushRequest } from './request.ts';
import type { Settled, SettledImage } from './settled.ts';
import { imageTags, type Target } from './target.ts';

/** Undefined where something must be written. */
export async function compareWithTag(
  assembly: Assembly,
  document: ManifestDocument,
  means: { readonly request: PushRequest; readonly remote: Remote },
): Promise<Settled | undefined> {
  const { request } = means;
  const kept = composeKept(assembly, document, request);
  if (kept)
    return kept.top.digest === document.raw.digest
      ? settledAs(assembly, document, settledImages(assembly, kept))
      : undefined;
  if (!hasAnnotations(document, request)) return undefined;
  const images =
    document.kind === 'image'
      ? sameSingle(assembly, document, request)
      : await sameIndex(assembly, document, means);
  return images && settledAs(assembly, document, images);
}

/** The manifests of a target whose images all keep theirs: known without a layer being looked at. */
function composeKept(
  assembly: Assembly,
  document: ManifestDocument,
  request: PushRequest,
): Composition | undefined {
  const isKept = ({ content }: Piece) =>
    content.manifest !== undefined && suits(content.manifest, request.format);
  if (!assembly.pieces.every(isKept)) return undefined;
  const others =
    request.mergeIndex && document.kind === 'index'
      ? entriesToKeep(document.manifests, ourImages(assembly))
      : [];
  return compose(assembly, { request, format: request.format, layersOf: () => [], others });
}

/** The images that a target is made of. */
export function ourImages({ pieces }: Assembly): Image[] {
  return pieces.flatMap(({ content }) => (content.kind === 'image' ? [content] : []));
}

/** What a composition's images are reported as. */
export function settledImages({ target }: Assembly, { images }: Composition): SettledImage[] {
  return images.map(({ piece, manifest }) => settledImage(target, piece, manifest.digest));
}

type ImagePiece = Piece & { readonly content: Image };

function settledImage(target: Target, { member, content }: ImagePiece, digest: Digest): SettledImage {
  const { platform, config } = content;
  const tags = imageTags(target, member, content);
  return { platform, digest, configDigest: config.digest, file: member.file.label, tags };
}

function settledAs(
  { target }: Assembly,
  { raw }: ManifestDocument,
  images: readonly SettledImage[],
): Settled {
  const { repository, tags } = target;
  return { repository, tags, manifest: raw, images, why: 'the tag names the same content' };
}

function sameSingle(
  assembly: Assembly,
  document: ImageDocument,
  request: PushRequest,
): SettledImage[] | undefined {
  const [piece] = assembly.pieces;
  if (assembly.shape !== 'single' || piece?.content.kind !== 'image') return undefined;
  if (!isSameImage(document, piece.content, request)) return undefined;
  return [settledImage(assembly.target, piece as ImagePiece, document.raw.digest)];
}

/** Every piece of ours is in it, and but for merge nothing else. */
async function sameIndex(
  assembly: Assembly,
  document: IndexDocument,
  { request, remote }: { readonly request: PushRequest; readonly remote: Remote },
): Promise<SettledImage[] | undefined> {
  if (assembly.shape !== 'index' || !suits(document.raw, request.format)) return undefined;
  if (!request.mergeIndex && document.manifests.length !== assembly.pieces.length) return undefined;
  const images: SettledImage[] = [];
  for (const piece of assembly.pieces) {
    const entry = document.manifests.find((it) => isEntryOf(it, piece));
    if (
      !entry ||
      !(await isSamePiece(piece, entry, { request, remote, repository: assembly.target.repository }))
    )
      return undefined;
    if (piece.content.kind === 'image')
      images.push(settledImage(assembly.target, piece as ImagePiece, entry.digest));
  }
  return images;
}

/** Platforms of ours that an index has already, with other content: what on-existing decides on where indexes are merged. */
export async function conflictingPlatforms(
  { pieces, target }: Assembly,
  document: ManifestDocument,
  { request, remote }: { readonly request: PushRequest; readonly remote: Remote },
): Promise<string[]> {
  if (document.kind !== 'index') return [];
  const conflicts: string[] = [];
  for (const piece of pieces) {
    const entry = document.manifests.find((it) => isEntryOf(it, piece));
    if (piece.content.kind !== 'image' || !entry) continue;
    const same = await isSamePiece(piece, entry, { request, remote, repository: target.repository });
    if (!same) conflicts.push(platformText(piece.content.platform));
  }
  return conflicts;
}

/** Platforms that the tag serves now, and will not when the assembly is written over it. */
export function lostPlatforms(assembly: Assembly, document: ManifestDocument): string[] {
  if (document.kind !== 'index') return [];
  const kept = entriesToKeep(document.manifests, ourImages(assembly));
  return kept.flatMap((it) => (it.platform && !isAttestation(it) ? [platformText(it.platform)] : []));
}

function isEntryOf(entry: Descriptor, { content }: Piece): boolean {
  if (content.kind === 'artifact') return entry.digest === content.manifest.digest;
  return (
    !!entry.platform && !isAttestation(entry) && platformKey(entry.platform) === platformKey(content.platform)
  );
}

async function isSamePiece(
  { content }: Piece,
  entry: Descriptor,
  {
    request,
    remote,
    repository,
  }: { readonly request: PushRequest; readonly remote: Remote; readonly repository: string },
): Promise<boolean> {
  if (content.kind === 'artifact') return true;
  if (content.manifest && suits(content.manifest, request.format))
    return entry.digest === content.manifest.digest;
  const child = await remote.child(repository, entry);
  return child !== undefined && isSameImage(child, content, request);
}

/** Same configuration, so the same diffIDs; format and compression as asked. */
function isSameImage(document: ImageDocument, image: Image, request: PushRequest): boolean {
  if (document.config.digest !== image.config.digest || document.layers.length !== image.layers.length)
    return false;
  if (request.format !== 'auto' && formatOf(document.raw.mediaType) !== request.format) return false;
  return document.layers.every((it, index) => isLayerAsAsked(it, image.layers[index]!, request.compression));
}

function isLayerAsAsked(
  { digest, mediaType }: Descriptor,
  layer: Layer,
  choice: LayerCompressionChoice,
): boolean {
  if (layer.urls || choice === 'keep') return digest === layer.stored.digest;
  return compressionOf(mediaType) === choice;
}

/** Docker's format can bear none, so there none are missed. */
function hasAnnotations({ annotations, raw }: ManifestDocument, request: PushRequest): boolean {
  if (formatOf(raw.mediaType) === 'docker' && request.format !== 'oci') return true;
  return Object.entries(request.annotations).every(([key, value]) => annotations[key] === value);
}
