/**
 * After a push that changed nothing: workloads that do not run it all the same. An earlier roll-out may have failed, or none was made; a
 * second run of the job must end where a first one would have.
 */
import { askedFor, findings, type PushedImages } from './image-match.ts';
import type { PlannedRestart, WorkloadContext } from './plan.ts';
import { pullsThatFail } from './pod-failure.ts';
import { podsOf } from './pods.ts';
import { rolloutState } from './rollout.ts';
import { containersOf, WORKLOADS, type Workload, workloadText } from './workload.ts';

/** Those that use an image of the push and have pods that run another one or cannot pull it, or a roll-out that was given up. */
export async function staleRestarts(
  planned: readonly PlannedRestart[],
  pushed: readonly PushedImages[],
  context: WorkloadContext,
): Promise<readonly PlannedRestart[]> {
  const reasons = await Promise.all(planned.map((plan) => staleness(plan, pushed, context)));
  return planned.filter(({ workload }, index) => {
    const why = reasons[index];
    if (why !== undefined) context.log.info(`${workloadText(workload)}: ${why}`);
    return why !== undefined;
  });
}

async function staleness(
  plan: PlannedRestart,
  pushed: readonly PushedImages[],
  context: WorkloadContext,
): Promise<string | undefined> {
  const { kube, signal } = context;
  const { workload, images } = plan;
  if (!images.some((image) => askedFor(image, pushed))) return undefined;
  const pods = await podsOf(plan, context);
  const other = pods.flatMap((pod) => findings(pod, pushed)).find(({ matches }) => !matches);
  if (other) return `pod ${other.pod} runs another image than the tag names`;
  const pulling = pods.find((pod) => {
    const failing = pullsThatFail(pod);
    return containersOf(pod.spec).some(
      ({ name, image }) => failing.includes(name) && askedFor(image, pushed),
    );
  });
  if (pulling) return `pod ${pulling.metadata.name} could not pull its image`;
  const now = await kube.get<Workload>(WORKLOADS[workload.kind], workload, { signal });
  return rolloutState(workload.kind, now).state === 'lost' ? 'its last roll-out was given up' : undefined;
}
