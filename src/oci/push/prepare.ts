/**
 * Everything before the first write: names, what the registry holds already, archives opened and verified, targets, tags. Plan and run
 * share it. All problems of the user's are told at once, those of names before a byte is read.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayerCompressor } from '../compress/compressor.ts';
import type { Digest } from '../model.ts';
import { type Assembly, assemble } from './assembly.ts';
import { compareWithTag, conflictingPlatforms, lostPlatforms } from './compare.ts';
import { listFiles, openFile, type PushFile } from './intake.ts';
import { isThere, type RemoteTag } from './manifests/remote.ts';
import { decideTag, type TagFate } from './manifests/tags.ts';
import { requestTemplateProblems } from './naming/destination.ts';
import { Problems } from './problems.ts';
import { type EarlyTarget, earlyTargets, isNews, recognise } from './recognise.ts';
import { imagesOf } from './select.ts';
import type { PushSession } from './session.ts';
import type { Settled } from './settled.ts';
import { allSettledOrThrow, createSlots } from './slots.ts';
import { groupTargets, imageTags, type Target } from './target.ts';
import { checkTargets } from './target-checks.ts';

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

/** In the order of the files. Throws UserError PUSH_… with all problems. */
export async function prepare(session: PushSession): Promise<Prepared[]> {
  const files = await checkNames(session);
  const recognised = new Map<EarlyTarget, Settled>();
  for (const target of earlyTargets(files)) {
    const settled = await recognise(target, session.request, session);
    if (settled) recognised.set(target, settled);
  }
  const assemblies = await assembleOthers(session, files, recognised);
  const inOrder = [
    ...[...recognised].map(([target, settled]) => ({
      first: target.files[0]!,
      prepare: () => prepareSettled(session, settled),
    })),
    ...assemblies.map((assembly) => ({
      first: assembly.target.members[0]!.file,
      prepare: () => prepareAssembly(session, assembly),
    })),
  ].sort((a, b) => files.indexOf(a.first) - files.indexOf(b.first));
  const prepared: Prepared[] = [];
  for (const it of inOrder) prepared.push(await it.prepare());
  return prepared;
}

async function checkNames({ request, warnings }: PushSession): Promise<PushFile[]> {
  const problems = new Problems();
  for (const text of requestTemplateProblems(request)) problems.add('PUSH_TEMPLATE', text);
  if (request.format === 'docker' && request.compression === 'zstd')
    problems.add('PUSH_FORMAT', "Docker's format knows no zstd; it goes with gzip, none, or the format oci");
  if (request.index === 'never' && request.mergeIndex)
    problems.add('PUSH_FORMAT', 'merge-index needs an index, but index is "never"');
  problems.throwIfAny('The push is not possible as asked');
  const files = await listFiles(request, problems, warnings);
  problems.throwIfAny('These files cannot be given a place in the registry');
  return files;
}

/**
 * Opens what was not recognised. Whatever of the recognised shares a tag with something else is opened, too, and leaves `recognised`:
 * only side by side it shows whether they are one index, or cannot both be pushed.
 */
async function assembleOthers(
  session: PushSession,
  files: readonly PushFile[],
  recognised: Map<EarlyTarget, Settled>,
): Promise<Assembly[]> {
  const isRecognised = (file: PushFile) => [...recognised.keys()].some((it) => it.files.includes(file));
  for (;;) {
    const isOpen = (file: PushFile) => session.opened.some((it) => it.file === file);
    await openAll(
      session,
      files,
      files.filter((it) => !isRecognised(it) && !isOpen(it)),
    );
    const problems = new Problems();
    const assemblies = assembleOpened(session, problems, recognised.size === 0);
    const clashing = clashingTargets(recognised, assemblies);
    if (clashing.length === 0) {
      problems.throwIfAny('These files cannot be pushed');
      return assemblies;
    }
    for (const target of clashing) recognised.delete(target);
  }
}

function clashingTargets(
  recognised: ReadonlyMap<EarlyTarget, Settled>,
  assemblies: readonly Assembly[],
): EarlyTarget[] {
  const claims = new Map<string, number>();
  const settledTags = ({ repository, tags, images }: Settled) =>
    new Set([...tags, ...images.flatMap((it) => it.tags)].map((tag) => `${repository}:${tag}`));
  const openedTags = assemblies.map(
    ({ target }) => new Set([...target.tags, ...ownTags(target)].map((tag) => `${target.repository}:${tag}`)),
  );
  for (const names of [...[...recognised.values()].map(settledTags), ...openedTags])
    for (const name of names) claims.set(name, (claims.get(name) ?? 0) + 1);
  return [...recognised]
    .filter(([, it]) => [...settledTags(it)].some((name) => claims.get(name)! > 1))
    .map(([target]) => target);
}

async function openAll(
  session: PushSession,
  all: readonly PushFile[],
  files: readonly PushFile[],
): Promise<void> {
  const slots = createSlots(OPEN_AT_ONCE, session.context.signal);
  const early = earlyTargets(files);
  const work = files.map((file) =>
    slots.run(async () => {
      const compressor = await compressorFor(
        session,
        early.find((it) => it.files.includes(file)),
      );
      const workFolder = join(session.folder, `archive-${all.indexOf(file)}`);
      await mkdir(workFolder);
      const archive = await openFile(file, session.request, session.context, { workFolder, compressor });
      session.opened.push({ file, archive });
      for (const warning of archive.warnings) session.warnings.add(`${file.label}: ${warning}`);
    }),
  );
  await allSettledOrThrow(work, session.stop);
  session.opened.sort((a, b) => all.indexOf(a.file) - all.indexOf(b.file));
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

/** `all`: every file of the push is open, so that a pattern without a match is a mistake. */
function assembleOpened(
  { request, opened, warnings }: PushSession,
  problems: Problems,
  all: boolean,
): Assembly[] {
  const { targets, warnings: named, unmatched } = groupTargets(request, opened, problems);
  checkTargets(request, targets, problems);
  if (all) for (const text of unmatched) problems.add('PUSH_IMAGES', text);
  for (const warning of named) warnings.add(warning);
  return targets.map((target) =>
    assemble(target, request, { problems, warn: (line) => void warnings.add(line) }),
  );
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
  const lost = 'document' in found && !request.mergeIndex ? lostPlatforms(assembly, found.document) : [];
  if (lost.length > 0)
    session.warnings.add(
      `${repository}:${tags[0]} serves ${lost.join(', ')} so far, which these files lack; merge-index: true would keep ${lost.length === 1 ? 'it' : 'them'}`,
    );
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
