/** What a push tells when it is done: one entry per target, with everything that the outputs need. */
import type { Digest } from '../model.ts';
import { type BlobTally, emptyTally } from './layers/sender.ts';
import type { PushedImage, PushedTarget } from './request.ts';
import type { SettledImage } from './settled.ts';

export interface TargetResult {
  readonly repository: string;
  readonly tags: readonly string[];
  readonly digest: Digest;
  readonly images: readonly SettledImage[];
  readonly changed: boolean;
  readonly why: string;
  readonly tally?: BlobTally;
}

/** `seconds` since the push began. */
export function reportTarget(host: string, result: TargetResult, seconds: number): PushedTarget {
  const { repository, tags, digest, changed, why } = result;
  const tally = result.tally ?? emptyTally();
  return {
    repository,
    tags,
    digest,
    reference: `${host}/${repository}:${tags[0]}@${digest}`,
    changed,
    images: result.images.map(reportImage),
    uploadedBytes: tally.uploadedBytes,
    reusedBlobs: tally.reused,
    mountedBlobs: tally.mounted,
    uploadedBlobs: tally.uploaded,
    seconds,
    why,
  };
}

function reportImage({ platform, digest, configDigest, file, tags }: SettledImage): PushedImage {
  return { platform, digest, configDigest, file, ...(tags.length > 0 && { tags }) };
}
