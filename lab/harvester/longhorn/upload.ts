/**
 * Longhorn's data source for an uploaded image: it waits a while for one request, takes its field `chunk` and complains in the
 * words of longhorn/backing-image-manager pkg/datasource/service.go and pkg/sync/{service,sync_file,handler}.go
 * (facts/harvester.md §1.7).
 */
import type { IncomingMessage } from 'node:http';
import type { PassThrough } from 'node:stream';
import type { Clock } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import type { Pace } from '../pace.ts';
import type { ImageScript } from '../script.ts';
import { fieldOf } from './multipart.ts';
import { bodyOf, leaveBody } from './request-body.ts';
import { writeSparse } from './sparse-file.ts';

const FIELD = 'chunk';
const SECTOR = 512;
const NOT_BEGUN = 'timeout waiting for the datasource file processing begin';
const NEVER_BEGUN =
  'failed to process sync file: failed to wait for processing begin in 60 seconds, current state starting';

export interface UploadOrder {
  /** Name of the backing image. */
  readonly name: string;
  /** Where the bytes go. */
  readonly path: string;
  /** The image, `namespace/name`: the script counts its transfers by it, so that it holds when the image is made anew. */
  readonly id: string;
  readonly script: ImageScript;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Percent of the promised length. Called with 0 when the first byte is there. */
  readonly onProgress: (percent: number) => void;
}

export interface Received {
  readonly size: number;
  readonly sha512: string;
}

interface Slot {
  readonly order: UploadOrder;
  state: 'pending' | 'starting' | 'in-progress';
  readonly resolve: (received: Received) => void;
  readonly reject: (error: Error) => void;
}

/** The data sources that wait for a file, by the name of their backing image. */
export class Uploads {
  private readonly slots = new Map<string, Slot>();
  /** Transfers so far, by image. */
  private readonly transfers = new Map<string, number>();

  /** Opens the window; resolves when a file is complete. Rejects with Longhorn's wording, or when the signal aborts. */
  async expect(order: UploadOrder): Promise<Received> {
    const over = new AbortController();
    try {
      return await new Promise<Received>((resolve, reject) => {
        const slot: Slot = { order, state: 'pending', resolve, reject };
        this.slots.set(order.name, slot);
        order.signal.addEventListener('abort', () => reject(new Error('context canceled')), {
          once: true,
          signal: over.signal,
        });
        void closeWindow(slot, over.signal);
      });
    } finally {
      over.abort();
      this.slots.delete(order.name);
    }
  }

  /** Takes the request's file. Rejects with what Longhorn would answer, always with status 500. */
  async receive(name: string, request: IncomingMessage): Promise<void> {
    const slot = this.slots.get(name);
    if (!slot) throw new Error(`cannot find pod for backing image data source ${name}`);
    if (slot.state !== 'pending')
      throw new Error(`upload server for backing image ${name} has not been initiated`);
    const size = promisedSize(new URL(request.url ?? '/', 'https://longhorn').searchParams.get('size'));
    slot.state = 'starting';
    let received: Received;
    try {
      received = await takeFile(slot, request, { size, tries: this.count(slot.order.id) });
    } catch (error) {
      // Without a first byte the source is not told: it goes on waiting until its window closes.
      if (isMoving(slot)) {
        slot.reject(new Error(`failed to process sync file: ${messageOf(error)}`));
      }
      throw error;
    }
    if (isMoving(slot)) slot.resolve(received);
  }

  /** How many transfers there were before this one. */
  private count(id: string): number {
    const before = this.transfers.get(id) ?? 0;
    this.transfers.set(id, before + 1);
    return before;
  }
}

function isMoving(slot: Slot): boolean {
  return slot.state === 'in-progress';
}

async function closeWindow(slot: Slot, signal: AbortSignal): Promise<void> {
  const { clock, pace, script } = slot.order;
  try {
    await clock.sleep(script.upload?.window ?? pace.uploadWindow, signal);
  } catch {
    return; // the file came, or the image went
  }
  if (slot.state === 'pending') slot.reject(new Error(NOT_BEGUN));
  if (slot.state === 'starting') slot.reject(new Error(NEVER_BEGUN));
}

/** Go's strconv.ParseInt, and the limit that direct I/O sets. */
function promisedSize(text: string | null): number {
  const word = text ?? '';
  if (!/^[+-]?\d+$/.test(word)) {
    throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(word)}: invalid syntax`);
  }
  const size = Number(word);
  if (size % SECTOR === 0) return size;
  throw new Error(
    `the uploaded file size ${size} should be a multiple of ${SECTOR} bytes since Longhorn uses directIO by default`,
  );
}

async function takeFile(
  slot: Slot,
  request: IncomingMessage,
  { size, tries }: { size: number; tries: number },
): Promise<Received> {
  const { order } = slot;
  const body = bodyOf(request);
  const idle = new IdleWatch(order, body);
  try {
    const file = fieldOf(body, request.headers['content-type'] ?? '', FIELD);
    const received = await writeSparse(
      order.path,
      scripted(slot, { file, size, tries, request, body }),
      (bytes) => {
        idle.touch();
        if (bytes > 0) slot.state = 'in-progress';
        if (bytes > 0) order.onProgress(size > 0 ? Math.min(100, Math.floor((bytes / size) * 100)) : 0);
      },
    );
    if (size > 0 && received.size !== size) {
      throw new SizeError(
        `processed data size ${received.size} does not match the expected file size ${size}`,
      );
    }
    return received;
  } catch (error) {
    if (slot.state !== 'in-progress' || error instanceof SizeError) throw error;
    throw new Error(`failed to copy the data with timeout: ${messageOf(error)}`);
  } finally {
    idle.stop();
    leaveBody(request, body);
  }
}

class SizeError extends Error {}

/** Slows, stops or cuts the transfer where the script says so. */
async function* scripted(
  slot: Slot,
  transfer: {
    file: AsyncIterable<Buffer>;
    size: number;
    tries: number;
    request: IncomingMessage;
    body: PassThrough;
  },
): AsyncGenerator<Buffer> {
  const { script, clock, signal } = slot.order;
  const limitOf = (fault: { times: number; percent: number } | undefined) =>
    fault && transfer.tries < fault.times ? (transfer.size * fault.percent) / 100 : Number.POSITIVE_INFINITY;
  const [cut, idle] = [limitOf(script.upload?.cutAt), limitOf(script.upload?.idleAt)];
  let bytes = 0;
  for await (const chunk of transfer.file) {
    bytes += chunk.length;
    yield chunk;
    if (bytes > cut) {
      transfer.request.socket.destroy();
      transfer.body.destroy(new Error('unexpected EOF'));
    }
    if (bytes > idle) await new Promise((resolve) => transfer.body.once('close', resolve));
    if (script.bandwidth) await clock.sleep((chunk.length / script.bandwidth) * 1000, signal);
  }
}

/** Fails a transfer that has stood still for too long. */
class IdleWatch {
  private readonly over = new AbortController();
  private readonly order: UploadOrder;
  private last: number;

  constructor(order: UploadOrder, body: PassThrough) {
    this.order = order;
    this.last = order.clock.monotonic();
    void this.watch(body);
  }

  touch(): void {
    this.last = this.order.clock.monotonic();
  }

  stop(): void {
    this.over.abort();
  }

  private async watch(body: PassThrough): Promise<void> {
    const { clock, pace, script } = this.order;
    const limit = script.upload?.idle ?? pace.ioIdle;
    while (!this.over.signal.aborted) {
      const left = this.last + limit - clock.monotonic();
      if (left <= 0) return void body.destroy(new Error('context cancelled during the copy'));
      await clock.sleep(left, this.over.signal).catch(() => {});
    }
  }
}
