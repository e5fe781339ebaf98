/** Takes chunks from a source one by one, looks ahead, and puts back what was too much. */

export class ChunkReader {
  readonly #source: AsyncIterator<Buffer>;
  #ahead: Buffer = EMPTY;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next chunk, never empty; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    if (!(await this.has(1))) return undefined;
    const chunk = this.#ahead;
    this.#ahead = EMPTY;
    return chunk;
  }

  /** Whether `count` more bytes are there; a few only, for they are held. */
  async has(count: number): Promise<boolean> {
    while (this.#ahead.length < count) {
      const { value, done } = await this.#source.next();
      if (done) return false;
      this.#ahead = this.#ahead.length === 0 ? value : Buffer.concat([this.#ahead, value]);
    }
    return true;
  }

  /** Bytes that `has` said are there. */
  peek(count: number): Buffer {
    return this.#ahead.subarray(0, count);
  }

  unread(rest: Buffer): void {
    this.#ahead = this.#ahead.length === 0 ? rest : Buffer.concat([rest, this.#ahead]);
  }

  /** Passes over `count` bytes; false if the source ends before. */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0; ) {
      const chunk = await this.next();
      if (!chunk) return false;
      if (chunk.length > left) this.unread(chunk.subarray(left));
      left -= Math.min(left, chunk.length);
    }
    return true;
  }

  /** Lets the source go before its end. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

const EMPTY = Buffer.alloc(0);
