/**
 * What is remembered of a gzip file while it is decompressed from its start, so that deflate blocks can be found in it again: how many
 * plain bytes had come of how many stored ones, and where members begin, whose blocks do not follow each other (RFC 1952 §2.2).
 */

/** So many bytes of the file give so many plain ones: all whose last bit is among them. */
export interface TrailMark {
  readonly stored: number;
  readonly plain: number;
}

/** Where in the content of a gzip file a layer is. */
export interface GzipOrigin {
  readonly trail: GzipTrail;
  /** Plain bytes of the file before the layer. */
  readonly start: number;
  /** Plain bytes of the layer. */
  readonly size: number;
}

/** The first bytes of a member: magic and the one method there is. */
const MAGIC = Buffer.of(0x1f, 0x8b, 8);

/** Bytes of a piece; short, since a graft compresses about one anew at either end of a layer. */
const PIECE = 128 * 1024;

/**
 * Places where a member may begin at which pieces end; by chance one is in 16 MB. A file with more has members far shorter than a layer, or
 * was made to be read slowly: each piece costs a turn of the decoder.
 */
const MAX_CUTS = 1000;

/** Memory: two numbers per piece; a file of 4 GB has some 32 000. */
export class GzipTrail {
  readonly path: string;
  readonly marks: TrailMark[] = [{ stored: 0, plain: 0 }];
  /** Where the second and later members begin. */
  readonly members: TrailMark[] = [];
  /** The last bytes that were passed. */
  #end: Buffer = Buffer.alloc(0);
  #cuts = 0;
  #lost = false;

  constructor(path: string) {
    this.path = path;
  }

  /** Plain bytes of the file that the trail leads through; what is behind them cannot be found again. */
  get reach(): number {
    return this.#lost ? this.marks.at(-1)!.plain : Number.POSITIVE_INFINITY;
  }

  /** A chunk of the file in pieces that are to be decompressed and passed one by one: wherever a member may begin, one ends. */
  *pieces(chunk: Buffer): Generator<Buffer> {
    let next = memberFrom(chunk, 0);
    for (let start = 0; start < chunk.length; ) {
      while (next >= 0 && next <= start) next = memberFrom(chunk, start + 1);
      this.#lost ||= this.#cuts > MAX_CUTS;
      const end = this.#lost ? chunk.length : Math.min(start + PIECE, next < 0 ? chunk.length : next);
      if (end === next) this.#cuts++;
      yield chunk.subarray(start, end);
      start = end;
    }
  }

  /** To be called once a piece has been decompressed; `plain`: bytes that have come out so far, of all pieces. */
  passed(piece: Buffer, plain: number): void {
    if (this.#lost) return;
    const stored = this.marks.at(-1)!.stored + piece.length;
    this.marks.push({ stored, plain });
    this.#end = Buffer.concat([this.#end, piece.subarray(-4)]).subarray(-4);
    const size = (plain - (this.members.at(-1)?.plain ?? 0)) % 2 ** 32;
    // A member ends with its plain size. By chance that fits once in four thousand million times, and then costs speed alone.
    if (this.#end.length === 4 && this.#end.readUInt32LE() === size) this.members.push({ stored, plain });
  }
}

/** The first place at or after `from` where a member may begin, also one that the next chunk goes on with. */
function memberFrom(chunk: Buffer, from: number): number {
  const found = chunk.indexOf(MAGIC, from);
  if (found >= 0) return found;
  for (let length = 2; length > 0; length--) {
    const at = chunk.length - length;
    if (at >= from && chunk.subarray(at).equals(MAGIC.subarray(0, length))) return at;
  }
  return -1;
}
