/**
 * Reads a tar once, from any source of chunks, and tells what is where: name → offset, size, sha256. Nothing is ever extracted.
 * Memory: one chunk and the index, which limits.ts bounds. Rules: facts/oci.md §3 "Hostile tars".
 */
import { createHash, type Hash } from 'node:crypto';
import { UserError } from '../../base/errors.ts';
import type { Digest } from '../model.ts';
import { type Compression, sniff } from './compression.ts';
import { MAX_EXTENSION, MAX_MEMBERS } from './limits.ts';
import { memberName } from './member-name.ts';
import { ambiguous, checkGlobalPax, type PaxRecords, parsePax, sparse } from './pax.ts';
import {
  BLOCK,
  damaged,
  hasTarChecksum,
  isZeroBlock,
  parseHeader,
  SAVE_ANEW,
  type TarHeader,
} from './tar-header.ts';

export interface TarFile {
  readonly kind: 'file';
  readonly name: string;
  /** Of its data in the tar. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  readonly digest: Digest;
  /** What its first bytes are, whatever its name says. */
  readonly compression: Compression;
}

export interface TarLink {
  readonly kind: 'symlink' | 'hardlink';
  readonly name: string;
  /** As written. */
  readonly target: string;
}

export interface TarOther {
  readonly kind: 'directory' | 'other';
  readonly name: string;
}

export type TarMember = TarFile | TarLink | TarOther;

export interface TarIndex {
  readonly members: readonly TarMember[];
  /** Bytes of the tar up to its end mark. */
  readonly size: number;
  readonly warnings: readonly string[];
}

/** Takes the data of one file while it streams by. */
export interface MemberSink {
  /** Of a plain archive, a chunk is only lent until this settles; of a compressed one it is never overwritten, and may be kept. */
  write(chunk: Buffer): Promise<void> | undefined;
  end(file: TarFile): Promise<void> | undefined;
}

export interface IndexOptions {
  /** Called for each file; without a sink its data is hashed alone. */
  readonly onFile?: (file: Pick<TarFile, 'name' | 'size' | 'offset'>) => MemberSink | undefined;
}

/**
 * Throws UserError: ARCHIVE_NOT_TAR, ARCHIVE_TRUNCATED, ARCHIVE_HEADER_DAMAGED, ARCHIVE_HEADER_AMBIGUOUS, ARCHIVE_SPARSE,
 * ARCHIVE_NAME_UNSAFE, ARCHIVE_TOO_MANY_MEMBERS; and what `source` or a sink throws.
 */
export async function indexTar(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  options: IndexOptions = {},
): Promise<TarIndex> {
  const reader = new TarReader(options);
  for await (const chunk of source) await reader.take(chunk);
  return reader.finish();
}

/** What the data now streaming by is: of a file, or of a header's extension. */
interface Open {
  /** Bytes still to come. */
  left: number;
  /** Bytes up to the next header after them. */
  padding: number;
  take(chunk: Buffer): Promise<void> | undefined;
  end(): Promise<void> | undefined;
}

class TarReader {
  readonly #onFile: NonNullable<IndexOptions['onFile']>;
  readonly #members: TarMember[] = [];
  readonly #warnings: string[] = [];
  readonly #header = Buffer.alloc(BLOCK);
  /** Bytes of #header that have come. */
  #gathered = 0;
  #open: Open | undefined;
  /** Bytes of the tar so far. */
  #at = 0;
  #pax: PaxRecords | undefined;
  #longName: string | undefined;
  #longLink: string | undefined;
  #zeroBlocks = 0;
  #garbage = false;

  constructor(options: IndexOptions) {
    this.#onFile = options.onFile ?? (() => undefined);
  }

  async take(chunk: Buffer): Promise<void> {
    for (let from = 0; from < chunk.length; ) {
      const rest = chunk.subarray(from);
      const used = this.#open ? await this.#takeData(this.#open, rest) : await this.#takeHeader(rest);
      from += used;
      this.#at += used;
    }
  }

  finish(): TarIndex {
    if (this.#members.length === 0 && this.#at < BLOCK) throw notTar('it is empty or nearly so');
    if (this.#open || this.#gathered > 0 || this.#pending()) throw truncated(this.#at);
    if (this.#zeroBlocks === 0)
      this.#warnings.push('The archive has no end mark; it may have been cut between two members.');
    if (this.#garbage) this.#warnings.push('The archive has data after its end mark, which is ignored.');
    return { members: this.#members, size: this.#at, warnings: this.#warnings };
  }

  /** Whether an extension waits for its member. */
  #pending(): boolean {
    return this.#longName !== undefined || this.#longLink !== undefined || this.#pax !== undefined;
  }

  async #takeData(open: Open, rest: Buffer): Promise<number> {
    const data = rest.subarray(0, open.left);
    if (data.length > 0) await open.take(data);
    open.left -= data.length;
    const skipped = Math.min(open.padding, rest.length - data.length);
    if (open.left === 0) open.padding -= skipped;
    if (open.left === 0 && open.padding === 0) {
      this.#open = undefined;
      await open.end();
    }
    return data.length + skipped;
  }

  async #takeHeader(rest: Buffer): Promise<number> {
    if (this.#zeroBlocks === 2) return this.#takeTrailer(rest);
    const used = rest.copy(this.#header, this.#gathered, 0, BLOCK - this.#gathered);
    this.#gathered += used;
    if (this.#gathered === BLOCK) {
      this.#gathered = 0;
      await this.#begin(this.#at + used - BLOCK);
    }
    return used;
  }

  /** After the end: zeros up to a full record are usual. */
  #takeTrailer(rest: Buffer): number {
    this.#garbage ||= rest.some((byte) => byte !== 0);
    return rest.length;
  }

  async #begin(at: number): Promise<void> {
    if (isZeroBlock(this.#header)) {
      if (this.#pending()) throw damaged(at, 'a long name or PAX record belongs to no member');
      this.#zeroBlocks++;
      return;
    }
    if (this.#zeroBlocks === 1) throw damaged(at, 'half an end mark is before it');
    if (at === 0 && !hasTarChecksum(this.#header)) throw notTar('its first bytes are no tar header');
    const header = parseHeader(this.#header, at);
    const extension = this.#extensionOf(header, at);
    this.#open = extension ?? this.#member(header, at);
    // A member without data ends where it begins.
    if (this.#open && this.#open.left === 0) await this.#takeData(this.#open, Buffer.alloc(0));
  }

  #extensionOf(header: TarHeader, at: number): Open | undefined {
    switch (header.type) {
      case 'x':
        // GNU tar and Go take the last one alone, others all of them.
        if (this.#pax) throw ambiguous(at, 'it is the second PAX header of one member');
        return gather(header, at, (data) => {
          this.#pax = parsePax(data, at);
        });
      case 'X':
        throw ambiguous(at, 'it is an extension that Solaris reads');
      case 'g':
        if (this.#pending()) throw ambiguous(at, 'a global header comes between a member and its name');
        return gather(header, at, (data) => checkGlobalPax(data, at));
      case 'L':
        if (this.#longName !== undefined) throw ambiguous(at, TWO_NAMES);
        return gather(header, at, (data) => {
          this.#longName = untilNul(data);
        });
      case 'K':
        if (this.#longLink !== undefined) throw ambiguous(at, TWO_TARGETS);
        return gather(header, at, (data) => {
          this.#longLink = untilNul(data);
        });
      default:
        return undefined;
    }
  }

  #member(header: TarHeader, at: number): Open | undefined {
    if (this.#members.length >= MAX_MEMBERS) throw tooMany();
    const { written, target, size } = this.#extended(header, at);
    const kind = kindOf(header, written);
    if (kind === 'sparse') throw sparse(at);
    if (kind === 'file') return this.#file(memberName(written), size, at + BLOCK);
    if (size > 0 && kind !== 'other') throw ambiguous(at, `a ${kind} has ${size} bytes of data`);
    if (size > 0 && DEVICES.includes(header.type)) throw ambiguous(at, `a device has ${size} bytes of data`);
    const name = memberName(written);
    this.#members.push(kind === 'symlink' || kind === 'hardlink' ? { kind, name, target } : { kind, name });
    return kind === 'other' ? passOver(size) : undefined;
  }

  /** What the header and the extensions before it say together. */
  #extended(header: TarHeader, at: number): { written: string; target: string; size: number } {
    const { path, linkpath, size } = this.#pax ?? {};
    if (path !== undefined && this.#longName !== undefined) throw ambiguous(at, TWO_NAMES);
    if (linkpath !== undefined && this.#longLink !== undefined) throw ambiguous(at, TWO_TARGETS);
    const written = path ?? this.#longName ?? header.name;
    const target = linkpath ?? this.#longLink ?? header.linkname;
    this.#pax = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    return { written, target, size: size ?? header.size };
  }

  #file(name: string, size: number, offset: number): Open {
    const sink = this.#onFile({ name, size, offset });
    const hash = createHash('sha256');
    const start = Buffer.alloc(8);
    let seen = 0;
    return {
      left: size,
      padding: paddingOf(size),
      take: (chunk) => {
        if (seen < start.length) chunk.copy(start, seen);
        seen += chunk.length;
        hash.update(chunk);
        return sink?.write(chunk);
      },
      end: () => {
        const compression = sniff(start.subarray(0, Math.min(seen, start.length)));
        const file: TarFile = { kind: 'file', name, offset, size, digest: digestOf(hash), compression };
        this.#members.push(file);
        return sink?.end(file);
      },
    };
  }
}

/** Character and block devices, pipes: some readers pass over data that their headers announce, for others it is the next member. */
const DEVICES = '346';
const TWO_NAMES = 'it has two long names';
const TWO_TARGETS = 'it has two link targets';

function kindOf(header: TarHeader, name: string): TarMember['kind'] | 'sparse' {
  switch (header.type) {
    case '0':
    case '7':
      // V7 had no type for directories.
      return name.endsWith('/') ? 'directory' : 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '5':
      return 'directory';
    case 'S':
      return 'sparse';
    default:
      return 'other';
  }
}

const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

function passOver(size: number): Open {
  return { left: size, padding: paddingOf(size), take: () => undefined, end: () => undefined };
}

/** Collects the data of an extension, which is bounded. */
function gather(header: TarHeader, at: number, done: (data: Buffer) => void): Open {
  if (header.size > MAX_EXTENSION) throw damaged(at, `${header.size} bytes of names or records are too many`);
  const chunks: Buffer[] = [];
  return {
    left: header.size,
    padding: paddingOf(header.size),
    take: (chunk) => {
      chunks.push(Buffer.from(chunk));
      return undefined;
    },
    end: () => {
      done(Buffer.concat(chunks));
      return undefined;
    },
  };
}

function untilNul(data: Buffer): string {
  const end = data.indexOf(0);
  return data.toString('utf8', 0, end === -1 ? data.length : end);
}

function digestOf(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`;
}

function notTar(why: string): UserError {
  return new UserError('ARCHIVE_NOT_TAR', `The file is no tar archive: ${why}.`, {
    mend: 'Give what docker save, podman save, skopeo copy, crane pull or buildx --output writes, plain or compressed.',
  });
}

function truncated(at: number): UserError {
  return new UserError(
    'ARCHIVE_TRUNCATED',
    `The archive ends in the middle of a member, after ${at} bytes of tar.`,
    {
      mend: SAVE_ANEW,
    },
  );
}

function tooMany(): UserError {
  return new UserError('ARCHIVE_TOO_MANY_MEMBERS', `The archive has more than ${MAX_MEMBERS} members.`, {
    mend: 'Save fewer images per archive. An archive of one image has a few dozen members.',
  });
}
