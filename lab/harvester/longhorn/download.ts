/**
 * What Longhorn's data source does with a URL: HEAD and GET that must both answer 200, no Range, no resume, SHA-512 at the end,
 * with its error texts (facts/harvester.md §1.8). Streams: memory does not grow with the image.
 */
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../../src/base/clock.ts';
import { meter } from '../../../src/base/hash.ts';
import { goCause, type Source } from '../image/source.ts';
import type { Pace } from '../pace.ts';
import type { ImageScript } from '../script.ts';

export interface DownloadOptions {
  readonly url: string;
  /** Where the bytes go, under a temporary name until all is well. */
  readonly path: string;
  /** SHA-512 in hex; empty: not checked. */
  readonly checksum: string;
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
  const { url, source, pace, signal, path, checksum } = options;
  const head = await source.head(url, pace.headTimeout);
  if (head.status !== 200) throw new Error(`expected status code 200 from ${url}, got ${head.status}`);
  const response = await source.get(url, pace.ioIdle, signal);
  if (response.statusCode !== 200) {
    response.body.destroy();
    throw new Error(`expected status code 200 from ${url}, got ${response.statusCode}`);
  }
  const promised = head.length ?? 0;
  const counter = meter('sha512');
  try {
    await pipeline(
      response.body,
      scripted(options, promised),
      counter.stream,
      createWriteStream(`${path}.part`),
      { signal },
    );
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(`failed to download from ${url}: ${goCause(error, url)}`);
  }
  const { bytes, hex } = counter.result();
  checkResult({ options, promised, bytes, hex });
  if (checksum === '' || checksum === hex) await rename(`${path}.part`, path);
  return { size: bytes, sha512: hex };
}

function checkResult(result: {
  options: DownloadOptions;
  promised: number;
  bytes: number;
  hex: string;
}): void {
  const { options, promised, bytes, hex } = result;
  if (promised > 0 && bytes !== promised) {
    throw new Error(
      `failed to process sync file: the downloaded size ${bytes} does not match the expected ${promised}`,
    );
  }
  const spoilt = options.tries < (options.script.checksumFails?.times ?? 0);
  const actual = spoilt ? [...hex].reverse().join('') : hex;
  const expected = options.checksum || (spoilt ? hex : '');
  if (expected && expected !== actual) {
    throw new Error(
      `failed to process sync file: the expected checksum ${expected} doesn't match the file actual checksum ${actual}`,
    );
  }
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
