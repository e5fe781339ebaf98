/**
 * The sweep behind everything else: what runs left whose runner died, found by label and expiry in the namespaces given.
 * An object goes only when all that its run still has is past its time, so that nothing is taken from a run that lives.
 */
import { expiryOf, RUN_ID, WITH_ITS_OWNER } from '../../harvester/labels.ts';
import { isSwept, type OwnObject } from '../../harvester/own-objects.ts';
import { ageText, type LifecyclePlan, type PlanRow, planRow } from './plan.ts';

/** Milliseconds that clocks of two machines may differ: the expiry was written by one, the time is read on another. */
export const CLOCK_SKEW = 10 * 60_000;

/** Pure; `now` in milliseconds since the epoch. What has no expiry is none of its business and not in the plan. */
export function planJanitor(objects: readonly OwnObject[], now: number): LifecyclePlan {
  const temporary = objects.filter(isSwept);
  const ends = new Map<string, number>();
  for (const one of temporary) {
    const end = expiryOf(one.object)!;
    // Math.max keeps NaN: an unreadable expiry keeps its whole run.
    ends.set(runOf(one), Math.max(ends.get(runOf(one)) ?? Number.NEGATIVE_INFINITY, end));
  }
  return { operation: 'janitor', rows: temporary.map((one) => rowOf(one, ends.get(runOf(one))!, now)) };
}

const WITH_OWNER = Date.parse(WITH_ITS_OWNER);

const runOf = ({ object: { metadata } }: OwnObject) =>
  `${metadata.namespace}/${metadata.labels?.[RUN_ID] ?? metadata.name}`;

function rowOf(one: OwnObject, runEnds: number, now: number): PlanRow {
  const run = one.object.metadata.labels?.[RUN_ID] ?? 'unknown';
  const keep = (why: string) => planRow(one, { removed: false, why }, now);
  if (Number.isNaN(expiryOf(one.object))) return keep('its expiry is not a time');
  if (Number.isNaN(runEnds)) return keep(`run ${run} has an object whose expiry is not a time`);
  if (runEnds + CLOCK_SKEW >= now)
    return keep(`run ${run} may live until ${new Date(runEnds).toISOString()}`);
  const since = runEnds === WITH_OWNER ? 'left without its owner' : `expired ${ageText(now - runEnds)} ago`;
  return planRow(one, { removed: true, why: `of run ${run}, ${since}` }, now);
}
