/**
 * Sending a file to Harvester: one multipart request with the whole file in the field `chunk`, begun inside the window that
 * opens when the image is Initialized (facts/harvester.md §1.7).
 */
import { type Clock, throwIfAborted } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { CodedError, EnvironmentError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { formatBytes } from '../base/quantity.ts';
import { redactUrl } from '../base/url.ts';
import type { Kube } from '../kube/kube.ts';
import { type UploadEndpoint, uploadUrl } from './endpoint.ts';
import type { ImageBackend } from './image-object.ts';
import type { FileSource } from './image-source.ts';
import { importFailed } from './import-failure.ts';
import { importState, type VirtualMachineImage } from './import-state.ts';
import { multipartForm } from './multipart.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';
import { uploadRefused } from './upload-failure.ts';

/** The server's two ways to say "not yet": the old backing image is not gone, the data source is not up. */
const NOT_YET = /already exists|timeout waiting for backing image data source/i;
const FIELDS = { backingimage: 'chunk', cdi: 'file' } as const;

/** Milliseconds, and how often. */
export interface UploadLimits {
  /** Requests in all while the server says "not yet". */
  readonly requests: number;
  readonly pause: number;
  /** Without a byte moving; the server itself gives up after 30 s. */
  readonly idle: number;
  /** For the answer, once the last byte is sent. */
  readonly answer: number;
}

export const UPLOAD_LIMITS: UploadLimits = { requests: 12, pause: 5_000, idle: 45_000, answer: 600_000 };
/** Milliseconds between looks at the bytes. */
const LOOK_EVERY = 1000;

export interface Upload {
  readonly endpoint: UploadEndpoint;
  readonly image: { readonly namespace: string; readonly name: string };
  readonly backend: ImageBackend;
  readonly source: FileSource;
  readonly limits?: Partial<UploadLimits> | undefined;
}

export interface UploadContext {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uploads into an image that is Initialized. Only "not yet" is asked again; after any other error the image is of no use,
 * and whoever made it removes it. EnvironmentErrors: UPLOAD_* (upload-failure.ts), UPLOAD_IDLE, UPLOAD_CUT.
 */
export async function uploadFile(upload: Upload, context: UploadContext): Promise<void> {
  const limits = { ...UPLOAD_LIMITS, ...upload.limits };
  for (let request = 1; ; request++) {
    const { status, text } = await sendFile(upload, limits, context);
    if (status >= 200 && status < 300) return;
    // The login was perhaps the one of an hour ago: the next request logs in anew.
    if (status === 401 && request === 1) continue;
    const refusal = uploadRefused(status, text, redactUrl(upload.endpoint.url));
    if (!NOT_YET.test(text) || request >= limits.requests) throw refusal;
    context.log.info(
      `uploading ${upload.source.name}: request ${request} of ${limits.requests} came too early: ${refusal.message}; ` +
        `next in ${formatDuration(limits.pause)}`,
    );
    await context.clock.sleep(limits.pause, context.signal);
    await requireOpen(upload, context);
  }
}

/** An image that has failed meanwhile takes no file any more. */
async function requireOpen({ image }: Upload, { kube, signal }: UploadContext): Promise<void> {
  const found = await kube.get<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, image, { signal });
  const state = importState(found);
  if (state.state === 'failed')
    throw importFailed(found, { message: state.message, attempts: state.attempts });
}

async function sendFile(upload: Upload, limits: UploadLimits, context: UploadContext) {
  const { endpoint, image, backend, source } = upload;
  const form = multipartForm({ field: FIELDS[backend], fileName: source.name, size: source.size });
  const watcher = new TransferWatch(source, limits, context);
  const file = await source.open(watcher.signal);
  const body = form.body(file, watcher.note);
  try {
    return await context.kube.send(uploadUrl(endpoint, image, source.size), {
      method: 'POST',
      headers: { ...form.headers, ...(backend === 'cdi' && { 'file-size': String(source.size) }) },
      body,
      ca: endpoint.ca,
      signal: watcher.signal,
    });
  } catch (error) {
    throwIfAborted(context.signal);
    throw uploadCut(error, source, watcher.sent);
  } finally {
    watcher.stop();
    body.destroy();
    file.destroy();
  }
}

function uploadCut(error: unknown, source: FileSource, sent: number): CodedError {
  if (error instanceof CodedError && error.code.startsWith('UPLOAD_')) return error;
  const done = `${formatBytes(sent)} of ${formatBytes(source.size)}`;
  return new EnvironmentError(
    'UPLOAD_CUT',
    `The upload of ${source.name} broke off after ${done}: ${messageOf(error)}`,
    {
      mend: 'Look at proxies between here and Harvester: their time limits and body limits cut long requests.',
      cause: error,
    },
  );
}

/** Says how far the transfer is, and ends it when nothing moves. */
class TransferWatch {
  sent = 0;
  readonly signal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #source: FileSource;
  readonly #limits: UploadLimits;
  readonly #context: UploadContext;

  constructor(source: FileSource, limits: UploadLimits, context: UploadContext) {
    this.#source = source;
    this.#limits = limits;
    this.#context = context;
    const own = this.#abort.signal;
    this.signal = context.signal ? AbortSignal.any([context.signal, own]) : own;
    void this.#look().catch(() => {}); // ends with the abort
  }

  readonly note = (bytes: number): void => {
    this.sent = bytes;
  };

  stop(): void {
    this.#abort.abort();
  }

  async #look(): Promise<void> {
    const { clock, progress } = this.#context;
    const began = clock.monotonic();
    let [seen, movedAt] = [-1, began];
    for (;;) {
      if (this.sent !== seen) [seen, movedAt] = [this.sent, clock.monotonic()];
      const complete = this.sent >= this.#source.size;
      const quiet = clock.monotonic() - movedAt;
      progress(this.#text(clock.monotonic() - began));
      if (quiet > (complete ? this.#limits.answer : this.#limits.idle)) this.#abort.abort(this.#idle(quiet));
      await clock.sleep(LOOK_EVERY, this.signal);
    }
  }

  #text(elapsed: number): string {
    const { name, size } = this.#source;
    if (this.sent >= size) return `${name} is sent; waiting for Harvester's answer`;
    const speed = elapsed > 0 ? `, ${formatBytes(Math.round((this.sent * 1000) / elapsed))}/s` : '';
    const percent = Math.floor((this.sent * 100) / size);
    return `uploading ${name}: ${formatBytes(this.sent)} of ${formatBytes(size)} (${percent} %)${speed}`;
  }

  #idle(quiet: number): EnvironmentError {
    const { name, size } = this.#source;
    const what = this.sent >= size ? 'the answer did not come' : 'no byte moved';
    return new EnvironmentError(
      'UPLOAD_IDLE',
      `The upload of ${name} stood still after ${formatBytes(this.sent)} of ${formatBytes(size)}: ${what} for ${formatDuration(quiet)}.`,
      {
        mend: 'Harvester ends an upload after 30 s without a byte: check the disk or server that is read, and the network.',
      },
    );
  }
}
