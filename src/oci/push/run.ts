/**
 * Pushes: what plan.ts tells, done. Nothing is sent before every file is verified, no tag is written before all that it names is there, and
 * the work folder is gone afterwards in every case (facts/oci.md §4.3, §8).
 */
import { EnvironmentError, InternalError } from '../../base/errors.ts';
import { withTempFolder } from '../../base/temp.ts';
import type { Digest, RawManifest } from '../model.ts';
import { adviseOn } from './advice.ts';
import { settledImages } from './compare.ts';
import type { PushContext } from './context.ts';
import { decideWork, type SentWork, sendWork, type TargetWork } from './layers/work.ts';
import { parseManifest } from './manifests/document.ts';
import { readChildren, verifyPushed } from './manifests/verify.ts';
import { type Fates, type Prepared, prepare } from './prepare.ts';
import { Problems } from './problems.ts';
import { publish } from './publish.ts';
import { reportTarget, type TargetResult } from './report.ts';
import type { PushedTarget, PushReport, PushRequest } from './request.ts';
import { closeSession, openSession, type PushSession } from './session.ts';
import type { Settled, SettledImage } from './settled.ts';
import { createSlots } from './slots.ts';
import { writeMergedTags, writeTags } from './tagging.ts';

/**
 * Throws UserError PUSH_… where the request does not fit files or registry, EnvironmentError of the registry, and the abort reason; then
 * no tag was begun that is not whole.
 */
export async function runPush(request: PushRequest, context: PushContext): Promise<PushReport> {
  const begin = context.clock.monotonic();
  return await withTempFolder(async (folder) => {
    const session = openSession(request, context, { folder, compresses: true });
    try {
      const prepared = await prepare(session);
      refuse(prepared);
      const works = new Map<Prepared, TargetWork>();
      for (const it of prepared)
        if (it.does === 'push') works.set(it, await decideWork(session, it.assembly));
      const sent = await sendWork(session, [...works.values()]);
      const targets: PushedTarget[] = [];
      for (const it of prepared) {
        const result = await finish(session, it, { work: works.get(it), sent });
        const seconds = (context.clock.monotonic() - begin) / 1000;
        const target = reportTarget(context.registry.host, result, seconds);
        context.onTarget?.(target);
        targets.push(target);
      }
      const { host, requests } = context.registry;
      return { registry: host, targets, warnings: [...session.warnings], requests };
    } finally {
      await closeSession(session);
    }
  }, context.workFolder);
}

/** Every tag that may not be overwritten, at once. */
function refuse(prepared: readonly Prepared[]): void {
  const problems = new Problems();
  for (const it of prepared) {
    if (it.does === 'refuse') problems.add('PUSH_TAG_EXISTS', it.why);
    if (it.does !== 'push' && it.does !== 'nothing') continue;
    const repository = it.does === 'push' ? it.assembly.target.repository : it.settled.repository;
    for (const { tag, does } of it.fates.values())
      if (does === 'refuse')
        problems.add('PUSH_TAG_EXISTS', `${repository}:${tag} names something else already`);
  }
  problems.throwIfAny('Nothing was pushed, since on-existing does not allow it');
}

async function finish(
  session: PushSession,
  it: Prepared,
  means: { readonly work: TargetWork | undefined; readonly sent: SentWork },
): Promise<TargetResult> {
  if (it.does === 'nothing') return await finishSettled(session, it.settled, it.fates);
  if (it.does === 'push') return await finishPush(session, it, { work: means.work!, sent: means.sent });
  if (it.does === 'refuse') throw new InternalError('INTERNAL', it.why);
  const { repository, tags } = it.assembly.target;
  session.context.log.notice(it.why);
  return { repository, tags: tags.slice(0, 1), digest: it.digest, images: [], changed: false, why: it.why };
}

async function finishPush(
  session: PushSession,
  { assembly, fates }: Prepared & { readonly does: 'push' },
  { work, sent }: { readonly work: TargetWork; readonly sent: SentWork },
): Promise<TargetResult> {
  const { request, context, remote, warnings } = session;
  const { layersOf } = sent;
  const { composition, changed, merged } = await publish({ assembly, request, context, remote, layersOf });
  for (const line of adviseOn(assembly, composition, { request, host: context.registry.host }))
    warnings.add(line);
  const { top, children } = composition;
  const { repository, tags } = assembly.target;
  const images = settledImages(assembly, composition);
  const manifests = new Map([top, ...children].map((manifest) => [manifest.digest, manifest]));
  const write = (named: RawManifest) =>
    writeTags(
      session,
      { repository, tags, images, top: named, fates },
      async (it) => manifests.get(it.digest)!,
    );
  const written = await (merged ? writeMergedTags(write, { top, tags, merged }) : write(top));
  const holdsOurs = merged && (async (tag: string) => (await merged(tag)).state !== 'lost');
  await verify(session, { repository, tags: written.all, top: written.top, children, holdsOurs });
  const result = { repository, tags: written.tags, digest: written.top.digest, images: written.images };
  const why = changed ? 'pushed' : 'the tag names the same content';
  return { ...result, changed: changed || written.changed, why, tally: sent.tallyOf(work) };
}

async function finishSettled(session: PushSession, settled: Settled, fates: Fates): Promise<TargetResult> {
  const { context, request, remote } = session;
  const { registry, signal } = context;
  const { repository, tags, manifest: top, images, why } = settled;
  const manifestOf = async (it: SettledImage): Promise<RawManifest> => {
    const answer = await registry.getManifest(repository, it.digest, { signal });
    if (answer.state === 'present') return answer.manifest;
    throw new EnvironmentError(
      'PUSH_VERIFY',
      `${registry.host}/${repository}@${it.digest} is not to be had any more.`,
      {
        mend: 'A garbage collection may be at work; run it again with on-existing: overwrite.',
      },
    );
  };
  const written = await writeTags(session, { repository, tags, images, top, fates }, manifestOf);
  if (request.verify === 'blobs' || request.verify === 'full') {
    const document = parseManifest(top);
    const isOurs = (digest: Digest) => !request.mergeIndex || images.some((it) => it.digest === digest);
    const children = document ? await readChildren(registry, { remote, repository, document }, isOurs) : [];
    await verify(session, { repository, tags: written.all, top, children });
  }
  const digest = top.digest;
  return { repository, tags: written.tags, digest, images: written.images, changed: written.changed, why };
}

async function verify(session: PushSession, pushed: Parameters<typeof verifyPushed>[1]): Promise<void> {
  const { request, context, stop, warnings } = session;
  const { registry, signal, onProgress } = context;
  const slots = createSlots(request.concurrency, signal);
  const piece = {
    id: pushed.top.digest,
    label: `${pushed.repository}:${pushed.tags[0]?.tag}`,
    doing: 'verify',
    done: 0,
  } as const;
  if (request.verify !== 'none') onProgress?.({ ...piece, total: undefined });
  const hidden = await verifyPushed(registry, pushed, request.verify, { slots, stop, signal });
  if (hidden !== undefined)
    warnings.add(`${piece.label} was pushed, but was not verified: the login may not read it (${hidden})`);
  if (request.verify !== 'none') onProgress?.({ ...piece, total: undefined, outcome: 'done' });
}
