/**
 * What Longhorn's data source does with a URL: HEAD and GET that must both answer 200, no Range, no resume, with the texts of
 * longhorn/backing-image-manager pkg/sync/{handler,sync_file}.go (facts/harvester.md §1.8). Memory does not grow with the image.
 */
import { createWriteStream } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { meter } from '../../../src/base/hash.ts';
import { goCause, type Source } from '../image/source.ts';
import type { Pace } from '../pace.ts';
import type { ImageScript } from '../script.ts';

export interface DownloadOptions {
  readonly url: string;
  /** Where the bytes go. */
  readonly path: string;
  /** Failures so far, for the script. */
  readonly tries: number;
  readonly script: ImageScript;
  readonly source: Source;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Percent of the promised length; stays 0 if the server promises none. */
  readonly onProgress: (percent: number) => void;
}

/** Downloads to `path` and resolves with bytes and digest. Rejects with Longhorn's wording. */
export async function download(options: DownloadOptions): Promise<{ size: number; sha512: string }> {
  try {
    return await fetchUrl(options);
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw new Error(`failed to process sync file: ${messageOf(error)}`);
  }
}

/** The same with the bare cause as error. */
export async function fetchUrl(options: DownloadOptions): Promise<{ size: number; sha512: string }> {
  const promised = await promisedLength(options);
  const result = await copy(options, promised);
  if (promised === 0 || result.size === promised) return result;
  throw new Error(`processed data size ${result.size} does not match the expected file size ${promised}`);
}

/** What HEAD promises; 0 if it promises nothing. */
async function promisedLength({ url, source, pace }: DownloadOptions): Promise<number> {
  const { status, length } = await source.head(url, pace.headTimeout);
  mustBeOk(url, status);
  return length ?? 0;
}

async function copy(options: DownloadOptions, promised: number): Promise<{ size: number; sha512: string }> {
  const { url, source, pace, signal, path } = options;
  const { statusCode, body } = await source.get(url, pace.ioIdle, signal);
  if (statusCode !== 200) await body.dump();
  mustBeOk(url, statusCode);
  const counter = meter('sha512');
  try {
    await pipeline(body, scripted(options, promised), counter.stream, createWriteStream(path), { signal });
  } catch (error) {
    throw new Error(goCause(error, url));
  }
  const { bytes, hex } = counter.result();
  return { size: bytes, sha512: hex };
}

function mustBeOk(url: string, status: number): void {
  if (status === 200) return;
  throw new Error(`expected status code 200 from ${url}, got ${status} ${STATUS_CODES[status] ?? ''}`);
}

/** Counts what flows by; breaks off or slows down where the script says so. */
function scripted(options: DownloadOptions, promised: number): Transform {
  const { script, tries, clock, signal, onProgress } = options;
  const limit = script.breaksAt && tries < script.breaksAt.times ? script.breaksAt.percent : 101;
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const percent = promised > 0 ? Math.floor((bytes / promised) * 100) : 0;
      if (percent >= limit) {
        onProgress(limit);
        return done(new Error('unexpected EOF'));
      }
      onProgress(percent);
      if (!script.bandwidth) return done(null, chunk);
      clock.sleep((chunk.length / script.bandwidth) * 1000, signal).then(
        () => done(null, chunk),
        (error: Error) => done(error),
      );
    },
  });
}
