/**
 * The action `upload` of an image (harvester/harvester pkg/image/backingimage/upload.go, facts/harvester.md §1.7): waits until
 * Longhorn's data source is ready, hands the request over, and tells a failure of that in the image's conditions.
 */
import type { IncomingMessage } from 'node:http';
import { timestamp } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import type { CdiUploads } from '../cdi/upload-server.ts';
import { isConflict } from '../client.ts';
import { uploadFailed } from '../image/conditions.ts';
import { backingImageName, isCdi, LONGHORN_NAMESPACE } from '../image/names.ts';
import { DATA_SOURCES, IMAGES, keyOf } from '../kinds.ts';
import type { Uploads } from '../longhorn/upload.ts';
import type { VirtualMachineImage } from '../objects.ts';
import { imageScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import { Answer, apiError, mustAuthenticate, plain, tooLarge } from './answers.ts';
import { acceptForCdi, Told } from './cdi-upload.ts';

const CONDITION_TRIES = 3;
const NOT_READY = 'timeout waiting for backing image data source to be ready';

/** Who takes the bytes in the end. */
export interface UploadTargets {
  readonly longhorn: Uploads;
  readonly cdi: CdiUploads;
}

export class ImageUpload {
  private readonly world: World;
  private readonly uploads: UploadTargets;
  /** Requests so far, by image: for the script. */
  private readonly requests = new Map<string, number>();

  constructor(world: World, uploads: UploadTargets) {
    this.world = world;
    this.uploads = uploads;
  }

  /** Takes the file of `request` for the image. Throws the Answer of whichever component refuses it. */
  async accept(image: VirtualMachineImage, request: IncomingMessage): Promise<void> {
    this.playAnswer(image);
    try {
      await (isCdi(image, this.world.traits) ? this.toCdi(image, request) : this.toLonghorn(image, request));
    } catch (error) {
      if (error instanceof Answer) throw error;
      const gone = request.socket?.destroyed ?? !request.complete;
      const text = gone ? 'unexpected EOF' : messageOf(error);
      await this.fail(image, error instanceof Told ? error.condition : text);
      throw plain(500, text);
    }
  }

  private toCdi(image: VirtualMachineImage, request: IncomingMessage): Promise<void> {
    return acceptForCdi(this.world, { image, uploads: this.uploads.cdi }, request);
  }

  private async toLonghorn(image: VirtualMachineImage, request: IncomingMessage): Promise<void> {
    const name = backingImageName(image, this.world.traits);
    // Harvester loses this failure on its way to the conditions (a shadowed variable): the image stays as it is.
    await this.sourceReady(name);
    try {
      await this.uploads.longhorn.receive(name, request);
    } catch (error) {
      throw new Error(`upload failed: ${messageOf(error)}\n`);
    }
  }

  private playAnswer(image: VirtualMachineImage): void {
    const key = keyOf(image);
    const count = this.requests.get(key) ?? 0;
    this.requests.set(key, count + 1);
    const answers = imageScriptOf(image, this.world.scripts).upload?.answers;
    if (answers && count < answers.times) throw scriptedAnswer(answers, image);
  }

  private async sourceReady(name: string): Promise<void> {
    const { cluster, clock, pace, signal } = this.world;
    const deadline = clock.monotonic() + pace.sourceReady;
    for (;;) {
      const source = await cluster.get(DATA_SOURCES, { namespace: LONGHORN_NAMESPACE, name });
      const { currentState, message = '' } = source?.status ?? {};
      if (currentState === 'pending') return;
      if (currentState === 'failed') throw plain(500, message);
      if (clock.monotonic() >= deadline) throw plain(500, NOT_READY);
      await clock.sleep(2 * pace.tick, signal);
    }
  }

  private async fail(image: VirtualMachineImage, message: string): Promise<void> {
    const { cluster, clock } = this.world;
    for (let tried = 1; ; tried++) {
      const current = await cluster.get(IMAGES, { ...image.metadata });
      if (!current || current.metadata.deletionTimestamp) return;
      const status = uploadFailed(current.status ?? {}, message, timestamp(clock));
      try {
        await cluster.replace(IMAGES, { ...current, status });
        return;
      } catch (error) {
        if (!isConflict(error) || tried === CONDITION_TRIES) throw error;
      }
    }
  }
}

function scriptedAnswer(
  { status, message }: { status: 400 | 401 | 413 | 415 | 500; message?: string | undefined },
  { metadata }: VirtualMachineImage,
): Answer {
  switch (status) {
    case 400:
      return apiError(400, 'BadRequest', message ?? `backing image vmi-${metadata.uid} already exists`);
    case 401:
      return mustAuthenticate();
    case 413:
      return tooLarge();
    case 415:
      return apiError(415, 'InvalidFormat', message ?? 'unsupported media type');
    default:
      return plain(500, message ?? NOT_READY);
  }
}
