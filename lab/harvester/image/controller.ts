/**
 * Harvester's image controller: the life of a VirtualMachineImage with its tries and pauses, whatever the backend that keeps its
 * bytes (harvester/harvester pkg/controller/master/image, facts/harvester.md §1.4).
 */
import { timestamp } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { Ages } from '../ages.ts';
import { isConflict } from '../client.ts';
import { IMAGES } from '../kinds.ts';
import { isTrue, type VirtualMachineImage } from '../objects.ts';
import { imageScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import type { ImageBackend, OnFailure, StatusRecord } from './backend.ts';
import { BackingImageBackend } from './backing-image-backend.ts';
import { CdiBackend } from './cdi-backend.ts';
import { type Failure, failed, initialized } from './conditions.ts';
import { DISPLAY_NAME_LABEL, isCdi } from './names.ts';

const FINALIZER = 'wrangler.cattle.io/vm-image-controller';

export class ImageController {
  private readonly world: World;
  private readonly backends: Readonly<Record<'backingimage' | 'cdi', ImageBackend>>;
  /** When a try failed (image uid → monotonic ms): finer than the whole seconds of `lastFailedTime`. */
  private readonly failedAt = new Map<string, number>();
  private readonly ages: Ages;

  constructor(world: World) {
    this.world = world;
    const onFailure: OnFailure = (image, cause, progress) =>
      this.fail(image, { condition: 'Imported', cause, progress });
    this.backends = { backingimage: new BackingImageBackend(world, onFailure), cdi: new CdiBackend(world) };
    this.ages = new Ages(world.clock);
  }

  /** One step for the image `namespace/name`; milliseconds until the next look, if one is needed without a change. */
  async reconcile(key: string): Promise<number | undefined> {
    const image = this.world.images.get(key);
    if (!image) return undefined;
    if (image.metadata.deletionTimestamp) return this.remove(image);
    if (isTrue(image.status?.conditions, 'RetryLimitExceeded')) return undefined;
    if (isTrue(image.status?.conditions, 'Imported')) return this.afterImport(image);
    const quiet = this.quietFor(image);
    if (quiet > 0) return quiet;
    return (await this.backendOf(image).follow(image)) ? undefined : this.check(image);
  }

  private quietFor(image: VirtualMachineImage): number {
    const { scripts, pace } = this.world;
    return (imageScriptOf(image, scripts).quiet ?? pace.tick / 2) - this.ages.of(image.metadata.uid!);
  }

  /** Labels an image of old versions with its display name. */
  private async afterImport(image: VirtualMachineImage): Promise<undefined> {
    const { labels } = image.metadata;
    if (labels?.[DISPLAY_NAME_LABEL] === image.spec.displayName) return;
    const metadata = {
      ...image.metadata,
      labels: { ...labels, [DISPLAY_NAME_LABEL]: image.spec.displayName },
    };
    await this.world.cluster.replace(IMAGES, { ...image, metadata });
  }

  private backendOf(image: VirtualMachineImage): ImageBackend {
    return this.backends[isCdi(image, this.world.traits) ? 'cdi' : 'backingimage'];
  }

  private async fail(image: VirtualMachineImage, failure: Failure): Promise<void> {
    const { clock, traits, scripts, cluster } = this.world;
    const { overshoot } = imageScriptOf(image, scripts);
    const tried = failure.condition === 'Initialized' && !isCdi(image, traits) && image.spec.url;
    const status = failed(
      image.spec,
      { ...image.status, ...(tried && { appliedUrl: tried }) },
      { ...failure, ...(overshoot !== undefined && !traits.retriesStop && { overshoot }) },
      { now: timestamp(clock), terse: !traits.virtualSize },
    );
    await cluster.replace(IMAGES, adopted({ ...image, status }));
    this.failedAt.set(image.metadata.uid!, clock.monotonic());
  }

  /** Is what belongs to the image as it should be? If not, (re)initialise after the pause. */
  private async check(image: VirtualMachineImage): Promise<number | undefined> {
    const { pace } = this.world;
    const found = this.backendOf(image).check(image);
    if (found === 'fine') return undefined;
    if (found === 'later') return pace.tick;
    const pause = this.pauseLeft(image);
    if (pause > 0) return pause;
    // To begin anew because of an old copy would remove what has just been made.
    const { resourceVersion } = (await this.world.cluster.get(IMAGES, image.metadata))?.metadata ?? {};
    if (resourceVersion === image.metadata.resourceVersion) await this.initialize(image);
    return pace.tick;
  }

  private pauseLeft(image: VirtualMachineImage): number {
    const { clock, pace } = this.world;
    if (!image.status?.lastFailedTime) return 0;
    const failedAt = this.failedAt.get(image.metadata.uid!);
    const elapsed =
      failedAt === undefined
        ? clock.now() - Date.parse(image.status.lastFailedTime)
        : clock.monotonic() - failedAt;
    return pace.retryDelay - elapsed;
  }

  private async initialize(image: VirtualMachineImage): Promise<void> {
    let current = image;
    const record: StatusRecord = async (fields) => {
      const status = { ...current.status, ...fields };
      current = await this.world.cluster.replace(IMAGES, { ...current, status });
    };
    try {
      await this.backendOf(image).initialize(image, record);
      await this.markInitialized(current);
    } catch (error) {
      if (this.world.signal.aborted || isConflict(error)) throw error;
      await this.fail(current, { condition: 'Initialized', cause: messageOf(error), progress: 0 });
    }
  }

  private async markInitialized(image: VirtualMachineImage): Promise<void> {
    const { clock, cluster } = this.world;
    const storageClass = this.backendOf(image).storageClass(image);
    const status = initialized(image.spec, image.status ?? {}, storageClass, timestamp(clock));
    await cluster.replace(IMAGES, adopted({ ...image, status }));
  }

  private async remove(image: VirtualMachineImage): Promise<number | undefined> {
    const { cluster, pace, scripts } = this.world;
    if (!image.metadata.finalizers?.includes(FINALIZER)) return undefined;
    const terminating = this.ages.of(`${image.metadata.uid} terminating`);
    const wait = (imageScriptOf(image, scripts).terminating ?? 0) - terminating;
    if (wait > 0) return wait;
    if (!(await this.backendOf(image).remove(image))) return pace.tick;
    const finalizers = image.metadata.finalizers.filter((name) => name !== FINALIZER);
    await cluster.replace(IMAGES, { ...image, metadata: { ...image.metadata, finalizers } });
    this.failedAt.delete(image.metadata.uid!);
    this.ages.forget(image.metadata.uid!);
    this.ages.forget(`${image.metadata.uid} terminating`);
    return undefined;
  }
}

/**
 * The image with the finalizer. Harvester's framework adds it after the first look, a moment later than what the look found; an
 * image deleted in that moment leaves its belongings behind, which on a slow machine would happen to tests.
 */
function adopted(image: VirtualMachineImage): VirtualMachineImage {
  const { finalizers = [] } = image.metadata;
  if (finalizers.includes(FINALIZER)) return image;
  return { ...image, metadata: { ...image.metadata, finalizers: [...finalizers, FINALIZER] } };
}
