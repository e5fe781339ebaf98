/** Work side by side whose failures wait for each other. */

export { createSlots, type Slots } from '../../base/slots.ts';

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
