/** PAX records: `<length> <key>=<value>\n`, where the length counts all of it (POSIX.1-2001 "pax", Extended Header). */
import { UserError } from '../../base/errors.ts';
import { damaged } from './tar-header.ts';

/** What records say of the next member that an index needs. */
export interface PaxRecords {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: number;
}

/** Throws UserError ARCHIVE_HEADER_DAMAGED, ARCHIVE_HEADER_AMBIGUOUS, ARCHIVE_SPARSE. */
export function parsePax(data: Buffer, at: number): PaxRecords {
  const found: { path?: string; linkpath?: string; size?: number } = {};
  for (const [key, value] of records(data, at)) {
    if (key.startsWith('GNU.sparse.')) throw sparse(at);
    if (key === 'path' || key === 'linkpath') found[key] = value || empty(key, at);
    if (key === 'size') found.size = wholeNumber(value, at);
  }
  return found;
}

/**
 * Records for all members that follow. Comments are usual; a name or a size for many members is not, and readers differ in what they make
 * of it: ARCHIVE_HEADER_AMBIGUOUS.
 */
export function checkGlobalPax(data: Buffer, at: number): void {
  const found = Object.keys(parsePax(data, at));
  if (found.length === 0) return;
  throw ambiguous(at, `a global header sets the ${found.join(' and the ')} of every member that follows`);
}

export function ambiguous(at: number, what: string): UserError {
  return new UserError(
    'ARCHIVE_HEADER_AMBIGUOUS',
    `The tar header at byte ${at} can be read in two ways: ${what}.`,
    {
      mend: 'Tools would see different images in this archive. Save the image anew with docker, podman or skopeo.',
    },
  );
}

/** POSIX takes back what was said before, and Go the header's own name; others have no name then. */
function empty(key: string, at: number): never {
  throw ambiguous(at, `its PAX ${key} is empty`);
}

export function sparse(at: number): UserError {
  return new UserError(
    'ARCHIVE_SPARSE',
    `The member at byte ${at} is stored sparse, which image archives are not.`,
    {
      mend: 'Make the archive without --sparse (tar) or save the image anew.',
    },
  );
}

function* records(data: Buffer, at: number): Generator<[string, string]> {
  for (let from = 0; from < data.length; ) {
    const blank = data.indexOf(0x20, from);
    const digits = blank === -1 ? '' : data.toString('latin1', from, Math.min(blank, from + 8));
    const end = from + Number(digits);
    if (!/^[1-9]\d*$/.test(digits) || end <= blank || end > data.length || data[end - 1] !== 0x0a) {
      throw damaged(at, 'a PAX record is malformed');
    }
    const equals = data.indexOf(0x3d, blank);
    if (equals === -1 || equals >= end) throw damaged(at, 'a PAX record has no value');
    yield [data.toString('utf8', blank + 1, equals), data.toString('utf8', equals + 1, end - 1)];
    from = end;
  }
}

function wholeNumber(value: string, at: number): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw damaged(at, 'the size in a PAX record is no number');
  return number;
}
