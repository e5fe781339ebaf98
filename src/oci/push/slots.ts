/** Bounds how much is done at once; who waits longest goes first. */
import { throwIfAborted } from '../../base/clock.ts';

export interface Slots {
  /** Runs `work` as soon as a place is free. Rejects with the abort reason where the signal fires before that. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** `places` ≥ 1 pieces of work at once. */
export function createSlots(places: number, signal?: AbortSignal): Slots {
  let free = places;
  const waiting: (() => void)[] = [];
  return {
    run: async (work) => {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        throwIfAborted(signal);
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
  };
}

/**
 * Runs all, and waits for all, even where one fails: nothing goes on behind the caller's back, who removes files next. Then throws what
 * failed first. `stop` is called at the first failure, so that the others end soon.
 */
export async function allSettledOrThrow<T>(
  work: readonly Promise<T>[],
  stop: (error: unknown) => void,
): Promise<T[]> {
  let failed = false;
  let failure: unknown;
  const guarded = work.map((it) =>
    it.catch((error: unknown) => {
      if (!failed) {
        failed = true;
        failure = error;
        stop(error);
      }
      throw error;
    }),
  );
  const settled = await Promise.allSettled(guarded);
  if (failed) throw failure;
  return settled.map((it) => (it as PromiseFulfilledResult<T>).value);
}
