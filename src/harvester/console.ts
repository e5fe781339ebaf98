/**
 * The guest's serial console as a log: KubeVirt streams it into the container `guest-console-log` of the launcher pod
 * (facts/harvester.md §2.6 b), so neither a route nor an address of the VM is needed.
 */
import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Kube, KubeObject } from '../kube/kube.ts';
import { followPodLog } from '../kube/pod-log.ts';
import { PODS } from '../kube/resources.ts';

const CONSOLE_CONTAINER = 'guest-console-log';
const VM_NAME_LABEL = 'vm.kubevirt.io/name';
/** Milliseconds until the second look for the pod, doubled up to the longest pause. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1000;
/** Milliseconds in which a successor of an ended pod may appear (migration, crash). */
const SUCCESSOR_WITHIN = 15_000;

interface LauncherPod extends KubeObject {
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
  readonly status?: { readonly phase?: string };
}

export interface ConsoleOptions {
  readonly kube: Kube;
  readonly namespace: string;
  readonly vmName: string;
  /** Milliseconds in which the first launcher pod must appear. */
  readonly appearWithin: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Console lines from the first on, across reconnections and successor pods. Ends when the last pod has ended.
 * EnvironmentErrors: CONSOLE_MISSING (no pod in time), CONSOLE_DISABLED (a pod without the console's container).
 */
export async function* followConsole(options: ConsoleOptions): AsyncGenerator<string> {
  const { kube, namespace, vmName } = options;
  const read = new Set<string>();
  let within = options.appearWithin;
  for (;;) {
    const pod = await waitForLauncher(options, read, within);
    if (!pod && read.size > 0) return;
    if (!pod) throw consoleMissing(options);
    requireConsole(pod);
    read.add(idOf(pod));
    options.log.debug(`console of ${vmName}: pod ${pod.metadata.name}`);
    const target = { namespace, name: pod.metadata.name };
    yield* followPodLog({ ...options, kube, pod: target, container: CONSOLE_CONTAINER });
    within = SUCCESSOR_WITHIN;
  }
}

const idOf = (pod: LauncherPod) => pod.metadata.uid ?? pod.metadata.name;

/** The newest launcher that was not read yet and has begun; undefined if none came in time. */
async function waitForLauncher(
  options: ConsoleOptions,
  read: ReadonlySet<string>,
  within: number,
): Promise<LauncherPod | undefined> {
  const { kube, namespace, vmName, clock, signal } = options;
  const deadline = clock.monotonic() + within;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    const labelSelector = `${VM_NAME_LABEL}=${vmName}`;
    const { items } = await kube.list<LauncherPod>(PODS, { namespace, labelSelector, signal });
    const [newest] = items
      .filter((pod) => !read.has(idOf(pod)) && !pod.metadata.deletionTimestamp)
      .sort((a, b) => createdAt(b).localeCompare(createdAt(a)));
    if (newest) return newest;
    if (clock.monotonic() >= deadline) return undefined;
    await clock.sleep(pause, signal);
  }
}

const createdAt = (pod: LauncherPod) => pod.metadata.creationTimestamp ?? '';

function requireConsole(pod: LauncherPod): void {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  if (containers.some(({ name }) => name === CONSOLE_CONTAINER)) return;
  throw new EnvironmentError(
    'CONSOLE_DISABLED',
    `Pod ${pod.metadata.namespace}/${pod.metadata.name} has no container "${CONSOLE_CONTAINER}".`,
    { mend: 'The cluster does not log serial consoles: Harvester 1.3 (KubeVirt 1.1) or newer is needed.' },
  );
}

function consoleMissing({ namespace, vmName, appearWithin }: ConsoleOptions): EnvironmentError {
  return new EnvironmentError(
    'CONSOLE_MISSING',
    `No launcher pod of the virtual machine ${namespace}/${vmName} appeared within ${formatDuration(appearWithin)}.`,
    { mend: `Look at the events of the virtual machine: kubectl -n ${namespace} describe vm,vmi ${vmName}` },
  );
}
