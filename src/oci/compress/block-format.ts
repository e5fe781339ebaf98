/**
 * Compressed formats that are made of blocks, so that cores share the work and the bytes do not depend on how many there are:
 * gzip as pigz makes it (RFC 1951, 1952; facts/oci.md §4.3), zstd as a row of frames (RFC 8878 §3).
 */
import { promisify } from 'node:util';
import { constants, deflateRaw, zstdCompress } from 'node:zlib';

/** What of a layer stands before a block, and whether more follows. */
export interface BlockPlace {
  /** The bytes before the block, as many as the format looks back to; empty for the first. */
  readonly window: Uint8Array;
  readonly last: boolean;
}

export interface BlockFormat {
  readonly compression: 'gzip' | 'zstd';
  /** Bytes of a block before compression. Fixed per format: another size makes other bytes, and another digest. */
  readonly blockSize: number;
  /** Bytes before a block that it refers to. */
  readonly windowSize: number;
  readonly head: Uint8Array;
  encode(block: Uint8Array, place: BlockPlace): Promise<Uint8Array>;
  /** What follows the last block of a layer of `size` bytes with this CRC-32. */
  tail(crc: number, size: number): Uint8Array;
}

/** About skopeo's size at its speed (facts/oci.md §4.1). */
export const DEFAULT_LEVEL = 3;

const MIB = 1024 * 1024;
const NOTHING = new Uint8Array(0);
/** Deflate, no flags, no time, no hint on the level, unknown system: nothing in it differs between machines. */
export const GZIP_HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

const deflateBlock = promisify(deflateRaw) as (
  block: Uint8Array,
  options: NonNullable<Parameters<typeof deflateRaw>[1]>,
) => Promise<Buffer>;
const zstdBlock = promisify(zstdCompress) as (
  block: Uint8Array,
  options: NonNullable<Parameters<typeof zstdCompress>[1]>,
) => Promise<Buffer>;

/** One member of gzip; `level` 1 to 9. The bytes depend on the level and on Node's zlib alone. */
export function gzipFormat(level = DEFAULT_LEVEL): BlockFormat {
  return {
    compression: 'gzip',
    blockSize: MIB,
    windowSize: 32 * 1024,
    head: GZIP_HEAD,
    encode: (block, { window, last }) =>
      deflateBlock(block, {
        level,
        // One pass through the pool per block, also for what does not shrink.
        chunkSize: block.length + 64 * 1024,
        finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
        ...(window.length > 0 && { dictionary: window }),
      }),
    tail: gzipTail,
  };
}

/** What ends a member. */
export function gzipTail(crc: number, size: number): Uint8Array {
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc, 0);
  tail.writeUInt32LE(size % 2 ** 32, 4);
  return tail;
}

/** Frames of their own, since Node's zstd has no way to look back over a block; `level` 1 to 19. */
export function zstdFormat(level = DEFAULT_LEVEL): BlockFormat {
  return {
    compression: 'zstd',
    blockSize: 2 * MIB,
    windowSize: 0,
    head: NOTHING,
    encode: (block) =>
      zstdBlock(block, {
        chunkSize: block.length + 64 * 1024,
        pledgedSrcSize: block.length,
        params: { [constants.ZSTD_c_compressionLevel]: level },
      }),
    tail: () => NOTHING,
  };
}
