/**
 * Builds that are stopped: cancelled or killed in every phase and at random moments. Afterwards, with the post step or the
 * janitor, the lab must be as it was. More rounds: `ROUNDS=20 SEED=7 npm run -s jest -- --selectProjects=e2e
 * --testPathPatterns=faults-stopped -t random`.
 */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../requirements.ts';
import { added, type Census } from './faults/census.ts';
import { onLabApi } from './faults/cluster.ts';
import { MOMENTS, type Moment } from './faults/moments.ts';
import { seededRandom } from './faults/random.ts';
import { EXPIRED, type Rig, STAYS } from './faults/rig.ts';
import { useRig } from './faults/suite.ts';

const MINUTE = 60_000;
/** Milliseconds from the signal to the end of main (DESIGN §3 "Cancel"). */
const STOPS_WITHIN = 5000;
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
/** Milliseconds that an undisturbed build takes, and some more. */
const BUILD = 4500;

describeIf(['root', 'netns'], 'a build that is stopped', () => {
  const rig = useRig(onLabApi, { beforeAll, afterAll, afterEach });

  test.each(MOMENTS)(
    'is cancelled during $name: it ends in time, and its post step leaves nothing',
    async (moment) => {
      const { before, result, signalled } = await stopAt(rig(), moment, false);
      expect([result.conclusion, result.exitCodes.post]).toEqual(['cancelled', 0]);
      expect(signalled.mainEnded - signalled.at).toBeLessThan(STOPS_WITHIN);
      await rig().removeFinished();
      expect(await rig().leftSince(before)).toEqual([]);
    },
    MINUTE,
  );

  test.each(MOMENTS)(
    'is killed during $name: the janitor takes away what is left, and not before its time',
    async (moment) => {
      const { before, result } = await stopAt(rig(), moment, true);
      expect(result.exitCodes).toEqual({ main: 137 });
      if (moment.leaves) expect(added(before, await rig().census())).not.toEqual([]);
      const early = await rig().janitor();
      expect([early.conclusion, early.lines.filter((line) => line.startsWith('removed '))]).toEqual([
        'success',
        [],
      ]);
      expect((await rig().janitor(EXPIRED)).conclusion).toBe('success');
      await rig().removeFinished();
      expect(await rig().leftSince(before)).toEqual([]);
    },
    MINUTE,
  );

  test(
    `is killed at a random moment, ${ROUNDS} times (seed ${SEED}): the janitor leaves nothing`,
    async () => {
      const random = seededRandom(SEED);
      for (let round = 1; round <= ROUNDS; round++) {
        await rig().clear();
        const before = await rig().census();
        const moment = Math.round(random() * BUILD);
        await rig().build({}, { dieOnSignal: true, cancelAfter: moment });
        await rig().janitor(EXPIRED);
        await rig().removeFinished();
        expect({ round, moment, left: await rig().leftSince(before) }).toEqual({ round, moment, left: [] });
      }
    },
    MINUTE * (1 + ROUNDS),
  );

  test(
    'is killed, and its post step has lost what main noted: it says so, touches nothing, and the janitor does',
    async () => {
      rig().play({ slow: { customize: 20_000 } });
      const before = await rig().census();
      const cancel = new AbortController();
      const result = await rig().build(
        {},
        {
          signal: cancel.signal,
          grace: { interrupt: 0, terminate: 0, drain: 100 },
          loseState: true,
          onLine: (line) => line.includes('== customize') && cancel.abort(),
        },
      );
      expect(result.exitCodes.post).toBe(0);
      expect(result.lines.join('\n')).toMatch(/notes are lost.*janitor/);
      expect(await rig().leftSince(before, STAYS)).toContainEqual(
        expect.stringMatching(/^virtualmachines default\/golden-builder/),
      );
      await rig().janitor(EXPIRED);
      expect(await rig().leftSince(before)).toEqual([]);
    },
    MINUTE,
  );
});

/** Runs a build and stops it at that moment; how long main took to end is only known of cancelled ones. */
async function stopAt(rig: Rig, { at, base, hold }: Moment, dies: boolean) {
  await rig.clear();
  hold?.(rig);
  const before: Census = await rig.census();
  const stop = new AbortController();
  const signalled = { at: Number.NaN, mainEnded: Number.NaN };
  const result = await rig.build(
    {},
    {
      ...(base && { base }),
      signal: stop.signal,
      dieOnSignal: dies,
      onMainEnd: () => {
        signalled.mainEnded = performance.now();
      },
      onLine: (line) => {
        if (!at.test(line) || stop.signal.aborted) return;
        signalled.at = performance.now();
        stop.abort();
      },
    },
  );
  expect(stop.signal.aborted).toBe(true);
  return { before, result, signalled };
}
