/**
 * Writes manifests and indexes (image-spec 1.1 "manifest.md", "image-index.md"; Docker schema 2): the same values in the same order always
 * give the same bytes, so that a digest stands for what was pushed. `mediaType` is always written (facts/oci.md §2.5, ECR).
 */
import { hashOf } from '../../../base/hash.ts';
import {
  DOCKER_CONFIG,
  DOCKER_FOREIGN_LAYER,
  DOCKER_INDEX,
  DOCKER_LAYER,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from '../../media-types.ts';
import type { Blob, Compression, Descriptor, Digest, Platform, RawManifest } from '../../model.ts';

export type WrittenFormat = 'oci' | 'docker';

/** A layer as it is stored, ready for a manifest of either format. */
export interface StoredLayer {
  readonly digest: Digest;
  readonly size: number;
  readonly compression: Compression;
  /** Of a layer that is not pushed: where it is had instead. */
  readonly urls?: readonly string[] | undefined;
}

const LAYER_TYPES: Readonly<Record<WrittenFormat, Readonly<Record<Compression, string | undefined>>>> = {
  oci: { none: OCI_LAYER, gzip: OCI_LAYER_GZIP, zstd: OCI_LAYER_ZSTD },
  docker: { none: DOCKER_LAYER, gzip: DOCKER_LAYER_GZIP, zstd: undefined },
};

const OCI_FOREIGN: Readonly<Record<Compression, string>> = {
  none: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
  gzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
};

/** True where the format has a media type for layers of this compression: Docker's knows no zstd. */
export function canHold(format: WrittenFormat, compression: Compression): boolean {
  return LAYER_TYPES[format][compression] !== undefined;
}

/** The manifest of one image. Annotations are left out of Docker's format, which has none. */
export function writeImageManifest(
  format: WrittenFormat,
  image: {
    readonly config: Pick<Blob, 'digest' | 'size'>;
    readonly layers: readonly StoredLayer[];
    readonly annotations: Readonly<Record<string, string>>;
  },
): RawManifest {
  const mediaType = format === 'oci' ? OCI_MANIFEST : DOCKER_MANIFEST;
  const { digest, size } = image.config;
  return rawManifest(mediaType, {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: format === 'oci' ? OCI_CONFIG : DOCKER_CONFIG, digest, size },
    layers: image.layers.map((it) => layerDescriptor(format, it)),
    ...annotationsOf(format, image.annotations),
  });
}

/** An index of manifests, in the order given. */
export function writeIndexManifest(
  format: WrittenFormat,
  children: readonly Descriptor[],
  annotations: Readonly<Record<string, string>>,
): RawManifest {
  const mediaType = format === 'oci' ? OCI_INDEX : DOCKER_INDEX;
  const manifests = children.map((it) => indexEntry(format, it));
  return rawManifest(mediaType, {
    schemaVersion: 2,
    mediaType,
    manifests,
    ...annotationsOf(format, annotations),
  });
}

/** A manifest written anew with annotations beside its own; everything else stays in its place. */
export function annotateManifest(
  raw: RawManifest,
  annotations: Readonly<Record<string, string>>,
): RawManifest {
  const document = JSON.parse(Buffer.from(raw.bytes).toString('utf8')) as Record<string, unknown>;
  const own = (document.annotations ?? {}) as Record<string, string>;
  return rawManifest(raw.mediaType, { ...document, annotations: sorted({ ...own, ...annotations }) });
}

/** How an index, or a layout, refers to a manifest. */
export function describeManifest(
  { mediaType, digest, bytes }: RawManifest,
  more: {
    readonly platform?: Platform | undefined;
    readonly annotations?: Readonly<Record<string, string>>;
  } = {},
): Descriptor {
  const { platform, annotations } = more;
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(platform && { platform }),
    ...(annotations && { annotations }),
  };
}

function rawManifest(mediaType: string, document: object): RawManifest {
  const bytes = Buffer.from(JSON.stringify(document));
  return { mediaType, digest: `sha256:${hashOf('sha256', bytes)}`, bytes };
}

function layerDescriptor(format: WrittenFormat, { digest, size, compression, urls }: StoredLayer): object {
  if (urls) {
    const mediaType = format === 'oci' ? OCI_FOREIGN[compression] : DOCKER_FOREIGN_LAYER;
    return { mediaType, digest, size, urls };
  }
  return { mediaType: LAYER_TYPES[format][compression], digest, size };
}

/** Keys in one order, whoever made the descriptor; Docker's list has no annotations. */
function indexEntry(format: WrittenFormat, it: Descriptor): object {
  return {
    mediaType: it.mediaType,
    digest: it.digest,
    size: it.size,
    ...(it.artifactType && { artifactType: it.artifactType }),
    ...(it.platform && { platform: platformEntry(it.platform) }),
    ...annotationsOf(format, it.annotations ?? {}),
  };
}

function platformEntry({ os, architecture, variant, ...rest }: Platform): object {
  return { architecture, os, ...(variant && { variant }), ...sorted(rest) };
}

function annotationsOf(format: WrittenFormat, annotations: Readonly<Record<string, string>>): object {
  const any = format === 'oci' && Object.keys(annotations).length > 0;
  return any ? { annotations: sorted(annotations) } : {};
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
