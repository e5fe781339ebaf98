/**
 * Longhorn's side of an image: a BackingImage is filled from its source and its one disk file goes through
 * pending → in-progress → ready-for-transfer → ready, or failed. Deletion takes a while (facts/harvester.md §1.4, §3.2).
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { timestamp } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { Ages } from '../ages.ts';
import { orExists } from '../client.ts';
import { IMAGE_ID } from '../image/names.ts';
import { BACKING_IMAGES, DATA_SOURCES, keyOf } from '../kinds.ts';
import type { BackingImage, DiskFileStatus } from '../objects.ts';
import { type ImageScript, imageScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import { backingFile } from './backing-file.ts';
import { download } from './download.ts';
import { exportVolume } from './export.ts';
import { virtualSizeOf } from './qcow2.ts';
import type { UploadOrder, Uploads } from './upload.ts';

const FINALIZER = 'longhorn.io';

interface Work {
  readonly script: ImageScript;
  readonly signal: AbortSignal;
  /** Where the bytes go until all is well. */
  readonly part: string;
  readonly reached: { percent: number; begun: boolean };
}

interface Result {
  readonly size: number;
  /** Absent if nobody asked for it. */
  readonly sha512?: string;
}

interface Transfer {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class BackingImageController {
  private readonly world: World;
  private readonly uploads: Uploads;
  private readonly transfers = new Map<string, Transfer>();
  /** Images (uid) whose transfer has come to its end: known before the watch tells it. */
  private readonly ended = new Set<string>();
  private readonly ages: Ages;

  constructor(world: World, uploads: Uploads) {
    this.world = world;
    this.uploads = uploads;
    this.ages = new Ages(world.clock);
  }

  /** One step for the backing image `longhorn-system/name`. */
  async reconcile(key: string): Promise<number | undefined> {
    const image = this.world.backingImages.get(key);
    if (!image) return undefined;
    if (image.metadata.deletionTimestamp) return this.remove(image);
    if (!image.metadata.finalizers?.includes(FINALIZER)) return this.adopt(image);
    const { uid = '' } = image.metadata;
    if (this.transfers.has(uid) || this.ended.has(uid)) return undefined;
    const state = fileOf(image)?.state;
    if (state === undefined) return this.begin(image);
    if (state === 'failed' || (state === 'ready' && existsSync(this.fileOf(image)))) return undefined;
    this.startTransfer(image);
    return undefined;
  }

  /** Ends all transfers and waits for them. */
  async close(): Promise<void> {
    for (const { stop } of this.transfers.values()) stop.abort();
    await Promise.all([...this.transfers.values()].map(({ done }) => done));
  }

  private fileOf(image: BackingImage): string {
    return backingFile(this.world.folder, image.metadata.name);
  }

  private async adopt(image: BackingImage): Promise<undefined> {
    const finalizers = [...(image.metadata.finalizers ?? []), FINALIZER];
    await this.world.cluster.replace(BACKING_IMAGES, {
      ...image,
      metadata: { ...image.metadata, finalizers },
    });
  }

  private async begin(image: BackingImage): Promise<undefined> {
    const { cluster } = this.world;
    const { namespace, name, uid } = image.metadata;
    const { apiVersion, kind } = image;
    await orExists(
      cluster.create(DATA_SOURCES, {
        metadata: { name, namespace: namespace!, ownerReferences: [{ apiVersion, kind, name, uid: uid! }] },
        spec: { sourceType: image.spec.sourceType, parameters: image.spec.sourceParameters },
      }),
    );
    const file = this.fileStatus('pending', 0, '');
    const status = { uuid: randomUUID().slice(0, 8), diskFileStatusMap: { [randomUUID()]: file } };
    await cluster.replaceStatus(BACKING_IMAGES, { ...image, status });
  }

  private fileStatus(state: DiskFileStatus['state'], progress: number, message: string): DiskFileStatus {
    return { state, progress, message, lastStateTransitionTime: timestamp(this.world.clock) };
  }

  private startTransfer(image: BackingImage): void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.world.signal]);
    const done = this.transfer(image, signal)
      .catch((error) => {
        if (!signal.aborted) this.world.log.warning(`backing image ${keyOf(image)}: ${messageOf(error)}`);
      })
      .finally(() => this.transfers.delete(image.metadata.uid!));
    this.transfers.set(image.metadata.uid!, { stop, done });
  }

  private async transfer(image: BackingImage, signal: AbortSignal): Promise<void> {
    const script = this.scriptOf(image);
    if (script.stuck) {
      await this.report(image, this.fileStatus('in-progress', 0, ''));
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return;
    }
    const part = `${this.fileOf(image)}.part`;
    const work: Work = { script, signal, part, reached: { percent: 0, begun: false } };
    try {
      await mkdir(dirname(part), { recursive: true });
      const result = await this.monitored(image, work);
      this.checkDigest(image, result.sha512, script);
      await rename(part, this.fileOf(image));
      this.ended.add(image.metadata.uid!);
      await this.finish(image, { ...result, signal });
    } catch (error) {
      if (!signal.aborted) this.ended.add(image.metadata.uid!);
      await rm(part, { force: true });
      if (!signal.aborted)
        await this.report(image, this.fileStatus('failed', work.reached.percent, messageOf(error)));
    }
  }

  /** Gets the bytes while a monitor tells the progress at Longhorn's own intervals. */
  private async monitored(image: BackingImage, work: Work): Promise<Result> {
    const over = new AbortController();
    const monitor = this.monitor(image, work.reached, AbortSignal.any([over.signal, work.signal]));
    try {
      return await this.fetch(image, work);
    } finally {
      over.abort();
      await monitor;
    }
  }

  private fetch(image: BackingImage, work: Work): Promise<Result> {
    const { script, signal, part: path, reached } = work;
    const { clock, pace } = this.world;
    const onProgress = (percent: number) => {
      reached.percent = percent;
      reached.begun = true;
    };
    const { sourceType, sourceParameters } = image.spec;
    switch (sourceType) {
      case 'download': {
        onProgress(0);
        const tries = this.triesOf(image);
        const [url, source] = [sourceParameters.url ?? '', this.world.source()];
        return download({ url, path, tries, script, source, pace, clock, signal, onProgress });
      }
      case 'upload':
        return this.receive(image, { path, script, signal, onProgress });
      case 'export-from-volume': {
        onProgress(0);
        const volume = sourceParameters['volume-name'] ?? '';
        return exportVolume(this.world, { volume, path, digest: Boolean(image.spec.checksum), signal });
      }
      default:
        throw new Error(`the embedded Harvester has no source of type ${sourceType}`);
    }
  }

  /** Opens the window for an upload, and only then calls the data source ready for it. */
  private async receive(
    image: BackingImage,
    order: Pick<UploadOrder, 'path' | 'script' | 'signal' | 'onProgress'>,
  ): Promise<Result> {
    const { clock, pace } = this.world;
    const { name, annotations } = image.metadata;
    const received = this.uploads.expect({ name, id: annotations?.[IMAGE_ID] ?? '', clock, pace, ...order });
    // Awaited below; until then its failure must not be taken for an unhandled one.
    received.catch(() => {});
    await this.reportSource(image, this.fileStatus('pending', 0, ''));
    return received;
  }

  private checkDigest(image: BackingImage, actual: string | undefined, script: ImageScript): void {
    const spoilt = this.triesOf(image) < (script.checksumFails?.times ?? 0);
    const told = spoilt ? [...(actual ?? '')].reverse().join('') : actual;
    const expected = image.spec.checksum || (spoilt ? actual : '');
    if (!expected || expected === told) return;
    throw new Error(
      `failed to process sync file: the expected checksum ${expected} doesn't match the file actual checksum ${told}`,
    );
  }

  private async monitor(image: BackingImage, reached: Work['reached'], signal: AbortSignal): Promise<void> {
    let told = -1;
    while (!signal.aborted) {
      if (reached.begun && reached.percent !== told) {
        told = reached.percent;
        await this.report(image, this.fileStatus('in-progress', told, ''));
      }
      await this.world.clock.sleep(this.world.pace.monitorPeriod, signal).catch(() => {});
    }
  }

  private async finish(image: BackingImage, result: Result & { signal: AbortSignal }): Promise<void> {
    const { clock, pace } = this.world;
    await this.report(image, this.fileStatus('ready-for-transfer', 100, ''));
    const virtualSize = await virtualSizeOf(this.fileOf(image));
    await clock.sleep(pace.finishing, result.signal);
    await this.report(image, this.fileStatus('ready', 100, ''), {
      size: result.size,
      virtualSize,
      ...(result.sha512 !== undefined && { checksum: result.sha512 }),
    });
  }

  /** Writes the state of the one disk file, under the key it was given at first, and of its source. */
  private async report(image: BackingImage, file: DiskFileStatus, more: object = {}): Promise<void> {
    const current = this.world.backingImages.get(keyOf(image)) ?? image;
    const disk = Object.keys(current.status?.diskFileStatusMap ?? {})[0] ?? randomUUID();
    const status = { ...more, diskFileStatusMap: { [disk]: file } };
    await this.reportSource(image, file);
    await this.world.cluster.patch(BACKING_IMAGES, image.metadata, { status }, 'status');
  }

  private async reportSource(image: BackingImage, file: DiskFileStatus): Promise<void> {
    const status = { currentState: file.state, progress: file.progress, message: file.message };
    await this.world.cluster.patch(DATA_SOURCES, image.metadata, { status }, 'status');
  }

  private triesOf(image: BackingImage): number {
    return this.imageOf(image)?.status?.failed ?? 0;
  }

  private imageOf(image: BackingImage) {
    return this.world.images.get(image.metadata.annotations?.[IMAGE_ID] ?? '');
  }

  private scriptOf(image: BackingImage): ImageScript {
    const owner = this.imageOf(image);
    return owner ? imageScriptOf(owner, this.world.scripts) : {};
  }

  private async remove(image: BackingImage): Promise<number | undefined> {
    const { uid, finalizers = [] } = image.metadata;
    const transfer = this.transfers.get(uid!);
    transfer?.stop.abort();
    await transfer?.done;
    const wait = this.world.pace.imageRemoval - this.ages.of(uid!);
    if (wait > 0) return wait;
    await rm(this.fileOf(image), { force: true });
    await this.world.cluster.delete(DATA_SOURCES, image.metadata);
    this.ended.delete(uid!);
    this.ages.forget(uid!);
    if (!finalizers.includes(FINALIZER)) return undefined;
    const rest = finalizers.filter((name) => name !== FINALIZER);
    await this.world.cluster.replace(BACKING_IMAGES, {
      ...image,
      metadata: { ...image.metadata, finalizers: rest },
    });
    return undefined;
  }
}

function fileOf(image: BackingImage): DiskFileStatus | undefined {
  return Object.values(image.status?.diskFileStatusMap ?? {})[0];
}
