/** The builder's log over HTTP, read by a pod in the cluster and from that pod's own log: no route from this machine is needed. */
import { isIPv6 } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { EnvironmentError, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { isOfRun } from '../../harvester/labels.ts';
import { createOrAdopt } from '../../kube/create.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { Kube, KubeObject, Target } from '../../kube/kube.ts';
import { followPodLog } from '../../kube/pod-log.ts';
import { type Pod, waitsFor } from '../../kube/pod-status.ts';
import { PODS } from '../../kube/resources.ts';
import { LOG_CONTAINER, logPod, type NewLogPod } from './log-pod.ts';

const LOOK_EVERY = 1000;
/** Milliseconds that a pod may wait for its image or a node before that counts. */
const START_WITHIN = 180_000;

export interface PodLogSourceOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  /** All but what changes from pod to pod. */
  readonly pod: Omit<NewLogPod, 'hosts' | 'start'>;
  /** At least one, best first. */
  readonly addresses: () => Promise<readonly string[]>;
}

/**
 * Lines from the first on, across pods: one that ends is followed by another that goes on where it stopped. Never ends by itself.
 * EnvironmentError READINESS_POD_FAILED for a pod that cannot start; KUBE_* where it is refused.
 */
export async function* followThroughPod(options: PodLogSourceOptions): AsyncGenerator<string> {
  const { kube, clock, log, signal, pod } = options;
  let start = 0;
  for (let number = 1; ; number++) {
    const hosts = (await options.addresses()).map((address) => (isIPv6(address) ? `[${address}]` : address));
    const target = { namespace: pod.namespace, name: `${pod.name}-${number}` };
    await createPod({ ...pod, name: target.name, hosts, start }, options);
    try {
      await untilStarted(target, options);
      for await (const line of followPodLog({ ...options, pod: target, container: LOG_CONTAINER })) {
        start += Buffer.byteLength(line) + 1;
        yield line;
      }
    } finally {
      await kube.delete(PODS, target).catch((error: unknown) => {
        // It goes with its machine at the latest.
        if (!isNotFound(error)) log.debug(`pod ${target.name}: ${messageOf(error)}`);
      });
    }
    log.info(`pod ${target.name} has ended; another one goes on`);
    await clock.sleep(LOOK_EVERY, signal);
  }
}

async function createPod(pod: NewLogPod, { kube, log, signal }: PodLogSourceOptions): Promise<void> {
  const ours = (found: KubeObject) => isOfRun(found, pod.ownership.runId);
  await createOrAdopt(kube, PODS, logPod(pod), { ours, signal });
  log.info(
    `created pod ${pod.namespace}/${pod.name}, which reads the builder's log at ${pod.hosts.join(', ')}`,
  );
}

/** Until its log can be read. */
async function untilStarted(target: Target, options: PodLogSourceOptions): Promise<void> {
  const { kube, clock, signal, progress } = options;
  const deadline = clock.monotonic() + START_WITHIN;
  for (;;) {
    const pod = await kube.get<Pod>(PODS, target, { signal });
    const { phase = 'Pending' } = pod.status ?? {};
    if (phase !== 'Pending') return;
    const why = waitsFor(pod);
    if (clock.monotonic() >= deadline) throw cannotStart(target, why);
    progress(`pod ${target.name}: ${why}`);
    await clock.sleep(LOOK_EVERY, signal);
  }
}

function cannotStart({ namespace, name }: Target, why: string): EnvironmentError {
  return new EnvironmentError(
    'READINESS_POD_FAILED',
    `The pod ${namespace}/${name}, which is to read the builder's log, has not started within ${formatDuration(START_WITHIN)}: ${why}.`,
    {
      mend: 'readiness-image must be there for the nodes of Harvester to pull, by this digest; readiness: console needs no pod.',
    },
  );
}
