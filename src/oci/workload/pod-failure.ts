/** Why a new pod will never run, told as soon as the kubelet knows it, instead of after the time limit (facts/oci.md §8). */
import { isFinalPull } from '../../kube/pod-status.ts';
import { statusesOf, type WorkloadPod } from './workload.ts';

/** Pulls that failed; the kubelet tries again after a pause that grows to five minutes. */
const PULL_FAILED = /^(ErrImagePull|ImagePullBackOff)$/;
const WRONG_PLATFORM = /exec format error/i;

/** One line with pod and container, or undefined while there is hope. */
export function podFailure(pod: WorkloadPod): string | undefined {
  for (const { name, state, lastState } of statusesOf(pod)) {
    const where = `pod ${pod.metadata.name}, container ${name}`;
    const { reason = '', message = '' } = state?.waiting ?? {};
    if (reason === 'InvalidImageName' || reason === 'ErrImageNeverPull')
      return `${where}: ${reason}: ${message}`;
    if (PULL_FAILED.test(reason) && isFinalPull(message)) return `${where}: ${reason}: ${message}`;
    const ended = [message, state?.terminated?.message, lastState?.terminated?.message];
    const wrong = ended.find((text) => text !== undefined && WRONG_PLATFORM.test(text));
    if (wrong !== undefined) return wrongPlatform(where, wrong);
  }
  return undefined;
}

/** A container that started and ended badly: runc leaves the reason in its log alone. */
export function crashedContainer(pod: WorkloadPod): string | undefined {
  return statusesOf(pod).find(({ state, lastState }) => {
    const { exitCode = 0 } = state?.terminated ?? lastState?.terminated ?? {};
    return exitCode !== 0;
  })?.name;
}

/** The log of a crashed container, judged. */
export function logFailure(pod: WorkloadPod, container: string, log: string): string | undefined {
  if (!WRONG_PLATFORM.test(log)) return undefined;
  return wrongPlatform(`pod ${pod.metadata.name}, container ${container}`, log.trim());
}

const wrongPlatform = (where: string, words: string) =>
  `${where}: ${words} (the image is of another platform than the node)`;

/** A pod that waits for its next try to pull. */
export function waitsToPull(pod: WorkloadPod): boolean {
  return pullsThatFail(pod).length > 0;
}

/** Names of its containers that wait for their next try to pull. */
export function pullsThatFail(pod: WorkloadPod): readonly string[] {
  return statusesOf(pod).flatMap(({ name, state }) =>
    PULL_FAILED.test(state?.waiting?.reason ?? '') ? [name] : [],
  );
}

/** What a new pod waits for, for the log; undefined where it says nothing. */
export function podWaits(pod: WorkloadPod): string | undefined {
  for (const { state } of statusesOf(pod)) {
    const { reason, message } = state?.waiting ?? {};
    if (reason && reason !== 'ContainerCreating' && reason !== 'PodInitializing')
      return [reason, message].filter(Boolean).join(': ');
  }
  return undefined;
}
