/**
 * What a VirtualMachineImage says about its import. The vocabulary is facts/harvester.md §1.3: progress 100 is not yet
 * success, a message is not yet failure, and fields that are zero are left out.
 */
import type { KubeObject } from '../kube/kube.ts';

export interface VirtualMachineImage extends KubeObject {
  readonly spec: {
    readonly displayName: string;
    readonly sourceType: 'download' | 'upload' | 'export-from-volume' | 'restore' | 'clone';
    readonly url?: string;
    readonly pvcNamespace?: string;
    readonly pvcName?: string;
    /** SHA-512 hex. */
    readonly checksum?: string;
    readonly retry?: number;
    readonly storageClassParameters?: Readonly<Record<string, string>>;
    readonly backend?: string;
  };
  readonly status?: {
    readonly progress?: number;
    readonly size?: number;
    readonly virtualSize?: number;
    readonly storageClassName?: string;
    readonly failed?: number;
    readonly lastFailedTime?: string;
    readonly conditions?: readonly ImageCondition[];
  };
}

export interface ImageCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

export type ImportState =
  | { readonly state: 'waiting' | 'importing' | 'retrying'; readonly progress: number; readonly text: string }
  | { readonly state: 'imported'; readonly storageClassName: string }
  /** Terminal: the controller has given up, or should have. */
  | { readonly state: 'failed'; readonly message: string; readonly attempts: number };

/** Tries after the first when the object does not say. */
const DEFAULT_RETRY = 3;

/** Where the import stands. `missing` status, absent conditions and a progress left out all mean "not yet". */
export function importState(image: VirtualMachineImage): ImportState {
  const { failed = 0, progress = 0, storageClassName = '' } = image.status ?? {};
  const imported = condition(image, 'Imported');
  const limit = condition(image, 'RetryLimitExceeded');
  if (imported?.status === 'True')
    return storageClassName === ''
      ? { state: 'importing', progress, text: 'imported; its storage class is not known yet' }
      : { state: 'imported', storageClassName };
  const message = failureMessage(image);
  const retry = image.spec.retry ?? DEFAULT_RETRY;
  // The last clause: releases before 1.8 go on beyond the limit (harvester#9813).
  if (limit?.status === 'True' || imported?.status === 'False' || failed > retry)
    return { state: 'failed', message: message || 'no reason given', attempts: Math.max(1, failed) };
  if (failed > 0 && limit?.message)
    return {
      state: 'retrying',
      progress,
      text: `attempt ${failed} of ${retry + 1} failed: ${limit.message}`,
    };
  if (isInitialized(image)) return { state: 'importing', progress, text: `importing, ${progress} %` };
  return { state: 'waiting', progress, text: 'waiting for Harvester to begin the import' };
}

/** True for an image whose bytes Harvester has lost although it was imported. */
export function isBroken(image: VirtualMachineImage): boolean {
  return condition(image, 'BackingImageMissing')?.status === 'True';
}

/** True once Longhorn's side exists; for an upload, its window is open then. */
export function isInitialized(image: VirtualMachineImage): boolean {
  return condition(image, 'Initialized')?.status === 'True';
}

/**
 * Tells an import that moves from one that only stirs: CDI repeats a broken download for ever, and its progress goes up and
 * down all the time. Only what was not seen before counts.
 */
export class ImportPulse {
  /** What the conditions said → how far it came with that. */
  readonly #reached = new Map<string, number>();

  /** True if something has changed for the first time. */
  moved({ status = {} }: VirtualMachineImage): boolean {
    const { progress = 0, failed = 0, size = 0, conditions = [] } = status;
    const said = conditions.map(({ type, status: value, message = '' }) => [type, value, message]);
    const key = JSON.stringify([failed, size, said]);
    const isNew = progress > (this.#reached.get(key) ?? -1);
    if (isNew) this.#reached.set(key, progress);
    return isNew;
  }
}

/** All conditions, one line each, for evidence. */
export function conditionLines(image: VirtualMachineImage): string[] {
  return (image.status?.conditions ?? []).map(({ type, status, reason = '', message = '' }) =>
    `${type}=${status} ${reason} ${message}`.trim(),
  );
}

function condition(image: VirtualMachineImage, type: string): ImageCondition | undefined {
  return image.status?.conditions?.find((entry) => entry.type === type);
}

function failureMessage(image: VirtualMachineImage): string {
  const messages = ['RetryLimitExceeded', 'Imported', 'Initialized'].map(
    (type) => condition(image, type)?.message,
  );
  return messages.find((message) => message) ?? '';
}
