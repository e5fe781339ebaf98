/** The body of an upload, counted on its way out, and given up when nothing moves: large bodies have no time limit of their own. */
import { pipeline, type Readable, Transform } from 'node:stream';
import type { Clock } from '../../../base/clock.ts';
import { EnvironmentError } from '../../../base/errors.ts';

/** Milliseconds. A stall ends after one to two of them. */
const IDLE = 61_000;

export class WatchedBody {
  readonly #clock: Clock;
  readonly #stalled = new AbortController();
  #over = new AbortController();
  #began: number;
  #bytes = 0;
  #earlier = 0;
  #stream: Readable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  /** Aborts where no byte moved; with EnvironmentError REGISTRY_STALLED as its reason. */
  get signal(): AbortSignal {
    return this.#stalled.signal;
  }

  /** Bytes of the last stream that went out so far, and milliseconds since its begin. */
  get sent(): { readonly bytes: number; readonly ms: number } {
    return { bytes: this.#bytes, ms: this.#clock.monotonic() - this.#began };
  }

  /** Bytes of all streams: after a fresh token a body is sent again. */
  get total(): number {
    return this.#earlier + this.#bytes;
  }

  /** The same stream, watched from now to its end. */
  carry(source: Readable, onBytes: (bytes: number) => void): Readable {
    this.end();
    this.#over = new AbortController();
    this.#earlier += this.#bytes;
    this.#bytes = 0;
    this.#began = this.#clock.monotonic();
    const counting = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#bytes += chunk.length;
        onBytes(this.#bytes);
        done(null, chunk);
      },
      // From here on the registry stores what it has, which may take long.
      flush: (done) => {
        this.#over.abort();
        done();
      },
    });
    void this.#watch(this.#over.signal);
    this.#stream = pipeline(source, counting, () => {}) as Transform;
    return this.#stream;
  }

  /** Ends the watch, and closes a source of which nobody took all: call it when the answer is there, or none will come. */
  end(): void {
    this.#over.abort();
    this.#stream?.destroy();
  }

  async #watch(over: AbortSignal): Promise<void> {
    for (let before = -1; before !== this.#bytes; ) {
      before = this.#bytes;
      if (!(await this.#sleep(over))) return;
    }
    this.#stalled.abort(stalled());
  }

  /** False when it is over. */
  #sleep(over: AbortSignal): Promise<boolean> {
    return this.#clock.sleep(IDLE, over).then(
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
