/**
 * A large layer of a `.tar.gz` keeps the deflate blocks that it has there: they are copied, and only its two ends, up to the next border
 * of a block, are compressed anew. That takes the time of reading the compressed bytes, where compressing takes all cores for seconds.
 * The digest depends on the archive's own compression then; small layers, which images share, are compressed as everywhere else.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync } from 'node:zlib';
import { throwIfAborted } from '../../base/clock.ts';
import { EnvironmentError } from '../../base/errors.ts';
import { DEFAULT_LEVEL, GZIP_HEAD, gzipTail } from './block-format.ts';
import { type Boundary, candidates, entry, exit, inflateFrom, WINDOW } from './deflate-block.ts';
import type { GzipOrigin, GzipTrail, TrailMark } from './gzip-trail.ts';
import type { HashedFile } from './hashed-file.ts';
import type { LayerEnds } from './layer-ends.ts';

/** Bytes of a layer below which it is not worth a digest of its own. */
export const SMALLEST_GRAFT = 64 * 1024 * 1024;

/** Pieces of the file that are searched for a border at either end. */
const PIECES = 16;
/**
 * Places that are tried as a border at either end: all that 16 pieces of usual data have. Bytes that are made to look like borders have one
 * in each place, and would keep a core for hours.
 */
const MAX_TRIES = 8192;
/** So many tries take milliseconds; then others have their turn. */
const TRIES_AT_ONCE = 64;
/** Bytes, also when compressed, that a border must give as they are in the layer: fewer may be right by chance, with other bits to come. */
const PROOF = 1024;
const COPY = 1024 * 1024;

const deflate = promisify(deflateRaw) as (
  bytes: Uint8Array,
  options: NonNullable<Parameters<typeof deflateRaw>[1]>,
) => Promise<Buffer>;

/** A border of blocks: where it is in the file, and after how many bytes of the layer. */
interface Joint {
  readonly boundary: Boundary;
  /** Bytes of the file before `bytes`. */
  readonly base: number;
  readonly bytes: Buffer;
  readonly plain: number;
}

/**
 * Writes the layer as one gzip member; resolves with false where the file's blocks do not serve: several members, no border near an end.
 * Throws what reading or writing throws.
 */
export async function graft(
  { trail, start }: GzipOrigin,
  ends: LayerEnds,
  file: HashedFile,
  signal?: AbortSignal,
): Promise<boolean> {
  const source = await open(trail.path);
  try {
    const search = () => ({ source, trail, start, ends, tries: triesUntil(signal) });
    const first = await firstJoint(search());
    const last = first && (await lastJoint(search()));
    if (!first || !last || last.base <= first.base || hasMember(trail, first, last)) return false;
    await writeHead(file, first, ends);
    await copyBetween(source, file, { first, last, path: trail.path, signal });
    await writeTail(file, last, ends);
    return true;
  } finally {
    await source.close();
  }
}

interface Search {
  readonly source: FileHandle;
  readonly trail: GzipTrail;
  readonly start: number;
  readonly ends: LayerEnds;
  /** To be asked before each try; false once there were enough. */
  readonly tries: () => Promise<boolean>;
}

function triesUntil(signal: AbortSignal | undefined): () => Promise<boolean> {
  let tries = 0;
  return async () => {
    if (++tries % TRIES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    throwIfAborted(signal);
    return tries <= MAX_TRIES;
  };
}

/** The first border whose blocks refer to nothing before the layer. */
async function firstJoint(search: Search): Promise<Joint | undefined> {
  const { marks } = search.trail;
  const from = indexFrom(marks, search.start + WINDOW);
  for (let index = from; index < Math.min(from + PIECES, marks.length - 1); index++) {
    const joint = await jointIn(search, marks[index]!, marks[index + 1]!);
    // All before it is compressed anew, so it must be at hand.
    if (joint && search.ends.has(0, joint.plain)) return joint;
  }
  return undefined;
}

/** A border so late in the layer that little is left to compress. */
async function lastJoint(search: Search): Promise<Joint | undefined> {
  const { marks } = search.trail;
  const end = search.start + search.ends.size;
  let index = indexFrom(marks, end);
  if (marks[index]?.plain !== end) index--;
  for (const least = index - PIECES; index > Math.max(least, 0); index--) {
    const joint = await jointIn(search, marks[index - 1]!, marks[index]!);
    if (joint && search.ends.has(joint.plain - WINDOW, search.ends.size)) return joint;
  }
  return undefined;
}

/** Index of the first mark with at least `plain` bytes, by halves. */
function indexFrom(marks: readonly TrailMark[], plain: number): number {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (marks[middle]!.plain < plain) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A border in the piece between two marks, proved: from there to the end of the piece its blocks give the very bytes that the layer has
 * there. How many they give tells first where in the layer the border is.
 */
async function jointIn(search: Search, from: TrailMark, to: TrailMark): Promise<Joint | undefined> {
  const { source, start, ends, tries } = search;
  const [plainFrom, plainTo] = [from.plain - start, to.plain - start];
  // Both the window before and the bytes after must be at hand.
  if (!ends.has(plainFrom - WINDOW, plainTo)) return undefined;
  const bytes = Buffer.allocUnsafe(to.stored - from.stored);
  await source.read(bytes, 0, bytes.length, from.stored);
  const limit = plainTo - plainFrom;
  for (const boundary of candidates(bytes)) {
    if (!(await tries())) return undefined;
    const length = inflateFrom(bytes, boundary, { window: NO_WINDOW, limit })?.length ?? 0;
    if (length < PROOF + storedFirst(bytes, boundary)) continue;
    const plain = plainTo - length;
    const given = inflateFrom(bytes, boundary, { window: ends.slice(plain - WINDOW, plain), limit });
    if (!given?.equals(ends.slice(plain, plainTo))) continue;
    if (tellsEnough(given.subarray(storedFirst(bytes, boundary))))
      return { boundary, base: from.stored, bytes, plain };
  }
  return undefined;
}

/**
 * Any part of bytes that are stored as they are reads as them, so of a block without compression only what follows it tells.
 */
function storedFirst(bytes: Buffer, { bit, plain }: Boundary): number {
  return plain ? bytes.readUInt16LE(bit >>> 3) : 0;
}

/** Right bytes are a proof only by what they say: a row of zeros comes out of many wrong places, too. */
function tellsEnough(given: Buffer): boolean {
  return given.length >= PROOF && deflateRawSync(given, { level: 1 }).length >= PROOF;
}

/** For a first look, which only counts. */
const NO_WINDOW = Buffer.alloc(WINDOW);

function hasMember({ members }: GzipTrail, first: Joint, last: Joint): boolean {
  return members.some(({ stored }) => stored > first.base && stored <= last.base + last.bytes.length);
}

async function writeHead(file: HashedFile, first: Joint, ends: LayerEnds): Promise<void> {
  const { before } = entry(first.bytes, first.boundary);
  const options = { level: DEFAULT_LEVEL, finishFlush: constants.Z_SYNC_FLUSH };
  const anew = await deflate(ends.slice(0, first.plain), options);
  await file.append(Buffer.concat([GZIP_HEAD, anew, before]));
}

async function copyBetween(
  source: FileHandle,
  file: HashedFile,
  { first, last, path, signal }: { first: Joint; last: Joint; path: string; signal: AbortSignal | undefined },
): Promise<void> {
  const end = last.base + exit(last.bytes, last.boundary).next;
  const buffers = [Buffer.allocUnsafe(COPY), Buffer.allocUnsafe(COPY)];
  let written: Promise<unknown> = Promise.resolve();
  for (let at = first.base + entry(first.bytes, first.boundary).next; at < end; ) {
    throwIfAborted(signal);
    const buffer = buffers.reverse()[0]!;
    // The next piece is read while the last one is written.
    const [{ bytesRead }] = await Promise.all([
      source.read(buffer, 0, Math.min(COPY, end - at), at),
      written,
    ]);
    if (bytesRead === 0) throw changed(path);
    written = file.append(buffer.subarray(0, bytesRead));
    written.catch(() => {}); // told with the next piece, unless it is cancelled before
    at += bytesRead;
  }
  await written;
}

/** The archive is not what it was when it was read. */
export function changed(path: string): EnvironmentError {
  return new EnvironmentError('ARCHIVE_CHANGED', `${path} was changed while it was being read.`, {
    mend: 'Let the step that writes the file end before this one begins.',
  });
}

async function writeTail(file: HashedFile, last: Joint, ends: LayerEnds): Promise<void> {
  const { after } = exit(last.bytes, last.boundary);
  const dictionary = ends.slice(last.plain - WINDOW, last.plain);
  const anew = await deflate(ends.slice(last.plain, ends.size), { level: DEFAULT_LEVEL, dictionary });
  await file.append(Buffer.concat([after, anew, gzipTail(ends.crc, ends.size)]));
}
