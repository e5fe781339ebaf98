/**
 * The system's clock, whose time passes in turns of the event loop: where this process, and with it the servers that it asks, gets no
 * processor for a while, no limit strikes before what has happened meanwhile is seen.
 */
import { type Clock, systemClock } from '../../../src/base/clock.ts';

/** Milliseconds. */
const TURN = 10;

export const patientClock: Clock = {
  ...systemClock,
  sleep: async (ms, signal) => {
    for (let left = ms; left > 0; left -= TURN) await systemClock.sleep(Math.min(left, TURN), signal);
  },
};
