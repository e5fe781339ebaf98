/** Reads manifests and indexes, of layouts and of registries alike, trusting nothing in them: what does not fit is no manifest. */
import { z } from 'zod';
import { DOCKER_INDEX, DOCKER_MANIFEST, isIndex, OCI_INDEX, OCI_MANIFEST } from '../../media-types.ts';
import type { Descriptor, Digest, RawManifest } from '../../model.ts';

const digest = z
  .string()
  .regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/)
  .transform((it) => it as Digest);
const annotations = z.record(z.string(), z.string());
const platform = z.looseObject({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  'os.version': z.string().optional(),
});
const descriptor = z
  .looseObject({
    mediaType: z.string(),
    digest,
    size: z.int().nonnegative(),
    platform: platform.optional(),
    annotations: annotations.optional(),
    urls: z.array(z.string()).optional(),
    artifactType: z.string().optional(),
  })
  .transform((it) => it as Descriptor);

const imageManifest = z.looseObject({
  config: descriptor,
  layers: z.array(descriptor).max(1000),
  annotations: annotations.nullish(),
});
const indexManifest = z.looseObject({
  manifests: z.array(descriptor).max(1000),
  annotations: annotations.nullish(),
});

export interface ImageDocument {
  readonly kind: 'image';
  readonly raw: RawManifest;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface IndexDocument {
  readonly kind: 'index';
  readonly raw: RawManifest;
  readonly manifests: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

export type ManifestDocument = ImageDocument | IndexDocument;

/** Undefined for anything else than a well-formed image manifest or index of OCI or Docker. */
export function parseManifest(raw: RawManifest): ManifestDocument | undefined {
  const value = json(raw.bytes);
  if (isIndex(raw.mediaType)) {
    const { data } = indexManifest.safeParse(value);
    return data && { kind: 'index', raw, manifests: data.manifests, annotations: data.annotations ?? {} };
  }
  if (raw.mediaType !== OCI_MANIFEST && raw.mediaType !== DOCKER_MANIFEST) return undefined;
  const { data } = imageManifest.safeParse(value);
  return (
    data && {
      kind: 'image',
      raw,
      config: data.config,
      layers: data.layers,
      annotations: data.annotations ?? {},
    }
  );
}

/** What a manifest refers to, in its order: configuration and layers of an image, entries of an index. */
export function digestsIn(document: ManifestDocument): readonly Digest[] {
  const held = document.kind === 'image' ? [document.config, ...document.layers] : document.manifests;
  return held.map((it) => it.digest);
}

/** `rootfs.diff_ids` of an image's configuration; undefined where it has none, as that of a build cache. */
export function parseDiffIds(config: Uint8Array): readonly Digest[] | undefined {
  return z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(digest) }) }).safeParse(json(config)).data
    ?.rootfs.diff_ids;
}

/** The platform in an image's configuration. */
export function parsePlatform(config: Uint8Array): Descriptor['platform'] {
  const { data } = platform.safeParse(json(config));
  if (!data) return undefined;
  const { os, architecture, variant } = data;
  return {
    os,
    architecture,
    ...(variant && { variant }),
    ...(data['os.version'] && { 'os.version': data['os.version'] }),
  };
}

/** The family of a manifest's media type: those of one index must be of one. */
export function formatOf(mediaType: string): 'oci' | 'docker' | undefined {
  if (mediaType === OCI_MANIFEST || mediaType === OCI_INDEX) return 'oci';
  return mediaType === DOCKER_MANIFEST || mediaType === DOCKER_INDEX ? 'docker' : undefined;
}

/** Attestations of BuildKit stand in an index as the platform unknown/unknown. */
export function isAttestation({ platform: it, annotations: notes }: Descriptor): boolean {
  return it?.os === 'unknown' || notes?.['vnd.docker.reference.type'] !== undefined;
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
