/** Times that are not now. */
import { type Clock, timestamp } from '../../src/base/clock.ts';

/** The timestamp of `seconds` from now. */
export function timestampIn(clock: Clock, seconds: number): string {
  const now = () => clock.now() + seconds * 1000;
  return timestamp({ now, monotonic: now, sleep: (ms, signal) => clock.sleep(ms, signal) });
}
