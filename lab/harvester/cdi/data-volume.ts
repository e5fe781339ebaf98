/**
 * CDI's side of an image: a DataVolume gets a claim of its own name, and that is filled from a URL, an upload or another claim.
 * What fails is repeated for ever (facts/harvester.md §1.5; kubevirt/containerized-data-importer).
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { timestamp } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { mustRun } from '../../../src/base/process.ts';
import { parseQuantity } from '../../../src/base/quantity.ts';
import { orExists } from '../client.ts';
import { DATA_VOLUMES, keyOf, VOLUME_CLAIMS } from '../kinds.ts';
import { fetchUrl } from '../longhorn/download.ts';
import { isQcow2 } from '../longhorn/qcow2.ts';
import { volumeFile } from '../longhorn/volume.ts';
import type { Condition, DataVolume, DataVolumePhase, Volume } from '../objects.ts';
import { imageScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import type { CdiUploads } from './upload-server.ts';

const FINALIZER = 'cdi.kubevirt.io/dataVolumeFinalizer';
const GOLDEN = 'harvesterhci.io/goldenImage';

const PHASES: Readonly<Record<'http' | 'upload' | 'pvc', DataVolumePhase>> = {
  http: 'ImportInProgress',
  upload: 'UploadReady',
  pvc: 'CloneInProgress',
};

interface Transfer {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

interface Filling {
  readonly claim: Volume;
  /** Where the bytes go until all is well. */
  readonly part: string;
  readonly signal: AbortSignal;
  readonly reached: { percent: number };
}

export class DataVolumeController {
  private readonly world: World;
  private readonly uploads: CdiUploads;
  private readonly again: (key: string) => void;
  private readonly transfers = new Map<string, Transfer>();
  /** Volumes (uid) that have all their bytes: known before the watch tells it. */
  private readonly filled = new Set<string>();

  /** `again` queues a volume after a failure. */
  constructor(world: World, uploads: CdiUploads, again: (key: string) => void) {
    this.world = world;
    this.uploads = uploads;
    this.again = again;
  }

  /** One step for the volume `namespace/name`. */
  async reconcile(key: string): Promise<number | undefined> {
    const volume = this.world.dataVolumes.get(key);
    if (!volume) return undefined;
    if (volume.metadata.deletionTimestamp) return this.remove(volume);
    if (!volume.metadata.finalizers?.includes(FINALIZER)) return this.adopt(volume);
    const { uid = '' } = volume.metadata;
    if (this.filled.has(uid) || this.transfers.has(uid) || volume.status?.phase === 'Succeeded')
      return undefined;
    const claim = this.world.claims.get(key);
    if (!claim) await this.createClaim(volume);
    if (claim?.status?.phase === 'Bound') this.start(volume, claim);
    return this.world.pace.tick;
  }

  /** Ends all transfers and waits for them. */
  async close(): Promise<void> {
    for (const { stop } of this.transfers.values()) stop.abort();
    await Promise.all([...this.transfers.values()].map(({ done }) => done));
  }

  private async adopt(volume: DataVolume): Promise<undefined> {
    const finalizers = [...(volume.metadata.finalizers ?? []), FINALIZER];
    await this.world.cluster.replace(DATA_VOLUMES, {
      ...volume,
      metadata: { ...volume.metadata, finalizers },
    });
  }

  private async createClaim({ apiVersion, kind, metadata, spec }: DataVolume): Promise<void> {
    const { name, namespace, uid } = metadata;
    await this.report({ metadata } as DataVolume, { phase: 'Pending', progress: 'N/A' });
    const owner = { apiVersion, kind, name, uid: uid!, controller: true, blockOwnerDeletion: true };
    await orExists(
      this.world.cluster.create(VOLUME_CLAIMS, {
        metadata: {
          name,
          namespace: namespace!,
          annotations: { [GOLDEN]: 'true' },
          ownerReferences: [owner],
        },
        spec: { accessModes: ['ReadWriteMany'], volumeMode: 'Block', ...spec.storage },
      }),
    );
  }

  private start(volume: DataVolume, claim: Volume): void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.world.signal]);
    const key = keyOf(volume);
    const done = this.transfer(volume, claim, signal)
      .catch((error) => {
        if (!signal.aborted) this.world.log.warning(`data volume ${key}: ${messageOf(error)}`);
      })
      .finally(() => {
        this.transfers.delete(volume.metadata.uid!);
        this.again(key);
      });
    this.transfers.set(volume.metadata.uid!, { stop, done });
  }

  private async transfer(volume: DataVolume, claim: Volume, signal: AbortSignal): Promise<void> {
    const path = volumeFile(this.world.folder, claim);
    const filling: Filling = { claim, part: `${path}.part`, signal, reached: { percent: 0 } };
    const phase = PHASES[kindOf(volume)];
    try {
      await mkdir(dirname(path), { recursive: true });
      await this.monitored(volume, filling, phase);
      await this.settle(filling, path);
      this.filled.add(volume.metadata.uid!);
      await this.report(volume, { phase: 'Succeeded', progress: '100.0%', conditions: [ready(this.now())] });
    } catch (error) {
      await rm(filling.part, { force: true });
      if (!signal.aborted) await this.tellFailure(volume, phase, messageOf(error));
      await this.world.clock.sleep(this.world.pace.retryDelay, signal).catch(() => {});
    }
  }

  /** Gets the bytes while a monitor tells the progress. */
  private async monitored(volume: DataVolume, filling: Filling, phase: DataVolumePhase): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, filling.signal]);
    const fetched = this.fetch(volume, filling);
    // Awaited below; until then its failure must not be taken for an unhandled one.
    fetched.catch(() => {});
    const monitor = this.monitor(volume, { phase, reached: filling.reached, signal });
    try {
      await fetched;
    } finally {
      over.abort();
      await monitor;
    }
  }

  private async monitor(
    volume: DataVolume,
    { phase, reached, signal }: { phase: DataVolumePhase; reached: Filling['reached']; signal: AbortSignal },
  ): Promise<void> {
    let told = -1;
    while (!signal.aborted) {
      if (reached.percent !== told) {
        told = reached.percent;
        await this.report(volume, { phase, progress: `${told.toFixed(2)}%` });
      }
      await this.world.clock.sleep(this.world.pace.monitorPeriod, signal).catch(() => {});
    }
  }

  private async fetch(volume: DataVolume, { part: path, signal, reached }: Filling): Promise<void> {
    const { clock, pace } = this.world;
    const { source, storage } = volume.spec;
    const onProgress = (percent: number) => {
      reached.percent = percent;
    };
    if (source.http) {
      const [url, tries] = [source.http.url, volume.status?.restartCount ?? 0];
      const common = { source: this.world.importerSource(), script: this.scriptOf(volume), pace, clock };
      await fetchUrl({ url, path, tries, signal, onProgress, ...common });
    } else if (source.upload) {
      const size = parseQuantity(storage.resources.requests.storage ?? '') ?? 0;
      const onBytes = (bytes: number) => onProgress(Math.min(99, Math.floor((bytes / size) * 100)));
      await this.uploads.expect(keyOf(volume), { path, signal, onBytes });
    } else {
      await this.copyClaim(source.pvc!, path, signal);
    }
  }

  private async copyClaim(
    { namespace, name }: { namespace: string; name: string },
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const claim = this.world.claims.get(`${namespace}/${name}`);
    if (!claim) throw new Error(`source PVC ${namespace}/${name} not found`);
    const blocks = volumeFile(this.world.folder, claim);
    if (existsSync(blocks)) await mustRun('cp', ['--sparse=always', blocks, path], { signal });
    else await writeFile(path, '');
  }

  /** A volume holds a raw disk of its own length, whatever came. */
  private async settle({ claim, part, signal }: Filling, path: string): Promise<void> {
    if (await isQcow2(part)) {
      const raw = `${part}.raw`;
      await mustRun('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', part, raw], { signal });
      await rename(raw, part);
    }
    await truncate(part, parseQuantity(claim.status?.capacity?.storage ?? '') ?? 0);
    await rename(part, path);
  }

  private async tellFailure(volume: DataVolume, phase: DataVolumePhase, cause: string): Promise<void> {
    const restartCount = (this.world.dataVolumes.get(keyOf(volume))?.status?.restartCount ?? 0) + 1;
    const message = `Unable to process data: ${cause}`;
    const running: Condition = {
      type: 'Running',
      status: 'False',
      reason: 'Error',
      message,
      lastTransitionTime: this.now(),
    };
    await this.report(volume, { phase, progress: 'N/A', restartCount, conditions: [running] });
  }

  private async report({ metadata }: DataVolume, status: DataVolume['status']): Promise<void> {
    await this.world.cluster.patch(DATA_VOLUMES, metadata, { status }, 'status');
  }

  private scriptOf(volume: DataVolume) {
    const image = this.world.images.get(keyOf(volume));
    return image ? imageScriptOf(image, this.world.scripts) : {};
  }

  private now(): string {
    return timestamp(this.world.clock);
  }

  private async remove(volume: DataVolume): Promise<number | undefined> {
    const { cluster, images, pace } = this.world;
    const { uid, finalizers = [] } = volume.metadata;
    const transfer = this.transfers.get(uid!);
    transfer?.stop.abort();
    await transfer?.done;
    // The webhook guards the claim as long as there is the image.
    if (images.get(keyOf(volume))) return pace.tick;
    await cluster.delete(VOLUME_CLAIMS, volume.metadata);
    this.filled.delete(uid!);
    if (!finalizers.includes(FINALIZER)) return undefined;
    const rest = finalizers.filter((name) => name !== FINALIZER);
    await cluster.replace(DATA_VOLUMES, { ...volume, metadata: { ...volume.metadata, finalizers: rest } });
    return undefined;
  }
}

function kindOf({ spec }: DataVolume): 'http' | 'upload' | 'pvc' {
  if (spec.source.http) return 'http';
  return spec.source.upload ? 'upload' : 'pvc';
}

function ready(now: string): Condition {
  return { type: 'Ready', status: 'True', lastTransitionTime: now };
}
