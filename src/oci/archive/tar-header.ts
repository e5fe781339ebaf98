/** One 512-byte header of a tar: ustar (POSIX.1-1988), GNU's base-256 numbers, the old V7 form. Its checksum is checked. */
import { UserError } from '../../base/errors.ts';

export const BLOCK = 512;

export interface TarHeader {
  readonly name: string;
  readonly type: string;
  /** Bytes of the data that follows. */
  readonly size: number;
  readonly linkname: string;
}

/** What to do about an archive that is broken. */
export const SAVE_ANEW = 'Save or download the image anew, and compare its checksum with that of the source.';

/** Reads a header. Throws UserError ARCHIVE_HEADER_DAMAGED; `at` is its offset, for the message. */
export function parseHeader(block: Buffer, at: number): TarHeader {
  if (!hasTarChecksum(block)) throw damaged(at, 'its checksum is wrong');
  const name = text(block, 0, 100);
  const prefix = isUstar(block) ? text(block, 345, 155) : '';
  return {
    name: prefix ? `${prefix}/${name}` : name,
    type: block[156] ? String.fromCharCode(block[156]!) : '0',
    size: parseSize(block, at),
    linkname: text(block, 157, 100),
  };
}

/** Whether 512 bytes are a tar header, as far as one can tell: the sum of its bytes is in it, signed or unsigned. */
export function hasTarChecksum(block: Uint8Array): boolean {
  if (block.length < BLOCK) return false;
  const claimed = octal(Buffer.from(block.buffer, block.byteOffset + 148, 8));
  if (claimed === undefined) return false;
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : block[at]!;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  return claimed === unsigned || claimed === signed;
}

export function isZeroBlock(block: Buffer): boolean {
  return block.equals(ZEROS);
}

const ZEROS = Buffer.alloc(BLOCK);

/** GNU writes `ustar  \0` and has other things where POSIX has the prefix. */
function isUstar(block: Buffer): boolean {
  return block.toString('latin1', 257, 263) === 'ustar\0';
}

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end === -1 || end > at + length ? at + length : end);
}

function parseSize(block: Buffer, at: number): number {
  const field = block.subarray(124, 136);
  const size = field[0]! & 0x80 ? base256(field) : octal(field);
  if (size === undefined) throw damaged(at, 'its size is no number');
  return size;
}

/** Octal digits between blanks and NULs; empty is zero, as writers of links have it. */
function octal(field: Buffer): number | undefined {
  const digits = field.toString('latin1').replace(/^[ \0]+|[ \0].*$/gs, '');
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : undefined;
}

/** Big-endian behind a first byte of 0x80; a negative or unsafe one is none. */
function base256(field: Buffer): number | undefined {
  if (field[0] !== 0x80) return undefined;
  const value = Number(field.readBigUInt64BE(4));
  const high = field.subarray(1, 4).every((byte) => byte === 0);
  return high && Number.isSafeInteger(value) ? value : undefined;
}

export function damaged(at: number, what: string): UserError {
  return new UserError('ARCHIVE_HEADER_DAMAGED', `The tar header at byte ${at} is damaged: ${what}.`, {
    mend: SAVE_ANEW,
  });
}
