/**
 * What a life cycle command will do, as a table: what, why, age, size. Nothing here touches the cluster, so that the same
 * rows are shown before a confirmation, in a dry run and in a test (DESIGN §2 rule 4).
 */
import { formatDuration } from '../../base/duration.ts';
import { formatBytes, parseQuantity } from '../../base/quantity.ts';
import { alignedLines } from '../../base/table.ts';
import { nameOf, type OwnObject } from '../../harvester/own-objects.ts';

export type Operation = 'list' | 'delete' | 'destroy-builder' | 'janitor';

export interface PlanRow {
  /** `virtualmachineimages.harvesterhci.io ns/name`. */
  readonly what: string;
  readonly why: string;
  readonly removed: boolean;
  /** Milliseconds since it was created. */
  readonly age?: number | undefined;
  /** Bytes, of what stores any. */
  readonly size?: number | undefined;
  /** Absent for what is only told. */
  readonly object?: OwnObject;
}

export interface LifecyclePlan {
  readonly operation: Operation;
  readonly rows: readonly PlanRow[];
}

/** A row about an object; `now` in milliseconds since the epoch. */
export function planRow(object: OwnObject, verdict: { removed: boolean; why: string }, now: number): PlanRow {
  return { what: nameOf(object), ...verdict, age: ageOf(object, now), size: sizeOf(object), object };
}

export function removedObjects(plan: LifecyclePlan): OwnObject[] {
  return plan.rows.flatMap(({ removed, object }) => (removed && object ? [object] : []));
}

/** Head and cells, for a terminal and for the step summary. */
export function planTable(plan: LifecyclePlan): { head: string[]; rows: string[][] } {
  const rows = plan.rows.map(({ removed, what, why, age, size }) => [
    removed ? 'remove' : 'keep',
    what,
    why,
    ageText(age),
    sizeText(size),
  ]);
  return { head: ['', 'What', 'Why', 'Age', 'Size'], rows };
}

export const ageText = (ms: number | undefined) =>
  ms === undefined || Number.isNaN(ms) ? '' : formatDuration(roughly(ms));
export const sizeText = (bytes: number | undefined) => (bytes === undefined ? '' : formatBytes(bytes));

/** No seconds in what is older than an hour, no minutes in what is older than a day. */
function roughly(ms: number): number {
  const unit = ms >= 86_400_000 ? 3_600_000 : ms >= 3_600_000 ? 60_000 : 1000;
  return Math.max(0, Math.floor(ms / unit) * unit);
}

/** Lines of a table whose columns stand below each other; an empty one is no lines. */
export function tableLines({ head, rows }: { head: string[]; rows: string[][] }): string[] {
  return rows.length === 0 ? [] : alignedLines([head, ...rows]);
}

function ageOf({ object }: OwnObject, now: number): number | undefined {
  const { creationTimestamp } = object.metadata;
  return creationTimestamp === undefined ? undefined : now - Date.parse(creationTimestamp);
}

/** Bytes that go with it: of an image what is stored, of a claim what it may store. */
function sizeOf({ object }: OwnObject): number | undefined {
  const { status, spec } = object as {
    status?: { size?: number };
    spec?: { resources?: { requests?: { storage?: string } } };
  };
  return status?.size ?? parseQuantity(spec?.resources?.requests?.storage ?? '');
}
