/** What the layers of one push share: how many blocks are under way, which bounds memory, and their buffers, used again and again. */
import { abortReason } from '../../base/clock.ts';

/** Memory: `places` blocks under way, as much again for what they become, and one block per open layer. */
export class BlockPool {
  readonly #bufferSize: number;
  readonly #buffers: Buffer[] = [];
  readonly #waiting: (() => void)[] = [];
  #places: number;

  constructor(places: number, bufferSize: number) {
    this.#places = places;
    this.#bufferSize = bufferSize;
  }

  /** Runs `work` once a place is free, first come, first served; resolves as soon as it has begun. */
  async begin(work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    await this.#place(signal);
    void work().finally(() => this.#leave());
  }

  takeBuffer(): Buffer {
    return this.#buffers.pop() ?? Buffer.allocUnsafeSlow(this.#bufferSize);
  }

  giveBuffer(buffer: Buffer): void {
    this.#buffers.push(buffer);
  }

  #place(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(abortReason(signal));
    if (this.#places > 0) {
      this.#places--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(abortReason(signal!));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(enter);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#places++;
  }
}
