/**
 * Files that this machine fetches itself, each locked by its sha256: resumed where a connection broke, kept between runs in
 * a folder where there is one, and held against the digest before every use. The builder's download.sh does it in a VM.
 */
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../base/clock.ts';
import { EnvironmentError } from '../base/errors.ts';
import { hashFile } from '../base/hash.ts';
import { type Http, type HttpResponse, redactUrl } from '../base/http.ts';
import type { Logger } from '../base/log.ts';
import { formatBytes } from '../base/quantity.ts';
import { retry } from '../base/retry.ts';
import { diskFull } from './machine.ts';

/** First delay between attempts, in milliseconds. */
const PAUSE = 2000;
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);
/** How a qcow2 begins. */
const QCOW2 = '514649fb';

export interface LockedFile {
  /** For people: "the base image". */
  readonly title: string;
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
  readonly qcow2: boolean;
}

export interface FetchContext {
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Logger;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
  /** Files stay here, by digest. */
  readonly cacheFolder?: string | undefined;
  /** Told the size as soon as it is known, before anything is written; throws where there is no room for it. */
  readonly room: (bytes: number, cached: boolean) => Promise<void>;
}

/**
 * Puts the file at `path`. EnvironmentErrors: DOWNLOAD_FAILED (the server refuses, or five attempts did), DOWNLOAD_CHECKSUM
 * (other bytes), DOWNLOAD_NO_IMAGE (no qcow2).
 */
export async function fetchLocked(file: LockedFile, path: string, context: FetchContext): Promise<void> {
  const { cacheFolder } = context;
  if (!cacheFolder) return download(file, path, context);
  const kept = join(cacheFolder, `${file.sha256}${file.qcow2 ? '.qcow2' : ''}`);
  if (!(await isIntact(kept, file, context))) {
    await mkdir(cacheFolder, { recursive: true });
    // Two builds may fill one cache at a time: each has a draft of its own, and either's is as good.
    const draft = `${kept}.${process.pid}.part`;
    try {
      await download(file, draft, context);
      await rename(draft, kept);
    } finally {
      await rm(draft, { force: true });
    }
  }
  await copyFile(kept, path, constants.COPYFILE_FICLONE);
}

async function isIntact(kept: string, file: LockedFile, context: FetchContext): Promise<boolean> {
  const found = await stat(kept).catch(() => undefined);
  if (!found) return false;
  if ((await hashFile('sha256', kept, context.signal)) !== file.sha256) {
    context.log.warning(`${file.title} was kept in ${kept}, but damaged: it is downloaded anew`);
    await rm(kept);
    return false;
  }
  await context.room(found.size, true);
  context.log.info(`${file.title}: kept from an earlier run, ${formatBytes(found.size)}, sha256 checked`);
  return true;
}

async function download(file: LockedFile, path: string, context: FetchContext): Promise<void> {
  const { title, url, sha256, qcow2 } = file;
  const { log, clock, signal } = context;
  log.info(`downloading ${title} from ${redactUrl(url)}`);
  await retry(() => receive(file, path, context), {
    doing: `downloading ${title}`,
    firstDelay: PAUSE,
    retryable: isTransient,
    clock,
    log,
    signal,
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOSPC') throw diskFull(`download ${title}`, error);
    throw error instanceof Unanswered ? failed(title, error.message, error) : error;
  });
  if (qcow2) await requireQcow2(file, path);
  const { size } = await stat(path);
  const actual = await hashFile('sha256', path, signal);
  if (actual !== sha256) throw otherBytes(file, actual, size);
  log.info(`${title}: ${formatBytes(size)}, sha256 ${actual}`);
}

/** An answer that a later attempt may not get again. */
class Unanswered extends Error {}

function isTransient(error: unknown): boolean {
  if (error instanceof Unanswered) return true;
  return (
    error instanceof EnvironmentError &&
    /^HTTP_(REFUSED|UNREACHABLE|TIMEOUT|RESET|FAILED|DNS)$/.test(error.code)
  );
}

/** One attempt, from where the last one stopped. */
async function receive(file: LockedFile, path: string, context: FetchContext): Promise<void> {
  const had = (await stat(path).catch(() => undefined))?.size ?? 0;
  const { http, signal } = context;
  const headers = had > 0 ? { range: `bytes=${had}-` } : {};
  const response = await http.request(file.url, { headers, signal });
  try {
    const resumes = response.status === 206 && had > 0;
    if (!resumes && response.status !== 200) await refuse(response, file, path);
    const begin = resumes ? had : 0;
    const size = Number(response.headers['content-length'] ?? Number.NaN) + begin;
    if (begin === 0 && size > 0) await context.room(size, false);
    await pipeline(
      response.body,
      counted(begin, (bytes) => context.progress(progressText(file.title, bytes, size))),
      createWriteStream(path, { flags: resumes ? 'a' : 'w', mode: 0o600 }),
      { signal },
    );
  } finally {
    response.body.destroy();
  }
}

/** 416: the file has grown shorter than what we have, or we have all of it; either way from the start. */
async function refuse(response: HttpResponse, { title }: LockedFile, path: string): Promise<never> {
  const words = `the server answered ${response.status} for ${redactUrl(response.url)}`;
  if (response.status === 416) await rm(path, { force: true });
  else if (!TRANSIENT.has(response.status)) throw failed(title, words);
  throw new Unanswered(words);
}

function counted(begin: number, report: (bytes: number) => void) {
  return async function* count(source: Readable) {
    let bytes = begin;
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      report(bytes);
      yield chunk;
    }
  };
}

function progressText(title: string, bytes: number, size: number): string {
  return `downloading ${title}: ${formatBytes(bytes)}${size > 0 ? ` of ${formatBytes(size)}` : ''}`;
}

/** What is no image says so by its first bytes; its checksum alone would not say what it is. */
async function requireQcow2({ title, url }: LockedFile, path: string): Promise<void> {
  let first = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { end: 79 }))
    first = Buffer.concat([first, chunk as Buffer]);
  if (first.subarray(0, 4).toString('hex') === QCOW2) return;
  const begin = first.toString('latin1').replace(/[^\x20-\x7e]+/g, ' ');
  const what = first[0] === 0x3c ? 'a web page' : 'something else';
  throw new EnvironmentError(
    'DOWNLOAD_NO_IMAGE',
    `Downloading ${title}: ${redactUrl(url)} gave ${what}, not a qcow2 image. It begins with: ${begin}`,
    { mend: 'Correct base.url of the recipe; the image must not be compressed as a file.' },
  );
}

function otherBytes({ title, url, sha256 }: LockedFile, actual: string, size: number): EnvironmentError {
  return new EnvironmentError(
    'DOWNLOAD_CHECKSUM',
    `The sha256 of ${title} is ${actual}, expected was ${sha256} (${size} bytes from ${redactUrl(url)}).`,
    {
      mend: 'A mirror may lag behind, or the file was replaced: compare with the checksum its maker publishes.',
    },
  );
}

function failed(title: string, words: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError('DOWNLOAD_FAILED', `Downloading ${title} failed: ${words}.`, {
    mend: 'Check the URL in the recipe, and that the runner can reach it.',
    ...(cause !== undefined && { cause }),
  });
}
