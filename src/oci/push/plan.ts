/**
 * What a push would do, as data, for a dry run: files are read and verified, the registry is asked, nothing is compressed and nothing
 * written. What only compression could tell (digest and size of a new layer) stays undefined.
 */
import { withTempFolder } from '../../base/temp.ts';
import type { Blob } from '../model.ts';
import type { PushContext } from './context.ts';
import type { LayerDecision } from './layers/decision.ts';
import { decideWork, type TargetWork } from './layers/work.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { PlannedBlob, PlannedImage, PlannedTarget, PushPlan, PushRequest } from './request.ts';
import { closeSession, openSession, type PushSession } from './session.ts';

/**
 * Throws UserError PUSH_… where the request does not fit the files, EnvironmentError of the registry. A tag that may not be overwritten
 * is no error here, but a target that `does: 'refuse'`.
 */
export async function planPush(request: PushRequest, context: PushContext): Promise<PushPlan> {
  return await withTempFolder(async (folder) => {
    const session = openSession(request, context, { folder, compresses: false });
    try {
      const targets: PlannedTarget[] = [];
      const seen: SeenBlobs = new Map();
      for (const it of await prepare(session)) targets.push(await planTarget(session, it, seen));
      return { registry: context.registry.host, targets, warnings: [...session.warnings] };
    } finally {
      await closeSession(session);
    }
  }, context.workFolder);
}

/** By digest, or by diffID while there is none: the repositories that a blob has gone to so far. */
type SeenBlobs = Map<string, Set<string>>;

async function planTarget(session: PushSession, it: Prepared, seen: SeenBlobs): Promise<PlannedTarget> {
  if (it.does === 'nothing') return planSettled(it);
  const { target, shape } = it.assembly;
  const { repository, tags } = target;
  const index = shape !== 'single';
  if (it.does === 'leave') return { repository, tags, index, images: [], does: 'nothing', why: it.why };
  const images = await planImages(session, await decideWork(session, it.assembly), seen);
  if (it.does === 'refuse') return { repository, tags, index, images, does: 'refuse', why: it.why };
  const refused = [...it.fates.values()].filter(({ does }) => does === 'refuse').map(({ tag }) => tag);
  if (refused.length > 0)
    return {
      repository,
      tags,
      index,
      images,
      does: 'refuse',
      why: `${refused.join(', ')}: names something else already`,
    };
  const before = await session.remote.tag(repository, tags[0]!);
  const why = before.state === 'absent' ? 'the tag is new' : 'the tag names something else';
  return { repository, tags, index, images, does: 'push', why };
}

function planSettled({ settled, fates }: Prepared & { readonly does: 'nothing' }): PlannedTarget {
  const { repository, tags, why, manifest } = settled;
  const missing = [...fates.values()].filter(({ does }) => does === 'write').map(({ tag }) => tag);
  const refused = [...fates.values()].filter(({ does }) => does === 'refuse').map(({ tag }) => tag);
  const images = settled.images.map(({ file, platform, configDigest }) => ({
    file,
    platform,
    configDigest,
    blobs: [],
  }));
  const index = /index|list/.test(manifest.mediaType);
  const target = { repository, tags, index, images };
  if (refused.length > 0)
    return { ...target, does: 'refuse', why: `${refused.join(', ')}: names something else already` };
  if (missing.length > 0)
    return { ...target, does: 'push', why: `${why}; of its tags ${missing.join(', ')} is to be written` };
  return { ...target, does: 'nothing', why };
}

async function planImages(session: PushSession, work: TargetWork, seen: SeenBlobs): Promise<PlannedImage[]> {
  const { repository } = work.assembly.target;
  const images: PlannedImage[] = [];
  for (const { image, label, decisions } of work.images) {
    const blobs = [await planBlob(session, work, image.config)];
    for (const decision of decisions) blobs.push(await planLayer(session, work, decision));
    const fresh = blobs.map((it) => plannedOnce(it, repository, seen));
    images.push({ file: label, platform: image.platform, configDigest: image.config.digest, blobs: fresh });
  }
  return images;
}

/** A blob that was sent before is there for the next image, and can be mounted into the next repository. */
function plannedOnce(it: PlannedBlob, repository: string, seen: SeenBlobs): PlannedBlob {
  const key = it.digest ?? it.diffId ?? '';
  const homes = seen.get(key) ?? new Set();
  if (homes.has(repository)) return { ...it, does: 'reuse', why: 'it comes earlier in this push' };
  const [home] = homes;
  seen.set(key, homes.add(repository));
  if (home === undefined || it.does === 'reuse') return it;
  return { ...it, does: 'mount', why: `${home} gets it in this push` };
}

async function planLayer(
  session: PushSession,
  work: TargetWork,
  decision: LayerDecision,
): Promise<PlannedBlob> {
  const { layer, why } = decision;
  const { diffId } = layer;
  switch (decision.does) {
    case 'leave':
      return { digest: decision.stored.digest, size: decision.stored.size, diffId, does: 'reuse', why };
    case 'mount':
      return { digest: decision.known.digest, size: decision.known.size, diffId, does: 'mount', why };
    case 'upload':
      return { ...(await planBlob(session, work, decision.blob)), diffId };
    case 'recompress':
      return {
        ...{ digest: undefined, size: undefined, plainSize: layer.uncompressedSize },
        ...{ diffId, does: 'compress-and-upload', why },
      };
  }
}

async function planBlob(
  { context }: PushSession,
  { assembly, known }: TargetWork,
  { digest, size }: Pick<Blob, 'digest' | 'size'>,
): Promise<PlannedBlob> {
  const { registry, signal } = context;
  const there = await registry.headBlob(assembly.target.repository, digest, { signal });
  if (there !== undefined) return { digest, size, does: 'reuse', why: 'the repository holds it' };
  const [from] = known.repositoriesOf(digest);
  if (from !== undefined) return { digest, size, does: 'mount', why: `${from} holds it` };
  return { digest, size, does: 'upload', why: 'the registry does not have it' };
}
