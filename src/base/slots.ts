/** Bounds how much is done at once; who waits longest goes first. */
import { throwIfAborted } from './clock.ts';

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
