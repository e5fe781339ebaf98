/**
 * Writes the manifests of a target when all its blobs are there: children by digest, the tag last (facts/oci.md §2.1). Where a registry
 * refuses the format, the other one is tried once; where others write the same index, theirs is read again and ours put into it.
 */
import { EnvironmentError } from '../../base/errors.ts';
import { retry } from '../../base/retry.ts';
import type { Descriptor, Image, RawManifest } from '../model.ts';
import type { Registry } from '../registry/registry.ts';
import type { Assembly } from './assembly.ts';
import { ourImages } from './compare.ts';
import { type Composition, compose, entriesToKeep } from './compose.ts';
import type { PushContext } from './context.ts';
import { formatOf } from './manifests/document.ts';
import { canHold, describeManifest, type StoredLayer } from './manifests/manifest.ts';
import type { Remote, RemoteTag } from './manifests/remote.ts';
import { platformKey } from './naming/platform.ts';
import type { Format, PushRequest } from './request.ts';
import { remoteImages } from './settled.ts';

export interface Publishing {
  readonly assembly: Assembly;
  readonly request: PushRequest;
  readonly context: PushContext;
  readonly remote: Remote;
  readonly layersOf: (image: Image) => readonly StoredLayer[];
}

export interface Published {
  readonly composition: Composition;
  /** False where the tag named it before. */
  readonly changed: boolean;
  /** With merge-index: whether a tag names an index with all of ours in it, and which; others may write it at any time. */
  readonly merged?: (tag: string) => Promise<MergedIndex>;
}

/** `unseen`: nobody lets us look. */
export type MergedIndex =
  | { readonly state: 'holds-ours'; readonly manifest: RawManifest }
  | { readonly state: 'lost' | 'unseen' };

/** Tries to write a changing index; each reads it anew. */
export const MERGE_ATTEMPTS = 8;

/** Writes everything below the first tag, and that tag. */
export async function publish(it: Publishing): Promise<Published> {
  try {
    return await publishAs(it, it.request.format);
  } catch (error) {
    const other = otherFormat(it, error);
    if (!other) throw error;
    const { host } = it.context.registry;
    it.context.log.notice(
      `${host} does not take these manifests; they are written once more in the format ${other}.`,
    );
    return await publishAs(it, other);
  }
}

/** The format to try after a refusal: only where the user left it open, and no digest that was to stay would be lost. */
function otherFormat(
  { assembly, request, layersOf }: Publishing,
  error: unknown,
): 'oci' | 'docker' | undefined {
  const refused = error instanceof EnvironmentError && error.code === 'REGISTRY_MANIFEST_REFUSED';
  if (!refused || request.format !== 'auto' || request.preserveDigests) return undefined;
  const kept = assembly.pieces.flatMap(({ content }) =>
    content.manifest ? [formatOf(content.manifest.mediaType)] : [],
  );
  if (kept.includes('oci')) return undefined;
  if (kept.includes('docker')) return 'oci';
  const layers = ourImages(assembly).flatMap(layersOf);
  return layers.every(({ compression }) => canHold('docker', compression)) ? 'docker' : undefined;
}

async function publishAs(it: Publishing, format: Format): Promise<Published> {
  if (it.request.mergeIndex && it.assembly.shape === 'index') return await publishMerged(it, format);
  const { assembly, request, layersOf, remote } = it;
  const composition = compose(assembly, { request, format, layersOf });
  const { repository, tags } = assembly.target;
  const before = await remote.tag(repository, tags[0]!);
  return { composition, changed: await writeAll(it, composition, before) };
}

async function publishMerged(it: Publishing, format: Format): Promise<Published> {
  const { context, assembly, remote } = it;
  const { clock, log, signal } = context;
  const { repository, tags } = assembly.target;
  const doing = `merging the index ${repository}:${tags[0]}`;
  // Of any try: one that looked lost may have been taken in by another job meanwhile.
  let changed = false;
  return await retry(
    async () => {
      remote.forget(repository, tags[0]!);
      const before = await remote.tag(repository, tags[0]!);
      const others = await othersOf(it, before);
      const composition = compose(assembly, { ...it, format: mergedFormat(format, before), others });
      const merged = (tag: string) => findMerged(it, composition, tag);
      if (await writeAll(it, composition, before)) {
        changed = true;
        if ((await merged(tags[0]!)).state === 'lost') throw contended(assembly);
      }
      return { composition, changed, merged };
    },
    {
      doing,
      attempts: MERGE_ATTEMPTS,
      firstDelay: 200,
      longestDelay: 5000,
      retryable: isMergeLost,
      clock,
      log,
      signal,
    },
  );
}

/** What is written follows the index that is there: some registries refuse a mix (facts/oci.md §2.6). */
function mergedFormat(format: Format, before: RemoteTag): Format {
  return format === 'auto' && before.state === 'index' && formatOf(before.document.raw.mediaType) === 'docker'
    ? 'docker'
    : format;
}

/** Entries of the tag that stay; a single image of another platform becomes one. */
async function othersOf({ assembly, remote }: Publishing, before: RemoteTag): Promise<Descriptor[]> {
  const ours = ourImages(assembly);
  if (before.state === 'absent') return [];
  if (before.state !== 'image' && before.state !== 'index')
    throw new EnvironmentError(
      'PUSH_MERGE_UNREADABLE',
      `The index ${nameOf(assembly)} cannot be read, so nothing can be merged into it.`,
      { mend: 'Let the login pull from the repository, or push without merge-index.' },
    );
  const { document } = before;
  if (document.kind === 'index') return entriesToKeep(document.manifests, ours);
  const [image] = await remoteImages(assembly.target.repository, document, { remote });
  const isOurs = ours.some(({ platform }) => image && platformKey(platform) === platformKey(image.platform));
  return image && !isOurs ? [describeManifest(document.raw, { platform: image.platform })] : [];
}

/** Whoever wrote after us must have taken our entries in; else ours are lost. */
async function findMerged(
  { assembly, remote }: Publishing,
  { top, children }: Composition,
  tag: string,
): Promise<MergedIndex> {
  const { repository, companions } = assembly.target;
  remote.forget(repository, tag);
  const found = await remote.tag(repository, tag);
  if (found.state === 'gated' || found.state === 'unknown') return { state: 'unseen' };
  if ('digest' in found && found.digest === top.digest) return { state: 'holds-ours', manifest: top };
  if (!('document' in found) || found.document.kind !== 'index') return { state: 'lost' };
  const { manifests, raw } = found.document;
  const beside = new Set(companions.map(({ manifest }) => manifest));
  const entries = children.filter((it) => !beside.has(it));
  const isThere = entries.every(({ digest }) => manifests.some((it) => it.digest === digest));
  return isThere ? { state: 'holds-ours', manifest: raw } : { state: 'lost' };
}

function contended(assembly: Assembly): EnvironmentError {
  return new EnvironmentError(
    'PUSH_MERGE_CONTENDED',
    `Others write the index ${nameOf(assembly)} at the same time.`,
    {
      mend: 'Run it again, or push all platforms in one step.',
    },
  );
}

function isMergeLost(error: unknown): boolean {
  return error instanceof EnvironmentError && error.code === 'PUSH_MERGE_CONTENDED';
}

/** True where the tag was written: not where it named this before. */
async function writeAll(
  { assembly, context }: Publishing,
  { top, children }: Composition,
  before: RemoteTag,
): Promise<boolean> {
  if ('digest' in before && before.digest === top.digest) return false;
  const { repository, tags } = assembly.target;
  const { registry, log } = context;
  for (const child of children)
    await put(registry, { repository, reference: child.digest, manifest: child }, context);
  await put(registry, { repository, reference: tags[0]!, manifest: top }, context);
  log.info(`${registry.host}/${nameOf(assembly)} names ${top.digest} now`);
  return true;
}

async function put(
  registry: Registry,
  it: { readonly repository: string; readonly reference: string; readonly manifest: RawManifest },
  { signal }: PushContext,
): Promise<void> {
  await registry.putManifest(it.repository, it.reference, it.manifest, { signal });
}

function nameOf({ target }: Assembly): string {
  return `${target.repository}:${target.tags[0]}`;
}
