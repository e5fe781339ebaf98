/**
 * Decompression as a stream of chunks that notices what Node's own streams let pass: a zstd stream of several frames (Node stops after
 * the first), skippable frames, and junk after the end. gzip: RFC 1952 §2.2 (members); zstd: RFC 8878 §3.1.
 * Memory: a few chunks, and the window of zstd, at most 128 MiB.
 */
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { CodedError, messageOf, UserError } from '../../base/errors.ts';
import type { GzipTrail } from '../compress/gzip-trail.ts';
import { ChunkReader } from './chunk-reader.ts';
import { CHUNK, MAX_FRAMES } from './limits.ts';
import { SAVE_ANEW } from './tar-header.ts';

/** A decoder of zlib; `bytesWritten` is how much of its input it has used. */
type Engine = Transform & { readonly bytesWritten: number };

/**
 * Throws UserError ARCHIVE_COMPRESSION_DAMAGED, ARCHIVE_COMPRESSION_UNKNOWN, and what `source` throws. `source` is read to its end.
 * `trail`: gets to know how far gzip has come.
 */
export async function* decompress(
  source: AsyncIterable<Buffer>,
  compression: 'gzip' | 'zstd',
  trail?: GzipTrail,
): AsyncGenerator<Buffer> {
  const input = new ChunkReader(trail && compression === 'gzip' ? piecesOf(source, trail) : source);
  try {
    yield* compression === 'gzip' ? gunzip(input, trail) : unzstd(input);
  } finally {
    await input.close();
  }
}

async function* piecesOf(source: AsyncIterable<Buffer>, trail: GzipTrail): AsyncGenerator<Buffer> {
  for await (const chunk of source) yield* trail.pieces(chunk);
}

/** In object mode, chunks that wait are not copied together. */
const OPTIONS = { chunkSize: CHUNK / 2, readableObjectMode: true, readableHighWaterMark: 2 };

async function* gunzip(input: ChunkReader, trail: GzipTrail | undefined): AsyncGenerator<Buffer> {
  const engine = createGunzip(OPTIONS);
  const given = bytesGivenBy(engine);
  yield* run(engine, input, (piece) => trail?.passed(piece, given()));
  // What pads a file on a tape or a disk.
  for (let chunk = await input.next(); chunk; chunk = await input.next()) {
    if (chunk.some((byte) => byte !== 0)) throw junk();
  }
}

const ZSTD_MAGIC = 0xfd2fb528;

async function* unzstd(input: ChunkReader): AsyncGenerator<Buffer> {
  for (let frames = 0; await input.has(1); frames++) {
    if (frames > MAX_FRAMES) throw damaged(`it has more than ${MAX_FRAMES} frames`);
    const magic = (await input.has(4)) ? input.peek(4).readUInt32LE() : 0;
    if (magic === ZSTD_MAGIC) yield* run(createZstdDecompress(OPTIONS), input);
    else if (magic >>> 4 === 0x184d2a5) await skipFrame(input);
    else throw frames === 0 ? damaged('it does not begin with a frame') : junk();
  }
}

async function skipFrame(input: ChunkReader): Promise<void> {
  if (!(await input.has(8))) throw damaged('it ends within a frame');
  const size = 8 + input.peek(8).readUInt32LE(4);
  if (!(await input.skip(size))) throw damaged('it ends within a frame');
}

/** Counts what a decoder has given, whether or not it was read yet. */
function bytesGivenBy(engine: Transform): () => number {
  let bytes = 0;
  const push = engine.push.bind(engine);
  engine.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
    bytes += chunk?.length ?? 0;
    return push(chunk, encoding);
  };
  return () => bytes;
}

/** Runs one decoder over the input until it has had enough; what it did not use stays in `input`. */
async function* run(
  engine: Engine,
  input: ChunkReader,
  onUsed?: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  const fed = feed(engine, input, onUsed).catch((error) => void engine.destroy(error as Error));
  try {
    for await (const chunk of engine) yield chunk as Buffer;
    await fed;
  } catch (error) {
    if (error instanceof CodedError || !isZlibError(error)) throw error;
    if (isWindowTooLarge(error)) throw windowTooLarge();
    throw damaged(messageOf(error));
  } finally {
    engine.destroy();
  }
}

async function feed(
  engine: Engine,
  input: ChunkReader,
  onUsed: ((chunk: Buffer) => void) | undefined,
): Promise<void> {
  let given = 0;
  for (let chunk = await input.next(); chunk; chunk = await input.next()) {
    given += chunk.length;
    await taken(engine, chunk);
    if (engine.destroyed) return;
    // A decoder at its end takes no more, and says so in no other way.
    const unused = given - engine.bytesWritten;
    if (unused > 0) return input.unread(chunk.subarray(chunk.length - unused));
    onUsed?.(chunk);
  }
  engine.end();
}

/** Resolves when the decoder is done with the chunk, or for good: where it fails it does not call back. */
function taken(engine: Engine, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      engine.off('close', done);
      resolve();
    };
    engine.once('close', done);
    engine.write(chunk, done);
  });
}

function isZlibError(error: unknown): boolean {
  return (
    typeof (error as { errno?: unknown }).errno === 'number' &&
    /^Z(STD)?_/.test(String((error as { code?: unknown }).code))
  );
}

const isWindowTooLarge = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'ZSTD_error_frameParameter_windowTooLarge';

function windowTooLarge(): UserError {
  return new UserError(
    'ARCHIVE_COMPRESSION_UNKNOWN',
    'The compressed data needs a window of more than 128 MiB, which is not read.',
    { mend: 'Compress it with zstd --long=27 or less.' },
  );
}

/** Bytes that belong to nothing: what a reader would make of them is unknown. */
export function junk(): UserError {
  return damaged('junk follows the compressed data');
}

export function damaged(why: string): UserError {
  return new UserError('ARCHIVE_COMPRESSION_DAMAGED', `The compressed data is damaged: ${why}.`, {
    mend: SAVE_ANEW,
  });
}
