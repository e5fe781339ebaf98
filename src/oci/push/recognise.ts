/**
 * The first short cut: the tag's manifest says from which tarball it was made, and the tarball's own digest is the same. Then nothing is
 * opened: one manifest is read, one file hashed. Hashing begins only where the registry's answer makes it worth while.
 */
import { hashFile } from '../../base/hash.ts';
import type { Digest } from '../model.ts';
import type { PushContext } from './context.ts';
import type { PushFile } from './intake.ts';
import { pushOptionsMark, readSourceMark, type SourceMark } from './manifests/annotations.ts';
import type { ManifestDocument } from './manifests/document.ts';
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
  if (request.onExisting === 'skip' && !request.mergeIndex) {
    const why = 'the tag is there, and on-existing is "skip"';
    return { ...(await settle(target, document, request, means)), tags: [tag], why };
  }
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

function marksOf(document: ManifestDocument): (SourceMark | undefined)[] {
  const top = readSourceMark(document.annotations);
  if (document.kind === 'image' || top) return [top];
  return document.manifests.map(({ annotations }) => readSourceMark(annotations));
}

/** One mark of other options, or an entry by somebody else, and the bytes of the files decide nothing. */
function isWorthHashing(document: ManifestDocument, request: PushRequest): boolean {
  const options = pushOptionsMark(request);
  const marks = marksOf(document);
  if (request.mergeIndex) return document.kind === 'index' && marks.some((it) => it?.options === options);
  const shape = document.kind === 'image' ? request.index !== 'always' : request.index !== 'never';
  return shape && marks.every((it) => it?.options === options);
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
  const options = pushOptionsMark(request);
  const marks = marksOf(document).filter((it) => it?.options === options);
  const sources = new Set(marks.map((it) => it?.archive));
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
    const file = digests ? fileOf(image, digests, files) : files[0];
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
  const mark = readSourceMark(annotations);
  if (!mark) return files.length === 1 ? files[0] : undefined;
  return files.find((it) => digests.get(it) === mark.archive);
}

/** True where nothing of a repository is known that a layer could be reused from. */
export function isNews(tag: RemoteTag): boolean {
  return tag.state === 'absent' || tag.state === 'unknown';
}
