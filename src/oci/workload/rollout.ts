/** Whether a roll-out is through, goes on, or is lost: judged from what the API says (facts/oci.md §8). */
import type { Workload, WorkloadKind } from './workload.ts';

export type RolloutState =
  | { readonly state: 'through' }
  /** `waits`: what for, in words. */
  | { readonly state: 'under-way'; readonly waits: string }
  | { readonly state: 'lost'; readonly why: string };

/** Of the generation that `metadata` has. */
export function rolloutState(kind: WorkloadKind, workload: Workload): RolloutState {
  const { metadata, status = {} } = workload;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return { state: 'under-way', waits: 'for its controller to see the change' };
  const progress = status.conditions?.find(({ type }) => type === 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded')
    return { state: 'lost', why: `ProgressDeadlineExceeded: ${progress.message ?? ''}` };
  const { wanted, all, updated, available } = counts(kind, workload);
  if (updated < wanted.updated) return waits(`${updated} of ${wanted.updated} pods are new`);
  if (all > wanted.all) return waits(`${all - wanted.all} old pods are still there`);
  if (available < wanted.all) return waits(`${available} of ${wanted.all} pods are available`);
  return { state: 'through' };
}

const waits = (what: string): RolloutState => ({ state: 'under-way', waits: what });

interface Counts {
  readonly wanted: { readonly all: number; readonly updated: number };
  readonly all: number;
  readonly updated: number;
  readonly available: number;
}

function counts(kind: WorkloadKind, { spec = {}, status = {} }: Workload): Counts {
  if (kind === 'DaemonSet') {
    const all = status.desiredNumberScheduled ?? 0;
    const updated = status.updatedNumberScheduled ?? 0;
    return { wanted: { all, updated: all }, all, updated, available: status.numberAvailable ?? 0 };
  }
  const replicas = spec.replicas ?? 1;
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  return {
    wanted: { all: replicas, updated: Math.max(0, replicas - partition) },
    all: status.replicas ?? 0,
    updated: status.updatedReplicas ?? 0,
    available: status.availableReplicas ?? 0,
  };
}
