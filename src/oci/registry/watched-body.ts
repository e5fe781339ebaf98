/** The body of an upload, counted on its way out, and given up when nothing moves: large bodies have no time limit of their own. */
import { pipeline, type Readable, Transform } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import { EnvironmentError } from '../../base/errors.ts';

/** Milliseconds. A stall ends after one to two of them. */
const IDLE = 61_000;

export class WatchedBody {
  readonly #clock: Clock;
  readonly #stalled = new AbortController();
  readonly #over = new AbortController();
  readonly #began: number;
  #bytes = 0;
  #watching = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  /** Aborts where no byte moved; with EnvironmentError REGISTRY_STALLED as its reason. */
  get signal(): AbortSignal {
    return this.#stalled.signal;
  }

  /** Bytes that were taken from the streams so far, and milliseconds since the begin. */
  get sent(): { readonly bytes: number; readonly ms: number } {
    return { bytes: this.#bytes, ms: this.#clock.monotonic() - this.#began };
  }

  /** The same stream, watched from now to its end. */
  carry(source: Readable, onBytes: (bytes: number) => void): Readable {
    const counting = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#bytes += chunk.length;
        onBytes(this.#bytes);
        done(null, chunk);
      },
      // From here on the registry stores what it has, which may take long.
      flush: (done) => {
        this.end();
        done();
      },
    });
    void this.#watch();
    return pipeline(source, counting, () => {}) as Transform;
  }

  /** Ends the watch; call it when the answer is there. */
  end(): void {
    this.#over.abort();
  }

  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    for (let before = -1; before !== this.#bytes; ) {
      before = this.#bytes;
      if (!(await this.#sleep())) return;
    }
    this.#stalled.abort(stalled());
  }

  /** False when it is over. */
  #sleep(): Promise<boolean> {
    return this.#clock.sleep(IDLE, this.#over.signal).then(
      () => true,
      () => false,
    );
  }
}

function stalled(): EnvironmentError {
  return new EnvironmentError(
    'REGISTRY_STALLED',
    `No byte of the upload moved for ${Math.round(IDLE / 1000)} s.`,
    {
      mend: 'Look at the network between, and at the log of the registry.',
    },
  );
}
