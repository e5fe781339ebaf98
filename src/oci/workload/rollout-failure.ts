/** What a roll-out that went wrong tells: the kubelet's words, and what follows from them (facts/oci.md §8). */
import { formatDuration } from '../../base/duration.ts';
import { EnvironmentError } from '../../base/errors.ts';
import { withoutNames } from '../../kube/pod-status.ts';
import type { ImageFinding } from './image-match.ts';
import { podWaits } from './pod-failure.ts';
import type { WorkloadPod } from './workload.ts';

/** New pods can never run; `workload` is its name in words. */
export function rolloutFailed(workload: string, why: string, pods: readonly WorkloadPod[]): EnvironmentError {
  return new EnvironmentError('ROLLOUT_FAILED', `${workload} cannot be rolled out: ${why}`, {
    mend: mendOf(why),
    evidence: evidence(pods),
  });
}

/** It may still become something; `timeout` in milliseconds. */
export function rolloutLate(
  workload: string,
  { waits, timeout }: { readonly waits: string; readonly timeout: number },
  pods: readonly WorkloadPod[],
): EnvironmentError {
  const message = `${workload} is not rolled out after ${formatDuration(timeout)}: ${waits}.`;
  return new EnvironmentError('ROLLOUT_TIMEOUT', message, {
    mend: 'The image is pushed. Look at the pods, or raise wait-timeout.',
    evidence: evidence(pods),
  });
}

/** Pods run, but not what was pushed. */
export function runsAnotherImage(workload: string, wrong: readonly ImageFinding[]): EnvironmentError {
  const lines = wrong.map(
    ({ pod, container, image, running }) =>
      `pod ${pod}, container ${container}: ${image} is ${running ?? 'unknown'}`,
  );
  const mend = wrong.some(({ keptOld }) => keptOld)
    ? 'With imagePullPolicy IfNotPresent a node that has the tag does not look again: name the image by its digest, or set Always.'
    : 'Something else pushed to the tag meanwhile, or the nodes pull from a mirror that lags behind.';
  const message = `${workload} does not run what was pushed:\n${lines.join('\n')}`;
  return new EnvironmentError('ROLLOUT_OTHER_IMAGE', message, { mend });
}

function evidence(pods: readonly WorkloadPod[]): string[] {
  return pods.flatMap((pod) => {
    const waits = podWaits(pod);
    return waits === undefined ? [] : [`pod ${pod.metadata.name}: ${waits}`];
  });
}

const MENDS: readonly (readonly [RegExp, string])[] = [
  [/exec format error|no match for platform/i, 'Push the image for the platform of the nodes, too.'],
  [/x509|certificate/i, 'The nodes do not trust the registry: give its CA to them (RKE2: registries.yaml).'],
  [/HTTP response to HTTPS/i, 'The nodes speak HTTPS to a registry without TLS: name it in registries.yaml.'],
  [
    /unauthorized|authorization failed|denied|forbidden/i,
    'The nodes may not pull: give the pods an imagePullSecret.',
  ],
  [
    /not found|manifest unknown/i,
    'The pods ask for an image that is not there: compare their reference with what was pushed.',
  ],
  [/InvalidImageName/, 'Correct the image of the workload.'],
];

function mendOf(why: string): string {
  const words = withoutNames(why.replace(/^pod \S+, container \S+: /, ''));
  const known = MENDS.find(([pattern]) => pattern.test(words))?.[1];
  return known ?? 'The image is pushed. Look at the pods and their events.';
}
