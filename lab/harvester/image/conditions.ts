/**
 * The states of a VirtualMachineImage and their exact wording (facts/harvester.md §1.3; Harvester's pkg/image/common).
 * Pure: each function returns the new status.
 */
import type { Condition, ImageSpec, ImageStatus } from '../objects.ts';

export interface Moment {
  /** RFC 3339. */
  readonly now: string;
  /** Harvester before 1.4: one fixed sentence at the limit, silence before it. */
  readonly terse: boolean;
}

/** A new status in which one condition has been changed; its other fields stay. */
function withCondition(
  status: ImageStatus,
  change: Partial<Condition> & { type: string },
  now: string,
): ImageStatus {
  const list = status.conditions ?? [];
  const known = list.find((condition) => condition.type === change.type);
  const changed = { status: 'Unknown' as const, ...known, ...change, lastUpdateTime: now };
  const conditions = known
    ? list.map((condition) => (condition === known ? changed : condition))
    : [...list, changed];
  return { ...status, conditions };
}

/** Backing image and storage class exist: the transfer begins. */
export function initialized(
  spec: ImageSpec,
  status: ImageStatus,
  storageClassName: string,
  now: string,
): ImageStatus {
  const { progress: _zeroIsOmitted, ...rest } = status;
  const next = { ...rest, ...(spec.url && { appliedUrl: spec.url }), storageClassName };
  const importing = withCondition(next, { type: 'Imported', status: 'Unknown', reason: 'Importing' }, now);
  return withCondition(
    importing,
    { type: 'Initialized', status: 'True', reason: 'Initialized', message: '' },
    now,
  );
}

/** Bytes are coming. 100 is shown as 99 until the file is ready; zero is left out. */
export function importing(status: ImageStatus, message: string, progress: number, now: string): ImageStatus {
  const { progress: _before, ...rest } = status;
  const next = progress > 0 ? { ...rest, progress: Math.min(progress, 99) } : rest;
  return withCondition(next, { type: 'Imported', status: 'Unknown', reason: 'Importing', message }, now);
}

/** The file is ready. */
export function imported(
  status: ImageStatus,
  sizes: { size?: number; virtualSize?: number },
  now: string,
): ImageStatus {
  const done = withCondition(
    { ...status, ...sizes, progress: 100 },
    { type: 'Imported', status: 'True', reason: 'Imported', message: '' },
    now,
  );
  return withCondition(done, { type: 'RetryLimitExceeded', status: 'False', reason: '', message: '' }, now);
}

export interface Failure {
  /** The condition that becomes False when no try is left. */
  readonly condition: 'Initialized' | 'Imported';
  readonly cause: string;
  /** Percent that had been reached; 0 for a failed initialisation. */
  readonly progress: number;
  /** Tries past `spec.retry` that are still made (harvester#9813). */
  readonly overshoot?: number;
}

/** One try has failed: the counter goes up, and past the limit the image is given up. */
export function failed(spec: ImageSpec, status: ImageStatus, failure: Failure, moment: Moment): ImageStatus {
  const { progress: _before, ...rest } = status;
  const count = (status.failed ?? 0) + 1;
  const retry = spec.retry ?? 3;
  const next: ImageStatus = {
    ...rest,
    ...(failure.progress > 0 && { progress: failure.progress }),
    failed: count,
    lastFailedTime: moment.now,
  };
  const exceeded = count > retry + (failure.overshoot ?? 0);
  if (moment.terse) return exceeded ? terselyGivenUp(next, failure, moment.now) : next;
  const message = failureMessage(failure.cause, count, retry);
  const limit = {
    type: 'RetryLimitExceeded',
    status: exceeded ? ('True' as const) : ('False' as const),
    message,
  };
  const told = withCondition(next, limit, moment.now);
  return exceeded
    ? withCondition(told, { type: failure.condition, status: 'False', message }, moment.now)
    : told;
}

function terselyGivenUp(status: ImageStatus, failure: Failure, now: string): ImageStatus {
  const message = 'VMImage has reached the specified retry limit';
  const told = withCondition(status, { type: 'RetryLimitExceeded', status: 'True', message }, now);
  return withCondition(told, { type: failure.condition, status: 'False', message: failure.cause }, now);
}

/** `failed due to error: x`, and from the second failure on `retry attempted 1/3 failed due to error: x`. */
export function failureMessage(cause: string, count: number, retry: number): string {
  const text = `failed due to error: ${cause}`;
  return count > 1 ? `retry attempted ${count - 1}/${retry} ${text}` : text;
}

/** The upload's request failed. `RetryLimitExceeded` stays as it is: a client that looks only there waits for ever. */
export function uploadFailed(status: ImageStatus, message: string, now: string): ImageStatus {
  return withCondition(status, { type: 'Imported', status: 'False', reason: 'UploadFailed', message }, now);
}
