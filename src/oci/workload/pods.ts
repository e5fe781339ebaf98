/** The pods that a workload has now (apps/v1: those that its selector finds). */
import { PODS } from '../../kube/resources.ts';
import type { PlannedRestart, WorkloadContext } from './plan.ts';
import type { WorkloadPod } from './workload.ts';

/** Pods of the workload but those on their way out. */
export async function podsOf(
  { workload, selector }: PlannedRestart,
  { kube, signal }: WorkloadContext,
): Promise<readonly WorkloadPod[]> {
  const { namespace } = workload;
  const { items } = await kube.list<WorkloadPod>(PODS, { namespace, labelSelector: selector, signal });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}
