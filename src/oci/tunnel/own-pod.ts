/**
 * The short-lived pods of a push: restricted, with a deadline of their own, so that they end also where nobody comes back for them.
 * Their handle is saved before they are made, for the post step (DESIGN §2 rule 5).
 */
import { randomBytes } from 'node:crypto';
import { type Clock, timestamp } from '../../base/clock.ts';
import { EnvironmentError, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { createOrAdopt } from '../../kube/create.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { Kube, KubeObject, Target } from '../../kube/kube.ts';
import { isOfRun, type Ownership } from '../../kube/ownership.ts';
import { endedBy, isFinalPull, type Pod, waitsFor } from '../../kube/pod-status.ts';
import { PODS, SECRETS } from '../../kube/resources.ts';

/** Milliseconds between looks at a pod that starts. */
const LOOK_EVERY = 500;
/** Milliseconds within which a pod must run: it may pull an image. */
const START_WITHIN = 180_000;

/** What a post step needs to take away what is left. */
export interface PodHandle {
  readonly namespace: string;
  readonly name: string;
  /** A Secret of the same name goes with it. */
  readonly secret: boolean;
}

export interface ClusterContext {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Called with each handle before what it is of is made. */
  readonly saveHandle: (handle: PodHandle) => void;
  readonly runId: string;
}

/** Says where and for how long, before anything is made: saves the handle. `life` in milliseconds. */
export function announcePod(
  what: { readonly prefix: string; readonly life: number; readonly secret: boolean },
  { kube, clock, runId, saveHandle }: ClusterContext,
): { readonly handle: PodHandle; readonly deadline: number; readonly ownership: Ownership } {
  const name = `${what.prefix}-${randomBytes(4).toString('hex')}`;
  const handle: PodHandle = { namespace: kube.namespace, name, secret: what.secret };
  saveHandle(handle);
  const now = clock.now();
  const expiresAt = timestamp({ ...clock, now: () => now + what.life });
  return { handle, deadline: Math.ceil(what.life / 1000), ownership: { runId, expiresAt } };
}

/** Creates the pod; a pod of this run that an earlier try made counts. Returns its uid. */
export async function createPod(
  pod: KubeObject,
  { kube, signal, runId, log }: ClusterContext,
): Promise<string> {
  const ours = (found: KubeObject) => isOfRun(found, runId);
  const { object } = await createOrAdopt(kube, PODS, pod, { ours, signal });
  log.info(`created pod ${pod.metadata.namespace}/${pod.metadata.name}`);
  return object.metadata.uid!;
}

/** Resolves once its container runs. EnvironmentError PUSH_POD_FAILED with the pod's own words. */
export async function untilPodRuns(
  target: Target,
  { kube, clock, log, signal }: ClusterContext,
): Promise<void> {
  const deadline = clock.monotonic() + START_WITHIN;
  let told = '';
  for (;;) {
    const pod = await kube.get<Pod>(PODS, target, { signal });
    const { phase = 'Pending' } = pod.status ?? {};
    if (phase === 'Running') return;
    const why = waitsFor(pod);
    if (phase !== 'Pending') throw podFailed(target, `has ended: ${endedBy(pod)}`);
    if (why !== told) log.info(`pod ${target.name}: ${why}`);
    told = why;
    if (clock.monotonic() >= deadline || isHopeless(why)) throw podFailed(target, `has not started: ${why}`);
    await clock.sleep(LOOK_EVERY, signal);
  }
}

/** States that no waiting changes. */
const HOPELESS = /^(InvalidImageName|ErrImageNeverPull|CreateContainerConfigError|RunContainerError)/;

/** A pull that stumbles may come right; one that is refused is told in seconds. */
function isHopeless(why: string): boolean {
  return HOPELESS.test(why) || (/^(ErrImagePull|ImagePullBackOff)\b/.test(why) && isFinalPull(why));
}

const IMAGE_MEND =
  'relay-image or pusher-image must be there for the nodes to pull, and have the programs that its description names.';
const GONE_MEND =
  'Push again; if it stays, see who removes pods in the namespace, and whether the nodes are well.';

function podFailed({ name }: Target, what: string, mend = IMAGE_MEND): EnvironmentError {
  return new EnvironmentError('PUSH_POD_FAILED', `The pod ${name} of the push ${what}.`, { mend });
}

/**
 * Why a pod that was made is no more: evicted for its disk, its deadline over, removed by somebody. Undefined where it is well, or
 * nobody can tell.
 */
export async function podEnd(target: Target, { kube, signal }: ClusterContext): Promise<Error | undefined> {
  if (signal.aborted) return undefined;
  try {
    const pod = await kube.get<Pod>(PODS, target, { signal });
    if (pod.metadata.deletionTimestamp) return podFailed(target, 'is being removed by somebody', GONE_MEND);
    return pod.status?.phase === 'Failed' ? podFailed(target, `has ended: ${endedBy(pod)}`) : undefined;
  } catch (error) {
    return isNotFound(error) ? podFailed(target, 'was removed by somebody', GONE_MEND) : undefined;
  }
}

/** Removes pod and Secret; says nothing of what is gone already. Never throws: the pod has a deadline. */
export async function removePod(
  { namespace, name, secret }: PodHandle,
  { kube, log }: Pick<ClusterContext, 'kube' | 'log'>,
): Promise<void> {
  for (const resource of secret ? [SECRETS, PODS] : [PODS]) {
    await kube.delete(resource, { namespace, name }).catch((error: unknown) => {
      if (!isNotFound(error)) log.warning(`${resource.kind} ${name} is still there: ${messageOf(error)}`);
    });
  }
}
