/**
 * The first short cut: the tag's manifest says from which tarball it was made, and the tarball's own digest is the same. Then nothing is
 * opened: one manifest is read, one file hashed. Hashing begins only where the registry's answer makes it worth while.
 */
import { hashFile } from '../../base/hash.ts';
import type { Digest, Platform } from '../model.ts';
import type { PushContext } from './context.ts';
import type { PushFile } from './intake.ts';
import { readOwnMark, readSourceArchive } from './manifests/annotations.ts';
import { digestsIn, type ManifestDocument } from './manifests/document.ts';
import type { Remote, RemoteTag } from './manifests/remote.ts';
import type { Destination } from './naming/destination.ts';
import { architectureWord, isSameArchitecture } from './naming/platform.ts';
import type { PushRequest } from './request.ts';
import { type RemoteImage, remoteImages, type Settled, type SettledImage } from './settled.ts';

/** Files whose names lead to one tag. */
export interface EarlyTarget {
  readonly destination: Destination;
  readonly files: readonly PushFile[];
}

/** Groups files by the tag that their names tell; those whose names do not are in none. */
export function earlyTargets(files: readonly PushFile[]): EarlyTarget[] {
  const told = files.filter((it) => it.destination !== undefined);
  const groups = Map.groupBy(told, ({ destination }) => `${destination?.repository}:${destination?.tag}`);
  return [...groups.values()].map((group) => ({ destination: group[0]!.destination!, files: group }));
}

/** Undefined where the archives must be opened. */
export async function recognise(
  target: EarlyTarget,
  request: PushRequest,
  means: { readonly remote: Remote; readonly context: PushContext },
): Promise<Settled | undefined> {
  if (request.verify === 'full') return undefined;
  const { repository, tag } = target.destination;
  const found = await means.remote.tag(repository, tag);
  if (found.state !== 'image' && found.state !== 'index') return undefined;
  const { document } = found;
  const made = await recogniseFiles(target, document, request, means);
  if (made || request.onExisting !== 'skip' || request.mergeIndex) return made;
  const { images, ...settled } = await settle(target, document, request, means);
  const why = 'the tag is there, and on-existing is "skip"';
  return { ...settled, images: images.map((it) => ({ ...it, tags: [] })), tags: [tag], why };
}

/** Undefined where the tag was made from other files, or otherwise. */
async function recogniseFiles(
  target: EarlyTarget,
  document: ManifestDocument,
  request: PushRequest,
  means: { readonly remote: Remote; readonly context: PushContext },
): Promise<Settled | undefined> {
  if (!isWorthHashing(document, request)) return undefined;
  const digests = await hashAll(target.files, means.context.signal);
  if (!isMadeFrom(document, digests, request)) return undefined;
  const settled = await settle(target, document, request, { ...means, digests });
  for (const { path: id, label, size } of target.files)
    means.context.onProgress?.({ id, label, doing: 'read', done: size, total: size, outcome: 'reused' });
  const says = settled.images.every(({ file, platform }) => {
    const name = target.files.find(({ label }) => label === file)?.fileName?.architecture;
    return name === undefined || isSameArchitecture(name, platform);
  });
  return says ? settled : undefined;
}

/** The archive of each thing that was pushed as it is asked for now; undefined for what was not. */
function marksOf(document: ManifestDocument, request: PushRequest): (Digest | undefined)[] {
  const top = topMark(document, request);
  if (document.kind === 'image' || top) return [top];
  return document.manifests.map(({ annotations, digest }) => readOwnMark(annotations, request, [digest]));
}

function topMark(document: ManifestDocument, request: PushRequest): Digest | undefined {
  return readOwnMark(document.annotations, request, digestsIn(document));
}

/** One mark of other options, or an entry by somebody else, and the bytes of the files decide nothing. */
function isWorthHashing(document: ManifestDocument, request: PushRequest): boolean {
  const marks = marksOf(document, request);
  if (request.mergeIndex) return document.kind === 'index' && marks.some((it) => it !== undefined);
  return hasAskedShape(document, request) && marks.every((it) => it !== undefined);
}

/** With `auto`, an index of a single entry is only kept where an archive brought it. */
function hasAskedShape(document: ManifestDocument, request: PushRequest): boolean {
  if (document.kind === 'image') return request.index !== 'always';
  if (request.index !== 'auto') return request.index === 'always';
  return document.manifests.length > 1 || topMark(document, request) !== undefined;
}

async function hashAll(
  files: readonly PushFile[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<PushFile, Digest>> {
  const digests = new Map<PushFile, Digest>();
  for (const file of files) digests.set(file, `sha256:${await hashFile('sha256', file.path, signal)}`);
  return digests;
}

/** True where every file is in it, and nothing else is (but with merge, which keeps others). */
function isMadeFrom(
  document: ManifestDocument,
  digests: ReadonlyMap<PushFile, Digest>,
  request: PushRequest,
): boolean {
  const sources = new Set(marksOf(document, request).filter((it) => it !== undefined));
  const files = new Set(digests.values());
  return [...files].every((it) => sources.has(it)) && (request.mergeIndex || sources.size === files.size);
}

async function settle(
  { destination, files }: EarlyTarget,
  document: ManifestDocument,
  request: PushRequest,
  means: {
    readonly remote: Remote;
    readonly digests?: ReadonlyMap<PushFile, Digest>;
  },
): Promise<Settled> {
  const { remote, digests } = means;
  const found = await remoteImages(destination.repository, document, { remote });
  const shared = destination.extraTags.filter((tag) =>
    files.every((it) => it.destination?.extraTags.includes(tag)),
  );
  const images = found.flatMap((image): SettledImage[] => {
    const { platform, digest, configDigest } = image;
    const file = digests ? fileOf(image, digests, files) : fileCalled(platform, files);
    if (!file) return [];
    const own = (file.destination?.extraTags ?? []).filter((tag) => !shared.includes(tag));
    const arch = request.archTags ? [`${destination.tag}-${architectureWord(platform)}`] : [];
    return [{ platform, digest, configDigest, file: file.label, tags: [...own, ...arch] }];
  });
  const why = 'the tag was made from the same file';
  return {
    repository: destination.repository,
    tags: [destination.tag, ...shared],
    manifest: document.raw,
    images,
    why,
  };
}

/** Of a merged index, entries of other pushes have no file here. */
function fileOf(
  { annotations }: RemoteImage,
  digests: ReadonlyMap<PushFile, Digest>,
  files: readonly PushFile[],
): PushFile | undefined {
  const archive = readSourceArchive(annotations);
  if (!archive) return files.length === 1 ? files[0] : undefined;
  return files.find((it) => digests.get(it) === archive);
}

/** Where nothing but names can tell. */
function fileCalled(platform: Platform, files: readonly PushFile[]): PushFile | undefined {
  const isCalled = ({ fileName }: PushFile) =>
    fileName?.architecture !== undefined && isSameArchitecture(fileName.architecture, platform);
  return files.find(isCalled) ?? files[0];
}

/** True where nothing of a repository is known that a layer could be reused from. */
export function isNews(tag: RemoteTag): boolean {
  return tag.state === 'absent' || tag.state === 'unknown';
}
