/** How much an archive may unpack to: in all, and in proportion to what it is (facts/oci.md §3 "Limits"). */
import { UserError } from '../../base/errors.ts';
import { formatBytes } from '../../base/quantity.ts';
import { MAX_RATIO, RATIO_FLOOR } from './limits.ts';

/** Bytes that one archive may still unpack to: itself, and the layers in it. */
export class Budget {
  readonly #limit: number;
  #left: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  /** Throws UserError ARCHIVE_TOO_LARGE. */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw new UserError(
      'ARCHIVE_TOO_LARGE',
      `The archive unpacks to more than ${formatBytes(this.#limit)}.`,
      {
        mend: 'If it is meant to be so large, raise max-uncompressed-size.',
      },
    );
  }
}

/**
 * Passes `output` on while it stays within the budget, and within the ratio to the bytes that `input` says have gone in. Throws UserError
 * ARCHIVE_TOO_LARGE, ARCHIVE_BOMB.
 */
export async function* limited(
  output: AsyncIterable<Buffer>,
  budget: Budget,
  input: () => number,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of output) {
    bytes += chunk.length;
    budget.take(chunk.length);
    if (bytes > RATIO_FLOOR && bytes > MAX_RATIO * input()) throw bomb();
    yield chunk;
  }
}

function bomb(): UserError {
  return new UserError('ARCHIVE_BOMB', `The archive unpacks to more than ${MAX_RATIO} times its size.`, {
    mend: 'No image compresses so well. Do not use this archive; find out where it comes from.',
  });
}

/** Counts what flows by. */
export function counted(source: AsyncIterable<Buffer>): {
  stream: AsyncGenerator<Buffer>;
  bytes: () => number;
} {
  let bytes = 0;
  async function* stream(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { stream: stream(), bytes: () => bytes };
}
