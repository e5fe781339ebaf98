/**
 * The bytes of one blob on their way: in one request, and after a cut in chunks that are checkpoints, closed by an empty PUT. Before
 * anything is sent again the registry is asked whether it has it: a slow commit may have succeeded (facts/oci.md §2.3).
 */
import { type Clock, throwIfAborted } from '../../../base/clock.ts';
import { EnvironmentError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { Slots } from '../../../base/slots.ts';
import type { Blob } from '../../model.ts';
import { type Blobs, short } from '../blobs.ts';
import type { RegistryClient } from '../client.ts';
import { pushScope } from '../login/auth.ts';
import { type Answer, mayPassNetwork } from '../wire.ts';
import type { ChunkSize } from './chunk-size.ts';
import type { Profile } from './profiles.ts';
import { rangeEnd, type Session, type Sessions, type Upload } from './sessions.ts';
import { cutFailure, cutWords, lostFailure, Setback, type SetbackKind, setbackKind } from './setback.ts';
import { WatchedBody } from './watched-body.ts';

/** What all uploads to one host share. */
export interface UploadParts {
  readonly client: RegistryClient;
  readonly blobs: Blobs;
  readonly sessions: Sessions;
  readonly profile: Profile;
  readonly chunkSize: ChunkSize;
  /** Once a host cuts, few bodies at once: each one's share of the way stays foreseeable. */
  readonly turns: Slots;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Task {
  readonly upload: Upload;
  readonly blob: Blob;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Milliseconds that a registry may take to store what it was sent: object stores copy it. */
const COMMIT_TIMEOUT = 600_000;
/** Milliseconds between looks for a blob that was sent whole: as long as its request took, it may be on its way into the store. */
const LOOKS = [500, 1000, 2000, 4000, 8000];
/** Setbacks in a row without one more byte in the registry, and in all. */
const MOST_IN_A_ROW = 6;
const MOST = 40;
/** Setbacks in a row after which an upload is begun anew, whatever the registry says that it has. */
const ASKED_IN_A_ROW = 3;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;
/** Milliseconds after which a 503 is that of a gateway that gave up, not of a registry that is busy. */
const LEAST_LATE = 5000;
/** An end that came sooner and with less on its way was no limit of a proxy: something restarted. */
const LEAST_CUT = { ms: 1000, bytes: 64 << 10 };

export class BlobUpload {
  readonly #task: Task;
  readonly #parts: UploadParts;
  #session: Session | undefined;
  /** Bytes that the registry has of this session, as far as is known; and the most it ever had. */
  #offset = 0;
  #furthest = 0;
  #sent = 0;
  /** Bytes of the body that was sent last. */
  #length = 0;

  constructor(task: Task, parts: UploadParts) {
    this.#task = task;
    this.#parts = parts;
  }

  /** Bytes on the wire. `session`: one that is open already. Throws EnvironmentError REGISTRY_* or HTTP_*, or the abort reason. */
  async run(session?: Session): Promise<number> {
    this.#session = session;
    try {
      return await this.#untilThere();
    } catch (error) {
      // Also where it was cancelled between two tries: the registry would keep the bytes for days.
      if (this.#session) await this.#parts.sessions.cancel(this.#session, this.#task.upload);
      throw error;
    }
  }

  async #untilThere(): Promise<number> {
    for (let [inRow, all] = [0, 1]; ; all++) {
      const before = this.#furthest;
      const setback = await this.#try();
      if (!setback || (await this.#arrived(setback))) return this.#sent;
      if (this.#furthest > before) inRow = 0;
      if (setback.kind !== 'too-large') inRow += 1;
      if (inRow >= MOST_IN_A_ROW || all >= MOST) throw setback.failure;
      await this.#prepareNext(setback, inRow);
    }
  }

  /** Undefined: the registry has it. What no other try can mend is thrown. */
  async #try(): Promise<Setback | undefined> {
    try {
      await this.#send();
      return undefined;
    } catch (error) {
      throwIfAborted(this.#task.upload.signal);
      if (error instanceof Setback) return error;
      throw error;
    }
  }

  async #send(): Promise<void> {
    const { upload, blob } = this.#task;
    const { sessions, chunkSize, profile } = this.#parts;
    this.#session ??= await sessions.begin(upload);
    const whole = !profile.chunks || chunkSize.next(blob.size, this.#session.minimum) >= blob.size;
    if (this.#offset === 0 && whole) return this.#sendWhole(this.#session);
    while (this.#offset < blob.size) await this.#sendChunk(this.#session);
    // Harbor books a wrong size where the closing request has a body (facts/oci.md §2.4 "size bookkeeping").
    await this.#close(this.#session);
  }

  async #sendWhole(session: Session): Promise<void> {
    const { size, digest } = this.#task.blob;
    const to = withDigest(session, digest);
    const { answer, body } = await this.#inTurn(() => this.#stream('PUT', to, { start: 0, end: size }));
    if (answer.status !== 201) throw await this.#setBack(answer, { due: 201, body, session });
    this.#parts.chunkSize.passed(body.sent);
  }

  async #sendChunk(session: Session): Promise<void> {
    const { chunkSize, sessions, profile } = this.#parts;
    const start = this.#offset;
    const { answer, body } = await this.#inTurn(() => {
      // What others learnt while this one waited for its turn counts.
      const end = start + chunkSize.next(this.#task.blob.size - start, session.minimum);
      return this.#stream('PATCH', session, { start, end });
    });
    if (answer.status !== 202 && !(answer.status === 201 && profile.looseChunks))
      throw await this.#setBack(answer, { due: 202, body, session });
    chunkSize.passed(body.sent);
    this.#session = { ...sessions.next(answer, this.#task.upload.asked), minimum: session.minimum };
    this.#offset = takenBy(answer, { start, end: start + this.#length });
    this.#furthest = Math.max(this.#furthest, this.#offset);
  }

  async #close(session: Session): Promise<void> {
    const { client, sessions, clock } = this.#parts;
    const { upload, blob } = this.#task;
    const began = clock.monotonic();
    const answer = await client
      .call({ ...this.#call('PUT', withDigest(session, blob.digest)), headers: { 'content-length': '0' } })
      .catch((failure: unknown) => {
        if (!mayPassNetwork(failure)) throw failure;
        const storingFor = clock.monotonic() - began;
        throw new Setback('cut', { what: 'cut while it was stored', storingFor, failure });
      });
    if (answer.status === 201) return;
    const kind = setbackKind(answer, client.secrets);
    if (kind === undefined || kind === 'too-large') throw await sessions.unexpected(answer, upload, 201);
    throw await this.#refused(kind, answer, clock.monotonic() - began);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { chunkSize, turns } = this.#parts;
    return chunkSize.chunked ? turns.run(work) : work();
  }

  async #stream(
    method: 'PUT' | 'PATCH',
    session: Session,
    { start, end }: { start: number; end: number },
  ): Promise<{ answer: Answer; body: WatchedBody }> {
    const { client, clock } = this.#parts;
    const { blob, upload, onProgress } = this.#task;
    const body = new WatchedBody(clock);
    const { signal } = upload;
    this.#length = end - start;
    try {
      const answer = await client.call({
        ...this.#call(method, session),
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(this.#length),
          ...(method === 'PATCH' && { 'content-range': `${start}-${end - 1}` }),
        },
        body: () => body.carry(blob.open({ start, end }), (bytes) => onProgress?.(start + bytes)),
        signal: signal ? AbortSignal.any([signal, body.signal]) : body.signal,
      });
      return { answer, body };
    } catch (error) {
      throwIfAborted(signal);
      throw this.#brokenOff(error, body);
    } finally {
      body.end();
      this.#sent += body.total;
    }
  }

  #brokenOff(error: unknown, { sent }: WatchedBody): unknown {
    const stalled = error instanceof EnvironmentError && error.code === 'REGISTRY_STALLED';
    if (!stalled && !mayPassNetwork(error)) return error;
    const storingFor = sent.bytes >= this.#length ? sent.ms : undefined;
    const what = cutWords(sent);
    if (!this.#learnCut(sent)) return new Setback('busy', { what, storingFor, failure: error });
    return new Setback('cut', {
      what,
      storingFor,
      failure: cutFailure(this.#task.upload.asked, what, error),
    });
  }

  async #setBack(
    answer: Answer,
    { due, body, session }: { due: number; body: WatchedBody; session: Session },
  ): Promise<Error> {
    const { client, sessions, chunkSize, profile } = this.#parts;
    const { sent } = body;
    const kind = setbackKind(answer, client.secrets);
    const length = this.#length;
    const smaller = () => chunkSize.tooLarge(length) && chunkSize.next(length, session.minimum) < length;
    if (kind === undefined || (kind === 'too-large' && !(profile.chunks && smaller())))
      return sessions.unexpected(answer, this.#task.upload, due);
    const storingFor = sent.bytes >= this.#length ? sent.ms : undefined;
    const late = kind === 'cut' || (answer.status === 503 && sent.ms >= LEAST_LATE);
    if (!late || !this.#learnCut(sent)) return this.#refused(kind, answer, storingFor);
    const what = `${cutWords(sent)} (HTTP ${answer.status})`;
    return new Setback('cut', { what, storingFor, failure: cutFailure(this.#task.upload.asked, what) });
  }

  async #refused(kind: SetbackKind, answer: Answer, storingFor: number | undefined): Promise<Setback> {
    const { client } = this.#parts;
    const { asked, signal } = this.#task.upload;
    const failure =
      kind === 'lost' || kind === 'moved'
        ? lostFailure(answer, asked, client.secrets)
        : await client.failure(answer, asked, { signal });
    return new Setback(kind, { what: `answered with HTTP ${answer.status} (${kind})`, storingFor, failure });
  }

  /** False where the end says nothing of a limit. */
  #learnCut(sent: { bytes: number; ms: number }): boolean {
    if (sent.ms < LEAST_CUT.ms && sent.bytes < LEAST_CUT.bytes) return false;
    return this.#parts.chunkSize.cut(sent);
  }

  /** True if the registry has the blob after all. One that was sent whole is waited for a little. */
  async #arrived({ kind, storingFor = 0 }: Setback): Promise<boolean> {
    const { blobs, clock } = this.#parts;
    const { upload, blob } = this.#task;
    const { repository, signal } = upload;
    let waited = 0;
    for (const delay of LOOKS) {
      const found = await blobs.has(repository, blob, { signal }).catch(() => false);
      throwIfAborted(signal);
      if (found) return true;
      if (kind === 'too-large' || waited + delay > storingFor) return false;
      await clock.sleep(delay, signal);
      waited += delay;
    }
    return false;
  }

  /** Where the next try begins, and when. */
  async #prepareNext(setback: Setback, inRow: number): Promise<void> {
    const { clock, log, profile, chunkSize } = this.#parts;
    const { upload, blob, onProgress } = this.#task;
    const known = setback.kind === 'too-large' ? this.#session : undefined;
    const wait = setback.kind === 'busy' || inRow > 1;
    if (wait) await clock.sleep(Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** inRow), upload.signal);
    const before = this.#offset;
    const ask = setback.kind !== 'lost' && profile.chunks && !profile.looseChunks && inRow < ASKED_IN_A_ROW;
    if (!known) await this.#findSession(ask);
    // It is where we are and still refuses the range: some take no larger one (facts/oci.md §2.3, GHCR).
    if (setback.kind === 'moved' && this.#session && this.#offset === before)
      chunkSize.tooLarge(this.#length);
    onProgress?.(this.#offset);
    log.info(
      `blob ${short(blob.digest)}: ${setback.message}; it goes on at byte ${this.#offset} of ${blob.size}`,
    );
  }

  /** What the registry kept of the session; else a new one from the start. */
  async #findSession(ask: boolean): Promise<void> {
    const { sessions } = this.#parts;
    const { upload, blob } = this.#task;
    const session = this.#session;
    const status = ask && session ? await sessions.status(session, upload).catch(() => undefined) : undefined;
    throwIfAborted(upload.signal);
    // One that is behind what it had taken counts in a way of its own.
    const usable = status && status.offset >= this.#offset && status.offset <= blob.size ? status : undefined;
    // What is there and not gone on with is freed; after a 404 nothing is.
    if (session && !usable && (status || !ask)) await sessions.cancel(session, upload);
    this.#session = usable;
    this.#offset = usable?.offset ?? 0;
    this.#furthest = Math.max(this.#furthest, this.#offset);
  }

  #call(method: 'PUT' | 'PATCH', { place }: Pick<Session, 'place'>) {
    const { repository, asked, signal } = this.#task.upload;
    const scopes = [pushScope(repository)];
    return { method, place, scopes, asked, signal, timeout: COMMIT_TIMEOUT, attempts: 1 };
  }
}

/**
 * Where the next chunk begins. A registry may have taken less of this one; one whose Range stands still before it (ECR) has all the
 * same taken it, since it answered so.
 */
function takenBy(answer: Answer, { start, end }: { start: number; end: number }): number {
  const told = rangeEnd(answer);
  return told !== undefined && told > start && told < end ? told : end;
}

/** Appended to what the location has: it carries the session's state. */
function withDigest({ place, minimum }: Session, digest: string): Session {
  const mark = place.url.includes('?') ? '&' : '?';
  return { place: { ...place, url: `${place.url}${mark}digest=${digest}` }, minimum };
}
