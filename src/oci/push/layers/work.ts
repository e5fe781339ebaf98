/**
 * The blobs of a push: what is decided on each before anything is sent, and the sending. Layers are compressed a few at a time while
 * others are uploaded, the biggest first, so that the last one does not keep all waiting.
 */
import type { Artifact, Blob, Image, Layer } from '../../model.ts';
import { type Assembly, writtenFormat } from '../assembly.ts';
import { canHold, type StoredLayer, type WrittenFormat } from '../manifests/manifest.ts';
import { platformKey } from '../naming/platform.ts';
import type { LayerCompressionChoice } from '../request.ts';
import type { PushSession } from '../session.ts';
import { allSettledOrThrow, createSlots } from '../slots.ts';
import { parseCacheFrom } from './cache-from.ts';
import { decideLayer, type LayerDecision, storedAsIs } from './decision.ts';
import { createLayerFiles, type LayerFiles } from './files.ts';
import { type KnownLayers, learnLayers, type Place } from './known.ts';
import { type BlobSender, type BlobTally, createBlobSender, emptyTally } from './sender.ts';

/** What becomes of one image's layers, in their order. */
export interface ImageWork {
  readonly image: Image;
  /** `app-v1.0-amd64.tar.gz`. */
  readonly label: string;
  readonly decisions: readonly LayerDecision[];
}

export interface TargetWork {
  readonly assembly: Assembly;
  readonly images: readonly ImageWork[];
  readonly known: KnownLayers;
  /** Blobs of artifacts. */
  readonly beside: readonly Blob[];
}

/** Layers compressed at once; each takes all cores by itself, two keep them busy where one ends. */
const COMPRESS_AT_ONCE = 2;

/** Decides on all layers of a target. Asks the registry, writes nothing. */
export async function decideWork(session: PushSession, assembly: Assembly): Promise<TargetWork> {
  const { target, pieces } = assembly;
  const known = await learn(session, assembly);
  const format = writtenFormat(assembly, session.request.format);
  const images: ImageWork[] = [];
  for (const { content, member } of pieces) {
    if (content.kind !== 'image') continue;
    const decisions: LayerDecision[] = [];
    for (const layer of content.layers)
      decisions.push(await decide(session, { content, layer, known, target, format }));
    images.push({ image: content, label: member.file.label, decisions });
  }
  const artifacts = [...pieces.map(({ content }) => content), ...target.companions].filter(
    (it): it is Artifact => it.kind === 'artifact',
  );
  return { assembly, images, known, beside: artifacts.flatMap(({ blobs }) => blobs) };
}

async function decide(
  { request, context }: PushSession,
  it: {
    readonly content: Image;
    readonly layer: Layer;
    readonly known: KnownLayers;
    readonly target: Assembly['target'];
    readonly format: WrittenFormat;
  },
): Promise<LayerDecision> {
  const { registry, signal } = context;
  const choice = choiceFor(it.layer, it.content.manifest ? 'keep' : request.compression, it.format);
  return await decideLayer(it.layer, choice, {
    registry,
    repository: it.target.repository,
    known: it.known,
    signal,
  });
}

/** A layout's layers stay as they are, also where another format makes their manifest a new one; but Docker's holds no zstd. */
function choiceFor(
  layer: Layer,
  choice: LayerCompressionChoice,
  format: WrittenFormat,
): LayerCompressionChoice {
  return choice === 'keep' && !canHold(format, layer.compression) ? 'gzip' : choice;
}

/** The target's own tag helps only where a layer would have to be compressed; cache-from also tells what can be mounted. */
async function learn(session: PushSession, { pieces, target }: Assembly): Promise<KnownLayers> {
  const { request, remote, context, warnings } = session;
  const images = pieces.flatMap(({ content }) => (content.kind === 'image' ? [content] : []));
  const places: Place[] = [];
  if (images.some((it) => isCompressed(it, request.compression)))
    places.push({ repository: target.repository, reference: target.tags[0]! });
  for (const reference of request.cacheFrom) {
    const place = parseCacheFrom(reference, context.registry.host);
    if (!place) {
      warnings.add(`cache-from: ${reference} is no reference of ${context.registry.host}, and is left out`);
      continue;
    }
    const { state } = await remote.tag(place.repository, place.reference);
    if (state === 'absent') warnings.add(`cache-from: ${reference} is not there, so nothing of it is reused`);
    places.push(place);
  }
  const platforms = new Set(images.map(({ platform }) => platformKey(platform)));
  return await learnLayers(places, platforms, { remote, log: context.log });
}

function isCompressed({ manifest, layers }: Image, choice: string): boolean {
  return !manifest && choice !== 'keep' && layers.some((it) => !it.urls && it.compression !== choice);
}

export interface SentWork {
  /** As the manifests are to list them. */
  layersOf(image: Image): readonly StoredLayer[];
  tallyOf(work: TargetWork): BlobTally;
}

/** Sends everything of all targets. Resolves when the registry has it all; at the first failure the rest is given up. */
export async function sendWork(session: PushSession, works: readonly TargetWork[]): Promise<SentWork> {
  const { context, request, stop, folder } = session;
  const { registry, onProgress, signal } = context;
  const sender = createBlobSender({
    registry,
    slots: createSlots(request.concurrency, signal),
    onProgress,
    signal,
  });
  const files = createLayerFiles({
    folder,
    compressor: session.compressor!,
    slots: createSlots(COMPRESS_AT_ONCE, signal),
    signal,
  });
  const tallies = new Map(works.map((work) => [work, emptyTally()]));
  const stored = new Map<Image, StoredLayer[]>();
  const jobs = works.flatMap((work) =>
    jobsOf(work, { session, sender, files, stored, tally: tallies.get(work)! }),
  );
  jobs.sort((a, b) => b.size - a.size);
  await allSettledOrThrow(
    jobs.map((job) => job.run()),
    stop,
  );
  return {
    layersOf: (image) => stored.get(image) ?? image.layers.map(storedAsIs),
    tallyOf: (work) => tallies.get(work) ?? emptyTally(),
  };
}

interface Job {
  /** Bytes to read; an order, not a promise. */
  readonly size: number;
  readonly run: () => Promise<void>;
}

interface JobMeans {
  readonly session: PushSession;
  readonly sender: BlobSender;
  readonly files: LayerFiles;
  readonly stored: Map<Image, StoredLayer[]>;
  readonly tally: BlobTally;
}

function jobsOf(work: TargetWork, means: JobMeans): Job[] {
  const { repository } = work.assembly.target;
  const { sender, stored, tally } = means;
  const mountFrom = (blob: Blob) => work.known.repositoriesOf(blob.digest);
  const send = (blob: Blob, label: string) =>
    sender.send({ repository, blob, label, mountFrom: mountFrom(blob), tally });
  const beside = work.beside.map((blob) => ({
    size: blob.size,
    run: () => send(blob, 'an attestation or artifact'),
  }));
  const images = work.images.flatMap(({ image, label, decisions }) => {
    const done: StoredLayer[] = [];
    stored.set(image, done);
    const config = { size: image.config.size, run: () => send(image.config, `configuration of ${label}`) };
    const layers = decisions.map((decision, index) => {
      const name = `layer ${index + 1} of ${decisions.length} of ${label}`;
      const run = async () => {
        done[index] = await runDecision(decision, { ...means, repository, label: name, send });
      };
      return { size: sizeOf(decision), run };
    });
    return [config, ...layers];
  });
  return [...beside, ...images];
}

function sizeOf(decision: LayerDecision): number {
  if (decision.does === 'leave') return 0;
  return decision.does === 'upload' ? decision.stored.size : decision.layer.uncompressedSize;
}

async function runDecision(
  decision: LayerDecision,
  means: JobMeans & {
    readonly repository: string;
    readonly label: string;
    readonly send: (blob: Blob, label: string) => Promise<void>;
  },
): Promise<StoredLayer> {
  const { sender, repository, tally, label, files, session } = means;
  const { onProgress } = session.context;
  switch (decision.does) {
    case 'leave': {
      const { digest, size, urls } = decision.stored;
      if (!urls) sender.reuse(repository, digest, tally);
      onProgress?.({ id: digest, label, doing: 'upload', done: size, total: size, outcome: 'reused' });
      return decision.stored;
    }
    case 'mount': {
      const { digest, size, compression, repository: from } = decision.known;
      if (await sender.mount({ repository, digest, size, from, label, tally }))
        return { digest, size, compression };
      return await runDecision(decision.orElse, means);
    }
    case 'upload':
      await means.send(decision.blob, label);
      await decision.layer.compressed?.proof;
      return decision.stored;
    case 'recompress': {
      const { diffId: id, uncompressedSize: total } = decision.layer;
      const piece = { id, label, doing: 'compress', total } as const;
      const file = await files.make(decision.layer, decision.to, (done) => onProgress?.({ ...piece, done }));
      onProgress?.({ ...piece, done: total, outcome: 'done' });
      await means.send(file.blob, label);
      return file.stored;
    }
  }
}
