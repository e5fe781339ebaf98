/**
 * Documents that arrive over a serial console: gzip, base64, cut into numbered chunks, closed by a digest. A console loses
 * and repeats lines, and is written by whatever runs in the machine: nothing counts before the digest is right.
 */
import { gunzipSync } from 'node:zlib';
import { messageOf } from '../base/errors.ts';
import { hashOf } from '../base/hash.ts';

/** Bytes of one document, unpacked. */
export const DOCUMENT_LIMIT = 16 * 1024 * 1024;
/** Chunks of one document. */
export const CHUNK_LIMIT = 16_384;
/** Documents at a time. */
const NAME_LIMIT = 8;

/** A piece of a document: base64 of gzip, cut into `total` pieces. */
export interface Chunk {
  readonly name: string;
  readonly index: number;
  readonly total: number;
  readonly data: string;
}

/** What the whole document must come to. */
export interface Sum {
  readonly name: string;
  /** Hex, of the text. */
  readonly sha256: string;
  readonly bytes: number;
}

export type Arrival =
  | { readonly outcome: 'complete'; readonly text: string }
  | { readonly outcome: 'failed'; readonly message: string }
  /** Said before. */
  | { readonly outcome: 'known' };

interface Parts {
  total: number;
  readonly chunks: Map<number, string>;
  /** Digests whose outcome has been told. */
  readonly told: Set<string>;
}

export class Documents {
  readonly #parts = new Map<string, Parts>();

  /** Keeps one chunk; a repeated one replaces the first, for which of the two is damaged shows in the digest alone. */
  add({ name, index, total, data }: Chunk): void {
    const parts = this.#partsOf(name);
    if (!parts || index >= total) return;
    if (parts.total !== total) {
      parts.total = total;
      parts.chunks.clear();
    }
    parts.chunks.set(index, data);
  }

  /** Puts a document together and checks it. */
  close({ name, sha256, bytes }: Sum): Arrival {
    const parts = this.#partsOf(name);
    if (!parts || parts.told.has(sha256)) return { outcome: 'known' };
    parts.told.add(sha256);
    const missing = [...Array(parts.total).keys()].filter((index) => !parts.chunks.has(index));
    if (parts.total === 0 || missing.length > 0) return failed(name, missingWords(parts.total, missing));
    const packed = Buffer.from(
      [...Array(parts.total).keys()].map((index) => parts.chunks.get(index)).join(''),
      'base64',
    );
    parts.chunks.clear();
    parts.total = 0;
    return unpack(name, packed, sha256, bytes);
  }

  #partsOf(name: string): Parts | undefined {
    const known = this.#parts.get(name);
    if (known || this.#parts.size >= NAME_LIMIT) return known;
    const parts: Parts = { total: 0, chunks: new Map(), told: new Set() };
    this.#parts.set(name, parts);
    return parts;
  }
}

function unpack(name: string, packed: Buffer, sha256: string, bytes: number): Arrival {
  let content: Buffer;
  try {
    content = gunzipSync(packed, { maxOutputLength: DOCUMENT_LIMIT });
  } catch (thrown) {
    return failed(name, messageOf(thrown));
  }
  const actual = hashOf('sha256', content);
  if (actual !== sha256 || content.length !== bytes) {
    return failed(
      name,
      `its sha256 is ${actual} of ${content.length} bytes, announced were ${sha256} of ${bytes}`,
    );
  }
  return { outcome: 'complete', text: content.toString('utf8') };
}

function missingWords(total: number, missing: readonly number[]): string {
  if (total === 0) return 'none of its chunks arrived';
  const shown = missing.slice(0, 10).join(', ');
  return `${missing.length} of ${total} chunks are missing: ${shown}${missing.length > 10 ? ', …' : ''}`;
}

function failed(name: string, why: string): Arrival {
  return { outcome: 'failed', message: `The document "${name}" did not arrive over the console: ${why}.` };
}
