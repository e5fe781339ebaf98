/** Work that several wait for and that is done once: a token, the first look at a registry. */
import { abortReason, throwIfAborted } from '../../base/clock.ts';

/** Who gives up ends his own waiting; the work itself ends when nobody waits any more. */
export class SharedWork<T> {
  readonly #end = new AbortController();
  readonly #work: Promise<T>;
  #waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work(this.#end.signal);
    // Where all have given up, nobody hears of its end.
    this.#work.catch(() => {});
  }

  /** True once everybody who waited has gone, with its outcome or without: whoever comes now begins anew. */
  get over(): boolean {
    return this.#end.signal.aborted;
  }

  /** Throws what the work throws, or the signal's abort reason. */
  async outcome(signal?: AbortSignal): Promise<T> {
    this.#waiting += 1;
    try {
      throwIfAborted(signal);
      return await (signal ? Promise.race([this.#work, aborted(signal, this.#end.signal)]) : this.#work);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#end.abort();
    }
  }
}

/** Rejects when `signal` aborts; stops listening at `end`. */
function aborted(signal: AbortSignal, end: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(abortReason(signal));
    signal.addEventListener('abort', onAbort, { once: true, signal: end });
  });
}
