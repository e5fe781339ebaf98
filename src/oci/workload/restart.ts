/** After a push: workloads that use the image are rolled out anew, waited for, and asked what they run. */
import { timestamp } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { isNotFound } from '../../kube/errors.ts';
import { PODS } from '../../kube/resources.ts';
import { askedFor, findings, type ImageFinding, type PushedImages } from './image-match.ts';
import type { PlannedRestart, WorkloadContext } from './plan.ts';
import { crashedContainer, logFailure, podFailure, waitsToPull } from './pod-failure.ts';
import { podsOf } from './pods.ts';
import { rolloutState } from './rollout.ts';
import { rolloutFailed, rolloutLate, runsAnotherImage } from './rollout-failure.ts';
import { RESTARTED_AT, WORKLOADS, type Workload, type WorkloadPod, workloadText } from './workload.ts';

/** Milliseconds between looks at a roll-out. */
const LOOK_EVERY = 1000;

export interface RestartedWorkload {
  readonly workload: PlannedRestart['workload'];
  /** Containers that run what was pushed. Empty where none asks for it, or none runs. */
  readonly containers: readonly ImageFinding[];
  readonly seconds: number;
}

/**
 * Restarts them all, waits for each at most `timeout` milliseconds, and compares. Throws EnvironmentError ROLLOUT_FAILED,
 * ROLLOUT_TIMEOUT, ROLLOUT_OTHER_IMAGE; where several fail, the others are in the log.
 */
export async function runRestarts(
  planned: readonly PlannedRestart[],
  { pushed, timeout }: { readonly pushed: readonly PushedImages[]; readonly timeout: number },
  context: WorkloadContext,
): Promise<readonly RestartedWorkload[]> {
  const outcomes = await Promise.allSettled(
    planned.map((plan) => new Rollout(plan, pushed, context).run(timeout)),
  );
  const [first, ...others] = outcomes.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as unknown] : [],
  );
  for (const error of others) context.log.error(messageOf(error));
  if (first !== undefined) throw first;
  return outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

class Rollout {
  readonly #plan: PlannedRestart;
  readonly #pushed: readonly PushedImages[];
  readonly #context: WorkloadContext;
  readonly #text: string;
  /** What this restart writes on its pods. */
  readonly #stamp: string;
  #told = '';

  constructor(plan: PlannedRestart, pushed: readonly PushedImages[], context: WorkloadContext) {
    this.#plan = plan;
    this.#pushed = pushed;
    this.#context = context;
    this.#text = workloadText(plan.workload);
    this.#stamp = timestamp(context.clock);
  }

  async run(timeout: number): Promise<RestartedWorkload> {
    const { clock, log } = this.#context;
    const start = clock.monotonic();
    const pulling = (await podsOf(this.#plan, this.#context)).filter(waitsToPull);
    await this.#restart();
    log.info(`${this.#text}: restarted`);
    await this.#nudge(pulling);
    await this.#untilThrough(start + timeout, timeout);
    const containers = await this.#compare();
    const seconds = (clock.monotonic() - start) / 1000;
    log.info(`${this.#text}: rolled out after ${formatDuration(Math.round(seconds) * 1000)}`);
    return { workload: this.#plan.workload, containers, seconds };
  }

  async #restart(): Promise<void> {
    const { kube, signal } = this.#context;
    const { workload } = this.#plan;
    const template = { metadata: { annotations: { [RESTARTED_AT]: this.#stamp } } };
    await kube.mergePatch(WORKLOADS[workload.kind], workload, { spec: { template } }, { signal });
  }

  /** Pods that would wait up to five minutes for their next pull: their successors pull at once. A StatefulSet even waits for them. */
  async #nudge(pods: readonly WorkloadPod[]): Promise<void> {
    const { kube, log, signal } = this.#context;
    for (const { metadata } of pods) {
      log.info(`${this.#text}: pod ${metadata.name} waits to pull its image again: removed`);
      const { namespace } = this.#plan.workload;
      await kube.delete(PODS, { namespace, name: metadata.name }, { signal }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }

  async #untilThrough(deadline: number, timeout: number): Promise<void> {
    const { kube, clock, signal } = this.#context;
    const { workload } = this.#plan;
    for (;;) {
      const now = await kube.get<Workload>(WORKLOADS[workload.kind], workload, { signal });
      const rollout = rolloutState(workload.kind, now);
      if (rollout.state === 'through') return;
      const pods = await this.#newPods();
      const why = rollout.state === 'lost' ? rollout.why : await this.#failure(pods);
      if (why !== undefined) throw rolloutFailed(this.#text, why, pods);
      const waits = rollout.state === 'under-way' ? rollout.waits : '';
      this.#tell(waits);
      if (clock.monotonic() >= deadline) throw rolloutLate(this.#text, { waits, timeout }, pods);
      await clock.sleep(LOOK_EVERY, signal);
    }
  }

  async #failure(pods: readonly WorkloadPod[]): Promise<string | undefined> {
    for (const pod of pods) {
      const why = podFailure(pod) ?? (await this.#logFailure(pod));
      if (why !== undefined) return why;
    }
    return undefined;
  }

  /** Best effort: without the right to read logs the time limit tells. */
  async #logFailure(pod: WorkloadPod): Promise<string | undefined> {
    const container = crashedContainer(pod);
    if (container === undefined) return undefined;
    const { kube, signal } = this.#context;
    const { namespace } = this.#plan.workload;
    try {
      let log = '';
      const at = { namespace, name: pod.metadata.name };
      for await (const piece of kube.podLog(at, { container, tailLines: 3, signal })) log += piece;
      return logFailure(pod, container, log);
    } catch {
      return undefined;
    }
  }

  /** What runs, compared; a container that asks for nothing of the push is none of its business. */
  async #compare(): Promise<readonly ImageFinding[]> {
    const found = (await this.#newPods()).flatMap((pod) => findings(pod, this.#pushed));
    const wrong = found.filter(({ matches }) => !matches);
    if (wrong.length > 0) throw runsAnotherImage(this.#text, wrong);
    if (!this.#plan.images.some((image) => askedFor(image, this.#pushed)))
      this.#context.log.warning(`${this.#text}: none of its containers uses an image of this push.`);
    return found;
  }

  async #newPods(): Promise<readonly WorkloadPod[]> {
    return (await podsOf(this.#plan, this.#context)).filter(
      ({ metadata }) => metadata.annotations?.[RESTARTED_AT] === this.#stamp,
    );
  }

  #tell(waits: string): void {
    if (waits !== this.#told) this.#context.log.info(`${this.#text}: ${waits}`);
    this.#told = waits;
  }
}
