/**
 * What refers to a manifest (a signature, an SBOM), where the registry does not keep count of it: then the client must, in an index under a
 * tag that the subject's digest gives (distribution-spec 1.1 "Pushing Manifests with Subject", "Referrers Tag Schema"; facts/oci.md §2.2).
 */
import { z } from 'zod';
import { OCI_INDEX } from '../media-types.ts';
import type { Descriptor, Digest, RawManifest } from '../model.ts';
import { isDigest } from '../reference.ts';

const referring = z.looseObject({
  subject: z.looseObject({ digest: z.string().refine(isDigest) }),
  artifactType: z.string().optional(),
  config: z.looseObject({ mediaType: z.string() }).optional(),
  annotations: z.record(z.string(), z.string()).nullish(),
});
const listed = z.looseObject({ manifests: z.array(z.looseObject({ digest: z.string() })) });

/** How a manifest that refers to `subject` is listed. */
export interface Referrer {
  readonly subject: Digest;
  readonly descriptor: Descriptor;
}

/** Undefined for a manifest without a subject. */
export function referrerOf(manifest: RawManifest): Referrer | undefined {
  const { data } = referring.safeParse(json(manifest.bytes));
  if (!data) return undefined;
  const { mediaType, digest, bytes } = manifest;
  const artifactType = data.artifactType || data.config?.mediaType;
  return {
    subject: data.subject.digest as Digest,
    descriptor: {
      mediaType,
      digest,
      size: bytes.length,
      ...(artifactType !== undefined && { artifactType }),
      ...(data.annotations && { annotations: data.annotations }),
    },
  };
}

/** `sha256-` and the hex digits, both cut to what a tag can hold. */
export function referrersTag(subject: Digest): string {
  const [algorithm, hex] = subject.split(':') as [string, string];
  return `${algorithm.slice(0, 32)}-${hex.slice(0, 64)}`;
}

/**
 * The bytes of the index with the referrer added, everything else in it as it was; undefined where it is in there already. `index`: the bytes
 * of today's, undefined where there is none or what is there is no index.
 */
export function withReferrer(
  index: Uint8Array | undefined,
  { descriptor }: Referrer,
): Uint8Array | undefined {
  const today = listed.safeParse(index && json(index)).data ?? {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [],
  };
  if (today.manifests.some(({ digest }) => digest === descriptor.digest)) return undefined;
  return Buffer.from(JSON.stringify({ ...today, manifests: [...today.manifests, descriptor] }));
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
