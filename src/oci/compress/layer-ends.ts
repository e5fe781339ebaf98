/** The first and the last mebibytes of a layer that streams by, its size and its CRC-32: what a graft needs of it. */
import { crc32 } from 'node:zlib';

/** Bytes that are kept of either end. */
const KEPT = 2 * 1024 * 1024;

/** Memory: 6 MiB, whatever the size of the layer. */
export class LayerEnds {
  size = 0;
  crc = 0;
  readonly #first = Buffer.allocUnsafe(KEPT);
  /** The last bytes, two spans of KEPT: what is older than the first of them goes. */
  #last = Buffer.allocUnsafe(2 * KEPT);
  #lastFrom = 0;

  push(chunk: Uint8Array): void {
    this.crc = crc32(chunk, this.crc);
    if (this.size < KEPT) this.#first.set(chunk.subarray(0, KEPT - this.size), this.size);
    for (let at = 0; at < chunk.length; ) {
      if (this.size - this.#lastFrom === 2 * KEPT) this.#forget();
      const taken = chunk.subarray(at, at + 2 * KEPT - (this.size - this.#lastFrom));
      this.#last.set(taken, this.size - this.#lastFrom);
      this.size += taken.length;
      at += taken.length;
    }
  }

  /** Whether the bytes from `start` up to `end` are still here. */
  has(start: number, end: number): boolean {
    return start >= 0 && end <= this.size && (end <= KEPT || start >= this.#lastFrom);
  }

  /** Those that `has` says are here. */
  slice(start: number, end: number): Buffer {
    if (end <= Math.min(KEPT, this.size)) return this.#first.subarray(start, end);
    return this.#last.subarray(start - this.#lastFrom, end - this.#lastFrom);
  }

  #forget(): void {
    this.#last.copyWithin(0, KEPT);
    this.#lastFrom += KEPT;
  }
}
