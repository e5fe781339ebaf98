/**
 * The shape of a target: one manifest, an index that a layout brought and that stays as it is, or an index written here over what all
 * members hold. Children of one index are of one format (facts/oci.md §2.6).
 */
import type { Artifact, Content, Descriptor, Image, Index, RawManifest } from '../model.ts';
import { formatOf } from './manifests/document.ts';
import type { WrittenFormat } from './manifests/manifest.ts';
import { platformText } from './naming/platform.ts';
import type { Problems } from './problems.ts';
import type { Format, PushRequest } from './request.ts';
import type { Member, Target } from './target.ts';

/** An image or artifact; never an index, whose children stand for it. */
export interface Piece {
  readonly member: Member;
  readonly content: Image | Artifact;
  /** How the source's own index lists it. */
  readonly entry?: Descriptor;
}

export interface Assembly {
  readonly target: Target;
  readonly shape: 'single' | 'index' | 'kept-index';
  readonly pieces: readonly Piece[];
  /** With shape kept-index: it, and those below it. */
  readonly index?: Index;
}

/** Adds what forbids a shape to `problems`, and what is left out to `warn`. */
export function assemble(
  target: Target,
  request: PushRequest,
  means: { readonly problems: Problems; readonly warn: (line: string) => void },
): Assembly {
  const pieces = target.members.flatMap((member) => piecesOf(member, member.content));
  const [only] = target.members;
  const single = target.members.length === 1 && only ? only.content : undefined;
  if (single?.kind === 'index') return assembleIndex({ target, pieces, index: single }, request, means);
  const wanted = request.index === 'always' || request.mergeIndex;
  const shape = single && !(wanted && single.kind === 'image') ? 'single' : 'index';
  for (const { content, file } of target.members)
    if (content.kind === 'index') tellAbsent(content, file.label, request, means);
  return { target, shape, pieces };
}

/** The index of one layout: kept where it is whole, else one of what is there. */
function assembleIndex(
  it: { readonly target: Target; readonly pieces: readonly Piece[]; readonly index: Index },
  request: PushRequest,
  means: { readonly problems: Problems; readonly warn: (line: string) => void },
): Assembly {
  const { target, pieces, index } = it;
  const name = target.members[0]?.file.label ?? '';
  const whole = !tellAbsent(index, name, request, means);
  const images = pieces.filter(({ content }) => content.kind === 'image');
  if (request.index === 'never') {
    if (images.length === 1) {
      if (pieces.length > 1) means.warn(`${name}: attestations are left out, since index is "never"`);
      return { target, shape: 'single', pieces: images };
    }
    means.problems.add(
      'PUSH_PLATFORM_TWICE',
      `${name} holds ${images.length} platforms, but index is "never"`,
    );
  }
  const keeps =
    whole && !request.mergeIndex && allOf(index).every((manifest) => suits(manifest, request.format));
  if (keeps) return { target, shape: 'kept-index', pieces, index };
  const alone = pieces.length === 1 && request.index === 'auto' && !request.mergeIndex;
  return { target, shape: alone ? 'single' : 'index', pieces };
}

/** True where platforms are listed, but not there; they are told, or with preserve-digests refused. */
function tellAbsent(
  index: Index,
  file: string,
  request: PushRequest,
  { problems, warn }: { readonly problems: Problems; readonly warn: (line: string) => void },
): boolean {
  const absent = [...indexesOf(index)].flatMap((it) => it.absent);
  const names = [
    ...new Set(absent.map(({ platform, digest }) => (platform ? platformText(platform) : digest))),
  ];
  if (names.length === 0) return false;
  const text = `${file} lists ${names.join(', ')} without holding ${names.length === 1 ? 'it' : 'them'}`;
  if (request.preserveDigests) problems.add('PUSH_PLATFORM_ABSENT', text);
  else warn(`${text}; an index of those that it holds is pushed, so its digest differs from the saved one`);
  return true;
}

function piecesOf(member: Member, content: Content, entry?: Descriptor): Piece[] {
  if (content.kind === 'index')
    return content.children.flatMap((child) => piecesOf(member, child.content, child.descriptor));
  return [{ member, content, ...(entry && { entry }) }];
}

function* indexesOf(index: Index): Generator<Index> {
  yield index;
  for (const { content } of index.children) if (content.kind === 'index') yield* indexesOf(content);
}

/** The manifests below an index that decide on its format: the index itself and its images. */
function allOf(index: Index): RawManifest[] {
  return [...indexesOf(index)].flatMap((it) => [
    it.manifest,
    ...it.children.flatMap(({ content }) =>
      content.kind === 'image' && content.manifest ? [content.manifest] : [],
    ),
  ]);
}

/** True where a manifest may stay as it is under this choice of format. */
export function suits(manifest: RawManifest, format: Format): boolean {
  return format === 'auto' || formatOf(manifest.mediaType) === format;
}

/** The format of what is written: as asked, or as the manifests that are kept beside it, or OCI. */
export function writtenFormat(assembly: Assembly, format: Format): WrittenFormat {
  if (format !== 'auto') return format;
  const kept = assembly.pieces.flatMap(({ content }) =>
    content.manifest ? [formatOf(content.manifest.mediaType)] : [],
  );
  return kept.includes('docker') && !kept.includes('oci') ? 'docker' : 'oci';
}
