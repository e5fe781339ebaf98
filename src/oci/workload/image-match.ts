/**
 * Whether what runs is what was pushed: a container's imageID against the digests of the push. Runtimes name the index, the manifest
 * of the platform, or the configuration (facts/oci.md §8), so that each of them counts.
 */
import type { PushReport } from '../push/request.ts';
import { type Container, containersOf, statusesOf, type WorkloadPod } from './workload.ts';

/** One repository that was pushed to. */
export interface PushedImages {
  /** `harbor.example.com/library/app` */
  readonly repository: string;
  readonly tags: readonly string[];
  /** Of the index, its children, their configurations. */
  readonly digests: ReadonlySet<string>;
}

export function pushedImages({ registry, targets }: PushReport): readonly PushedImages[] {
  return targets.map(({ repository, tags, digest, images }) => ({
    repository: `${registry}/${repository}`,
    tags,
    digests: new Set([digest, ...images.flatMap((image) => [image.digest, image.configDigest])]),
  }));
}

/** What of the push a container asks for, by tag or digest; undefined: nothing of it. */
export function askedFor(image: string, pushed: readonly PushedImages[]): PushedImages | undefined {
  const [name = '', digest] = image.split('@');
  const colon = name.lastIndexOf(':');
  const tagged = colon > name.lastIndexOf('/');
  const repository = tagged ? name.slice(0, colon) : name;
  const tag = tagged ? name.slice(colon + 1) : 'latest';
  return pushed.find(
    (one) =>
      one.repository === repository &&
      (digest === undefined ? one.tags.includes(tag) : one.digests.has(digest)),
  );
}

export interface ImageFinding {
  readonly pod: string;
  readonly container: string;
  readonly image: string;
  /** `sha256:…`; undefined where the runtime names none. */
  readonly running: string | undefined;
  readonly matches: boolean;
  /** A node that had the tag already did not look again. */
  readonly keptOld: boolean;
}

/** One finding for each container of a running pod that asks for something of the push; one that came just now says nothing yet. */
export function findings(pod: WorkloadPod, pushed: readonly PushedImages[]): readonly ImageFinding[] {
  if (pod.status?.phase !== 'Running') return [];
  const statuses = statusesOf(pod);
  return containersOf(pod.spec).flatMap((container) => {
    const wanted = askedFor(container.image, pushed);
    if (!wanted) return [];
    const imageId = statuses.find(({ name }) => name === container.name)?.imageID ?? '';
    const running = /sha256:[0-9a-f]{64}$/.exec(imageId)?.[0];
    const matches = running !== undefined && wanted.digests.has(running);
    return [
      {
        pod: pod.metadata.name,
        container: container.name,
        image: container.image,
        running,
        matches,
        keptOld: !matches && isKept(container),
      },
    ];
  });
}

/** IfNotPresent, said or by default: any tag but latest. */
export function isKept({ image, imagePullPolicy }: Container): boolean {
  if (image.includes('@')) return false;
  return imagePullPolicy === undefined
    ? /:[^/:]+$/.test(image) && !image.endsWith(':latest')
    : imagePullPolicy !== 'Always';
}
