/** Taking away one run's builder and all that goes with it, before its expiry (original build guide §9 "destroy"). */
import { UserError } from '../../base/errors.ts';
import { expiryOf, RUN_ID } from '../../harvester/labels.ts';
import { isSwept, type OwnObject, type RunObjects } from '../../harvester/own-objects.ts';
import { builderTable, type Listing } from './list.ts';
import { type LifecyclePlan, planRow, tableLines } from './plan.ts';

/** Pure. What may not be looked at is a row of its own, so that the plan does not promise too much. */
export function planDestroyBuilder({ found, unseen }: RunObjects, runId: string, now: number): LifecyclePlan {
  const rows = found.map((one) => planRow(one, { removed: true, why: whyOf(one, runId, now) }, now));
  return {
    operation: 'destroy-builder',
    rows: [...rows, ...unseen.map((one) => ({ ...one, removed: false }))],
  };
}

function whyOf({ object }: OwnObject, runId: string, now: number): string {
  const expiry = expiryOf(object);
  const lives = expiry !== undefined && expiry > now ? '; a build that still runs fails by this' : '';
  return `belongs to run ${runId}${lives}`;
}

/** Which run is meant must be said: UserError RUN_ID_MISSING with those there are. */
export function runIdMissing(objects: readonly OwnObject[], listing: Listing, now: number): UserError {
  const runs = objects.filter(isSwept).map(({ object }) => object.metadata.labels?.[RUN_ID] ?? '');
  const there = [...new Set(runs)].join(', ') || 'none';
  return new UserError(
    'RUN_ID_MISSING',
    `Which run's builder is meant? Runs that left something: ${there}.`,
    {
      mend: 'Name the run: input run-id, or --run on the command line.',
      evidence: tableLines(builderTable(listing, now)),
    },
  );
}
