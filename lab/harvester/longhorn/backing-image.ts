/**
 * Longhorn's side of an image: a BackingImage is filled from its source and its one disk file goes through
 * pending → in-progress → ready-for-transfer → ready, or failed. Deletion takes a while (facts/harvester.md §1.4, §3.2).
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { timestamp } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { Ages } from '../ages.ts';
import { IMAGE_ID } from '../image/names.ts';
import { BACKING_IMAGES, type BackingImage, type DiskFileStatus, keyOf } from '../kinds.ts';
import { type ImageScript, imageScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import { download } from './download.ts';
import { virtualSizeOf } from './qcow2.ts';

const FINALIZER = 'longhorn.io';

/** Where the bytes of a backing image are kept. */
export function backingFile(folder: string, name: string): string {
  return join(folder, 'images', name.replace(/^vmi-/, ''));
}

interface Transfer {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class BackingImageController {
  private readonly world: World;
  private readonly transfers = new Map<string, Transfer>();
  private readonly ages: Ages;

  constructor(world: World) {
    this.world = world;
    this.ages = new Ages(world.clock);
  }

  /** One step for the backing image `longhorn-system/name`. */
  async reconcile(key: string): Promise<number | undefined> {
    const image = this.world.backingImages.get(key);
    if (!image) return undefined;
    if (image.metadata.deletionTimestamp) return this.remove(image);
    if (!image.metadata.finalizers?.includes(FINALIZER)) return this.adopt(image);
    if (this.transfers.has(image.metadata.uid!)) return undefined;
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
    const file = this.fileStatus('pending', 0, '');
    const status = { uuid: randomUUID().slice(0, 8), diskFileStatusMap: { [randomUUID()]: file } };
    await this.world.cluster.replaceStatus(BACKING_IMAGES, { ...image, status });
  }

  private fileStatus(state: DiskFileStatus['state'], progress: number, message: string): DiskFileStatus {
    return { state, progress, message, lastStateTransitionTime: timestamp(this.world.clock) };
  }

  private startTransfer(image: BackingImage): void {
    const { sourceType } = image.spec;
    // Nothing is uploaded here: as with a real Harvester, the file waits for it.
    if (sourceType === 'upload') return;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.world.signal]);
    const work = sourceType === 'download' ? this.transfer(image, signal) : this.refuse(image);
    const done = work
      .catch((error) => {
        if (!signal.aborted) this.world.log.warning(`backing image ${keyOf(image)}: ${messageOf(error)}`);
      })
      .finally(() => this.transfers.delete(image.metadata.uid!));
    this.transfers.set(image.metadata.uid!, { stop, done });
  }

  private refuse(image: BackingImage): Promise<void> {
    const message = `the embedded Harvester has no source of type ${image.spec.sourceType}`;
    return this.report(image, this.fileStatus('failed', 0, message));
  }

  private async transfer(image: BackingImage, signal: AbortSignal): Promise<void> {
    const script = this.scriptOf(image);
    if (script.stuck) {
      await this.report(image, this.fileStatus('in-progress', 0, ''));
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return;
    }
    const reached = { percent: 0 };
    try {
      const { size, sha512 } = await this.fetch(image, { script, signal, reached });
      await this.finish(image, { size, sha512, signal });
    } catch (error) {
      await rm(`${this.fileOf(image)}.part`, { force: true });
      if (!signal.aborted)
        await this.report(image, this.fileStatus('failed', reached.percent, messageOf(error)));
    }
  }

  /** Downloads while a monitor tells the progress at Longhorn's own intervals. */
  private async fetch(
    image: BackingImage,
    work: { script: ImageScript; signal: AbortSignal; reached: { percent: number } },
  ): Promise<{ size: number; sha512: string }> {
    const { clock, pace } = this.world;
    const path = this.fileOf(image);
    await mkdir(dirname(path), { recursive: true });
    const over = new AbortController();
    const monitor = this.monitor(image, work.reached, AbortSignal.any([over.signal, work.signal]));
    try {
      return await download({
        url: image.spec.sourceParameters.url ?? '',
        path,
        checksum: image.spec.checksum ?? '',
        tries: this.imageOf(image)?.status?.failed ?? 0,
        script: work.script,
        source: this.world.source(),
        pace,
        clock,
        signal: work.signal,
        onProgress: (percent) => {
          work.reached.percent = percent;
        },
      });
    } finally {
      over.abort();
      await monitor;
    }
  }

  private async monitor(
    image: BackingImage,
    reached: { percent: number },
    signal: AbortSignal,
  ): Promise<void> {
    let told = -1;
    while (!signal.aborted) {
      if (reached.percent !== told) {
        told = reached.percent;
        await this.report(image, this.fileStatus('in-progress', told, ''));
      }
      await this.world.clock.sleep(this.world.pace.monitorPeriod, signal).catch(() => {});
    }
  }

  private async finish(
    image: BackingImage,
    result: { size: number; sha512: string; signal: AbortSignal },
  ): Promise<void> {
    const { clock, pace } = this.world;
    await this.report(image, this.fileStatus('ready-for-transfer', 100, ''));
    const virtualSize = await virtualSizeOf(this.fileOf(image));
    await clock.sleep(pace.finishing, result.signal);
    await this.report(image, this.fileStatus('ready', 100, ''), {
      size: result.size,
      virtualSize,
      checksum: result.sha512,
    });
  }

  /** Writes the state of the one disk file, under the key it was given at first. */
  private async report(image: BackingImage, file: DiskFileStatus, more: object = {}): Promise<void> {
    const current = this.world.backingImages.get(keyOf(image)) ?? image;
    const disk = Object.keys(current.status?.diskFileStatusMap ?? {})[0] ?? randomUUID();
    const status = { ...more, diskFileStatusMap: { [disk]: file } };
    await this.world.cluster.patch(BACKING_IMAGES, image.metadata, { status }, 'status');
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
