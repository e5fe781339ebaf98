/**
 * Everything before the first write: names, what the registry holds already, archives opened and verified, targets, tags. Plan and run
 * share it. All problems of the user's are told at once, those of names before a byte is read.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archive, Digest, LayerCompressor } from '../model.ts';
import { type Assembly, assemble } from './assembly.ts';
import { compareWithTag, conflictingPlatforms } from './compare.ts';
import type { PushContext } from './context.ts';
import { requestTemplateProblems } from './destination.ts';
import { listFiles, openFile, type PushFile } from './intake.ts';
import { Problems } from './problems.ts';
import { type EarlyTarget, earlyTargets, isNews, recognise } from './recognise.ts';
import { isThere, openRemote, type Remote, type RemoteTag } from './remote.ts';
import type { PushRequest } from './request.ts';
import type { Settled } from './settled.ts';
import { allSettledOrThrow, createSlots } from './slots.ts';
import { decideTag, type TagFate } from './tags.ts';
import { groupTargets, imagesOf, imageTags, type OpenedFile, type Target } from './target.ts';

/** One push under way. */
export interface PushSession {
  readonly request: PushRequest;
  /** Its signal also ends where one of several pieces of work failed. */
  readonly context: PushContext;
  readonly stop: (error: unknown) => void;
  readonly remote: Remote;
  /** The push's own; removed at its end. */
  readonly folder: string;
  /** Undefined in a plan, which compresses nothing. */
  readonly compressor: ((to: 'gzip' | 'zstd') => LayerCompressor) | undefined;
  /** One line each, in order, none twice. */
  readonly warnings: Set<string>;
  readonly opened: OpenedFile[];
}

export type Prepared =
  | { readonly does: 'nothing'; readonly settled: Settled; readonly fates: Fates }
  | { readonly does: 'push'; readonly assembly: Assembly; readonly fates: Fates }
  | { readonly does: 'refuse'; readonly assembly: Assembly; readonly why: string }
  /** on-existing: skip; what is there stays. */
  | { readonly does: 'leave'; readonly assembly: Assembly; readonly digest: Digest; readonly why: string };

/** By tag, all but the first of a target. */
export type Fates = ReadonlyMap<string, TagFate>;

/** Archives that one push opens at once: unpacking is single-threaded, and two fill a small machine. */
const OPEN_AT_ONCE = 2;

/** Begins a push in a folder of its own. Ends with {@link closeSession}. */
export function openSession(
  request: PushRequest,
  context: PushContext,
  means: { readonly folder: string; readonly compresses: boolean },
): PushSession {
  const stopper = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, stopper.signal]) : stopper.signal;
  const compressors = new Map<string, LayerCompressor>();
  const compressor = (compression: 'gzip' | 'zstd') => {
    const made =
      compressors.get(compression) ??
      context.createLayerCompressor({
        compression,
        ...(request.compressionLevel !== undefined && { level: request.compressionLevel }),
        folder: means.folder,
        signal,
      });
    compressors.set(compression, made);
    return made;
  };
  return {
    request,
    context: { ...context, signal },
    stop: (error) => stopper.abort(error),
    remote: openRemote(context.registry, context.log, signal),
    folder: means.folder,
    compressor: means.compresses ? compressor : undefined,
    warnings: new Set(),
    opened: [],
  };
}

/** Lets go of the archives; their contents cannot be read afterwards. */
export async function closeSession({ opened }: PushSession): Promise<void> {
  await Promise.allSettled(opened.map(({ archive }) => archive.close()));
}

/** In the order of the files. Throws UserError PUSH_… with all problems. */
export async function prepare(session: PushSession): Promise<Prepared[]> {
  const files = await checkNames(session);
  const settled = new Map<PushFile, Prepared>();
  for (const target of earlyTargets(files)) {
    const found = await recognise(target, session.request, session);
    if (!found) continue;
    const prepared = await prepareSettled(session, found);
    for (const file of target.files) settled.set(file, prepared);
  }
  await openAll(
    session,
    files.filter((it) => !settled.has(it)),
  );
  const opened = await prepareOpened(session);
  return [...new Set([...settled.values(), ...opened])];
}

async function checkNames({ request }: PushSession): Promise<PushFile[]> {
  const problems = new Problems();
  for (const text of requestTemplateProblems(request)) problems.add('PUSH_TEMPLATE', text);
  if (request.format === 'docker' && request.compression === 'zstd')
    problems.add('PUSH_FORMAT', "Docker's format knows no zstd; it goes with gzip, none, or the format oci");
  if (request.index === 'never' && request.mergeIndex)
    problems.add('PUSH_FORMAT', 'merge-index needs an index, but index is "never"');
  problems.throwIfAny('The push is not possible as asked');
  const files = await listFiles(request, problems);
  problems.throwIfAny('These files cannot be given a place in the registry');
  return files;
}

async function openAll(session: PushSession, files: readonly PushFile[]): Promise<void> {
  const slots = createSlots(OPEN_AT_ONCE, session.context.signal);
  const early = earlyTargets(files);
  const archives = new Map<PushFile, Archive>();
  const work = files.map((file, index) =>
    slots.run(async () => {
      const compressor = await compressorFor(
        session,
        early.find((it) => it.files.includes(file)),
      );
      const workFolder = join(session.folder, `archive-${index}`);
      await mkdir(workFolder);
      const archive = await openFile(file, session.request, session.context, { workFolder, compressor });
      archives.set(file, archive);
      session.opened.push({ file, archive });
    }),
  );
  await allSettledOrThrow(work, session.stop);
  session.opened.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file));
  for (const { file, archive } of session.opened)
    for (const warning of archive.warnings) session.warnings.add(`${file.label}: ${warning}`);
}

/** Compressing on the way is worth it only where no layer can turn out to be there already. */
async function compressorFor(
  { request, remote, compressor }: PushSession,
  early: EarlyTarget | undefined,
): Promise<LayerCompressor | undefined> {
  const to = request.compression;
  if (!compressor || !early || request.cacheFrom.length > 0 || (to !== 'gzip' && to !== 'zstd'))
    return undefined;
  const tag = await remote.tag(early.destination.repository, early.destination.tag);
  return isNews(tag) ? compressor(to) : undefined;
}

async function prepareOpened(session: PushSession): Promise<Prepared[]> {
  const { request, opened, warnings } = session;
  const problems = new Problems();
  const { targets, warnings: named } = groupTargets(request, opened, problems);
  for (const warning of named) warnings.add(warning);
  const assemblies = targets.map((target) =>
    assemble(target, request, { problems, warn: (line) => void warnings.add(line) }),
  );
  problems.throwIfAny('These files cannot be pushed');
  const prepared: Prepared[] = [];
  for (const assembly of assemblies) prepared.push(await prepareAssembly(session, assembly));
  return prepared;
}

async function prepareSettled(session: PushSession, settled: Settled): Promise<Prepared> {
  const fates = await decideTags(session, settled.repository, [
    ...settled.tags.slice(1).map((tag) => ({ tag, digest: settled.manifest.digest })),
    ...settled.images.flatMap(({ tags, digest }) => tags.map((tag) => ({ tag, digest }))),
  ]);
  return { does: 'nothing', settled, fates };
}

async function prepareAssembly(session: PushSession, assembly: Assembly): Promise<Prepared> {
  const { request, remote } = session;
  const { repository, tags } = assembly.target;
  const found = await remote.tag(repository, tags[0]!);
  if (found.state === 'image' || found.state === 'index') {
    const settled = await compareWithTag(assembly, found.document, session);
    if (settled) return await prepareSettled(session, settled);
  }
  const objection =
    request.onExisting === 'overwrite' ? undefined : await objectionTo(session, assembly, found);
  if (objection) {
    if (request.onExisting === 'fail' || !('digest' in found))
      return { does: 'refuse', assembly, why: objection };
    return { does: 'leave', assembly, digest: found.digest, why: `${objection}, and on-existing is "skip"` };
  }
  const fates = await decideTags(
    session,
    repository,
    [...tags.slice(1), ...ownTags(assembly.target)].map((tag) => ({ tag, digest: undefined })),
  );
  return { does: 'push', assembly, fates };
}

/** What speaks against writing a tag that may not be overwritten. */
async function objectionTo(
  session: PushSession,
  assembly: Assembly,
  found: RemoteTag,
): Promise<string | undefined> {
  const { request, warnings } = session;
  const { repository, tags } = assembly.target;
  const name = `${repository}:${tags[0]}`;
  if (found.state === 'unknown')
    warnings.add(`${name}: nobody can say whether it is there already (${found.reason})`);
  if (!isThere(found)) return undefined;
  if (found.state === 'gated') return `${name} is there, but a policy withholds what it names`;
  if (!request.mergeIndex || found.state !== 'index') return `${name} names something else already`;
  const platforms = await conflictingPlatforms(assembly, found.document, session);
  return platforms.length > 0 ? `${name} has another ${platforms.join(', ')} already` : undefined;
}

function ownTags(target: Target): string[] {
  return target.members.flatMap((member) =>
    imagesOf(member.content).flatMap((image) => imageTags(target, member, image)),
  );
}

async function decideTags(
  { context, request }: PushSession,
  repository: string,
  tags: readonly { readonly tag: string; readonly digest: Digest | undefined }[],
): Promise<Fates> {
  const { registry, signal } = context;
  const fates = new Map<string, TagFate>();
  for (const { tag, digest } of tags)
    fates.set(tag, await decideTag(registry, { repository, tag, digest }, request.onExisting, { signal }));
  return fates;
}
