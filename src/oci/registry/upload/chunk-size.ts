/**
 * How large a body one host lets through, learnt from uploads that passed, were cut, or found too large; shared by all its blobs. Proxies
 * cut by time (Traefik: 60 s) or refuse by size (ingress-nginx: 1 MiB), and never say which (facts/oci.md §2.3, §2.4).
 */

const MIB = 1 << 20;
/** Milliseconds that a request should take where nothing is known of a limit: well below the 60 s of Traefik. */
const AIM = 15_000;
const LARGEST = 64 * MIB;
/** Refusals by size come at once, so that a few cost nothing; 1 MiB is nginx' own default. */
const USUAL_LIMITS = [16, 4, 1, 0.25].map((limit) => limit * MIB);
/** Where nothing was cut: smaller chunks only cost requests. */
const SMALLEST_USUAL = 5 * MIB;
const SMALLEST = 64 << 10;
const FIRST = 16 * MIB;
/** Of the time after which requests are cut: what the next chunk may take. Another upload that begins meanwhile halves its share. */
const SHARE_OF_TIME = 0.4;
/** A request that ends sooner, ms, was not cut by a timeout: a restart, a connection gone stale, or a limit of bytes. */
const LEAST_TIMEOUT = 1000;
/** Sudden ends in a row after which there is a limit, and passed chunks after which a larger one is tried. */
const BELIEVED_AFTER = 2;
const PROBE_EVERY = 4;
/** Passed chunks whose rate counts; the slowest of them does. */
const RATES = 4;
/** Smaller bodies say nothing of the rate. */
const LEAST_MEASURED = 32 << 10;
/** Chunks are whole multiples of it where they are larger. */
const STEP = 64 << 10;

/** One request's body: bytes that went out, and milliseconds from its begin to its end. */
export interface Sent {
  readonly bytes: number;
  readonly ms: number;
}

export class ChunkSize {
  #chunked = false;
  /** Bytes per ms of the last passed requests. */
  readonly #rates: number[] = [];
  /** Bytes that a body may have, and what that may grow to. */
  #most = LARGEST;
  #ceiling = LARGEST;
  /** Milliseconds of the shortest request that a timeout cut. */
  #cutAfter: number | undefined;
  /** Sudden ends in a row, and bodies that passed since the last one. */
  #sudden = 0;
  #passes = 0;

  /** False while bodies go in one request, whatever their size. */
  get chunked(): boolean {
    return this.#chunked;
  }

  /** Milliseconds after which requests were cut; undefined: none was. */
  get cutAfter(): number | undefined {
    return this.#cutAfter;
  }

  /** Bytes of the next body: all of the `left`, or a chunk of at least `minimum`, in whole multiples of it. */
  next(left: number, minimum = 0): number {
    if (!this.#chunked) return left;
    const step = Math.max(minimum, STEP);
    const size = Math.max(Math.floor(this.#wanted() / step) * step, minimum, SMALLEST);
    return Math.min(size, left);
  }

  #wanted(): number {
    const smallest = this.#most < SMALLEST_USUAL ? SMALLEST : SMALLEST_USUAL;
    const time = this.#cutAfter === undefined ? AIM : Math.min(AIM, this.#cutAfter * SHARE_OF_TIME);
    const byRate = this.#rates.length > 0 ? Math.min(...this.#rates) * time : FIRST;
    const floor = this.#cutAfter === undefined ? smallest : SMALLEST;
    return Math.min(Math.max(byRate, floor), this.#most, LARGEST);
  }

  /** A body arrived. */
  passed({ bytes, ms }: Sent): void {
    this.#sudden = 0;
    if (bytes < LEAST_MEASURED) return;
    this.#rates.push(bytes / Math.max(ms, 1));
    if (this.#rates.length > RATES) this.#rates.shift();
    if (bytes < this.#most / 2) return;
    this.#passes += 1;
    // Half of what was under way at the cut was a first guess. A timeout leaves room for more, which the rate then limits; what ended
    // suddenly may have been a restart, which only time can tell.
    const room = this.#cutAfter === undefined ? this.#passes % PROBE_EVERY === 0 : ms < this.#cutAfter / 4;
    if (room) this.#most = Math.min(this.#most * 2, this.#ceiling);
  }

  /** A body was cut on its way, or no answer came to it. False where nothing is concluded from it yet: one sudden end has many causes. */
  cut({ bytes, ms }: Sent): boolean {
    const sudden = ms < LEAST_TIMEOUT;
    if (sudden && ++this.#sudden < BELIEVED_AFTER) return false;
    // Cut again after it had grown: that is the limit.
    if (sudden && this.#chunked && this.#passes > 0) this.#ceiling = Math.max(SMALLEST, bytes / 2);
    this.#chunked = true;
    this.#passes = 0;
    this.#most = Math.max(SMALLEST, Math.min(this.#most, bytes / 2));
    if (sudden) return true;
    this.#cutAfter = Math.min(this.#cutAfter ?? ms, ms);
    // What passed before the cut is what the host takes in that time; buffers on the way hold some of it.
    this.#rates.length = 0;
    this.#rates.push(bytes / ms);
    return true;
  }

  /** A body of so many bytes was refused for its size (413). False where nothing smaller is worth trying. */
  tooLarge(bytes: number): boolean {
    this.#chunked = true;
    if (bytes <= SMALLEST) return false;
    this.#ceiling = Math.min(this.#ceiling, USUAL_LIMITS.find((limit) => limit < bytes) ?? SMALLEST);
    this.#most = Math.min(this.#most, this.#ceiling);
    return true;
  }
}
