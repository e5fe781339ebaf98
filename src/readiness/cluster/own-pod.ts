import { messageOf } from '../../base/errors.ts';
import { createOrAdopt } from '../../kube/create.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeObject, Target } from '../../kube/kube.ts';
import { isOfRun } from '../../kube/ownership.ts';
import { followPodLog } from '../../kube/pod-log.ts';
import { type Pod, waitsFor } from '../../kube/pod-status.ts';
import { PODS, SECRETS } from '../../kube/resources.ts';
import type { Prober } from '../facts.ts';
import { type NewProbePod, PROBE_CONTAINER, probePod, probeSecret } from './pod.ts';
import { type ClusterContext, cannotProbe, START_WITHIN, startProber } from './prober.ts';
import { renderPodScript, type ScriptOptions } from './script.ts';

/** Milliseconds between looks at a pod that starts. */
const LOOK_EVERY = 500;

/**
 * Starts a pod of its own; resolves once it makes its tries. EnvironmentError PROBE_POD_FAILED where it cannot start, KUBE_*
 * where it is refused. Close it: the pod and its Secret go.
 */
export async function probeFromPod(
  script: ScriptOptions,
  pod: NewProbePod,
  context: ClusterContext,
): Promise<Prober> {
  const { kube, log, signal } = context;
  const ours = (found: KubeObject) => isOfRun(found, pod.ownership.runId);
  const { object } = await createOrAdopt(kube, PODS, probePod(pod), { ours, signal });
  const owner = { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: object.metadata.uid! };
  const remove = () => removeProbePod(pod, context);
  try {
    await createOrAdopt(kube, SECRETS, probeSecret(pod, renderPodScript(script), owner), { ours, signal });
    log.info(`created pod ${pod.namespace}/${pod.name}, which makes the tries in the cluster`);
    await untilStarted(pod, context);
    const lines = (stop: AbortSignal) =>
      followPodLog({ ...context, signal: stop, pod, container: PROBE_CONTAINER });
    return await startProber({ script, lines, remove }, context);
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Removes pod and Secret; says nothing of what is gone already. Also for a post step. */
export async function removeProbePod(
  pod: Target,
  { kube, log }: Pick<ClusterContext, 'kube' | 'log'>,
): Promise<void> {
  for (const resource of [PODS, SECRETS]) {
    await kube.delete(resource, pod).catch((error: unknown) => {
      if (!isNotFound(error)) log.warning(`${resource.kind} ${pod.name} is still there: ${messageOf(error)}`);
    });
  }
}

/** Until its log can be read. */
async function untilStarted(
  target: Target,
  { kube, clock, log, signal, startWithin }: ClusterContext,
): Promise<void> {
  const deadline = clock.monotonic() + Math.min(START_WITHIN, startWithin);
  let told = '';
  for (;;) {
    const pod = await kube.get<Pod>(PODS, target, { signal });
    const { phase = 'Pending' } = pod.status ?? {};
    if (phase !== 'Pending') return;
    const why = waitsFor(pod);
    if (why !== told) log.info(`pod ${target.name}: ${why}`);
    told = why;
    if (clock.monotonic() >= deadline || HOPELESS.test(why)) throw cannotProbe(`has not started: ${why}`, []);
    await clock.sleep(LOOK_EVERY, signal);
  }
}

/** States that no waiting changes. */
const HOPELESS = /^(InvalidImageName|ErrImageNeverPull|CreateContainerConfigError: secret .* not found in)/;
