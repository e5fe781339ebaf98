/**
 * Blocks of a deflate stream as RFC 1951 §3.2 lays them out: where one begins, found from the bits alone, and what joins blocks of one
 * stream to another without moving a bit of them (the idea of zlib's example gzjoin).
 */
import { constants, inflateRawSync } from 'node:zlib';

/** How far back a block refers. */
export const WINDOW = 32 * 1024;

/** Where a block begins: at the first bit of its header, or, of one without compression, at the length after the header. */
export interface Boundary {
  /** Counted from the lowest bit of the first byte. */
  readonly bit: number;
  readonly plain: boolean;
}

/** Bytes that a header surely fits into: 3 + 14 + 19 × 3 bits, and what one unaligned read takes. */
const HEADER_BYTES = 14;
const MAX_LITERALS = 29;
const MAX_DISTANCES = 29;

/**
 * Where blocks may begin, in order. Some thousandths of all bits look so by chance: decoding tells. The last block of a stream, and
 * those of fixed codes, are never found.
 */
export function* candidates(bytes: Uint8Array): Generator<Boundary> {
  for (let at = 0; at < bytes.length - HEADER_BYTES; at++) {
    if (beginsPlainBlock(bytes, at)) yield { bit: at * 8, plain: true };
    for (let bit = at * 8; bit < at * 8 + 8; bit++)
      if (beginsDynamicBlock(bytes, bit)) yield { bit, plain: false };
  }
}

/** A length and its complement. */
function beginsPlainBlock(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! ^ bytes[at + 2]!) === 0xff && (bytes[at + 1]! ^ bytes[at + 3]!) === 0xff;
}

function beginsDynamicBlock(bytes: Uint8Array, bit: number): boolean {
  const head = bitsAt(bytes, bit);
  // Not the last one, dynamic codes: bits 0, 0, 1.
  if ((head & 7) !== 4) return false;
  if (((head >>> 3) & 31) > MAX_LITERALS || ((head >>> 8) & 31) > MAX_DISTANCES) return false;
  return hasWholeCode(bytes, bit + 17, ((head >>> 13) & 15) + 4);
}

/** Whether `count` lengths of 3 bits each make a prefix code that leaves nothing of its 7 bits: each length takes its share of 128. */
function hasWholeCode(bytes: Uint8Array, bit: number, count: number): boolean {
  let left = 128;
  for (let index = 0; index < count && left >= 0; index++) {
    const length = bitsAt(bytes, bit + 3 * index) & 7;
    if (length > 0) left -= 128 >>> length;
  }
  return left === 0;
}

/** At least 25 bits from `bit` on, the first one lowest. */
function bitsAt(bytes: Uint8Array, bit: number): number {
  const at = bit >>> 3;
  const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  return word >>> (bit & 7);
}

/** The plain bytes from a boundary to the end of `bytes`; undefined where that is no deflate, or more than `limit` bytes. */
export function inflateFrom(
  bytes: Uint8Array,
  boundary: Boundary,
  { window, limit }: { readonly window: Uint8Array; readonly limit: number },
): Buffer | undefined {
  const { before, next } = entry(bytes, boundary);
  try {
    return inflateRawSync(Buffer.concat([before, bytes.subarray(next)]), {
      dictionary: window,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: limit,
    });
  } catch {
    return undefined; // a candidate that was none
  }
}

/**
 * How blocks from a boundary on follow a whole byte of another stream: `before`, then the bytes from `next` on. Empty blocks end at the
 * same bit of a byte as what came before the boundary, so that nothing has to be shifted.
 */
export function entry(bytes: Uint8Array, { bit, plain }: Boundary): { before: Uint8Array; next: number } {
  const [at, used] = [bit >>> 3, bit & 7];
  if (plain) return { before: Uint8Array.of(0), next: at };
  if (used === 0) return { before: new Uint8Array(0), next: at };
  const before = EMPTY_BLOCKS[used]!.slice();
  before[before.length - 1]! |= bytes[at]! & (0xff << used);
  return { before, next: at + 1 };
}

/**
 * How blocks up to a boundary end at a whole byte: the bytes up to `next`, then `after`, which completes an empty block without
 * compression (RFC 1951 §3.2.4).
 */
export function exit(bytes: Uint8Array, { bit, plain }: Boundary): { next: number; after: Uint8Array } {
  const [at, used] = [bit >>> 3, bit & 7];
  const kept = used === 0 ? [] : [bytes[at]! & (0xff >>> (8 - used))];
  // The three bits of its header begin another byte where the last one has no room for them.
  const header = !plain && (used === 0 || used > 5) ? [0] : [];
  return { next: at, after: Uint8Array.of(...kept, ...header, 0, 0, 0xff, 0xff) };
}

/**
 * An empty block of 95 bits, one less than whole bytes, in the order of the stream: not last, dynamic; 257 literals, 1 distance, 18
 * lengths of lengths; codes for the lengths 18 (zeros), 0 and 1; literal 0 and the end of one bit each; no distance; the end.
 */
const EMPTY_BLOCK = [
  '0 01 00000 00000 0111',
  '000 000 010 100 000 000 000 000 000 000 000 000 000 000 000 000 000 010',
  '10 11 1111111 11 0101011 10 0 1',
]
  .join('')
  .replaceAll(' ', '');

/** So many of them that they end after that many bits of a byte. */
const EMPTY_BLOCKS = Array.from({ length: 8 }, (_, used) => bytesOf(EMPTY_BLOCK.repeat((8 - used) % 8)));

function bytesOf(bits: string): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let at = 0; at < bits.length; at++) if (bits[at] === '1') bytes[at >>> 3]! |= 1 << (at & 7);
  return bytes;
}
