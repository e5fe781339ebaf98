/**
 * Annotations that a push writes, so that the next one recognises its own work by hashing a file alone. They stand on manifests and
 * index entries that are written here, never on those that a layout brought and that are kept byte by byte.
 */
import { canonicalJson, hashOf } from '../../../base/hash.ts';
import type { Digest, Platform } from '../../model.ts';
import { platformText } from '../naming/platform.ts';
import type { PushRequest } from '../request.ts';

/** `sha256:…` of the tarball as it lay on the disk, compressed or not. */
export const SOURCE_ARCHIVE = 'rke2-actions.io/source-archive';
/** What else decides on the bytes that are pushed: 16 hex digits over format, compression, annotations, images. */
export const PUSH_OPTIONS = 'rke2-actions.io/push-options';
/** `linux/arm/v7` of an image that is not in an index, where its manifest would not tell. */
export const IMAGE_PLATFORM = 'rke2-actions.io/platform';
/** On an index's entry: the image id, which only the entry's own manifest would tell. */
export const CONFIG_DIGEST = 'rke2-actions.io/config-digest';
/** Links an image to its source repository; GHCR decides by it who may push (facts/oci.md §2.5). */
export const IMAGE_SOURCE = 'org.opencontainers.image.source';

/** Raised whenever the same request begins to give other bytes. */
const WRITER = 1;

export interface SourceMark {
  readonly archive: Digest;
  readonly options: string;
}

/** The value of {@link PUSH_OPTIONS}: equal for requests that give the same manifest from the same file. */
export function pushOptionsMark(request: PushRequest): string {
  const { format, compression, compressionLevel, preserveDigests, annotations, images } = request;
  const said = {
    format,
    compression,
    compressionLevel,
    preserveDigests,
    annotations,
    images,
    writer: WRITER,
  };
  return hashOf('sha256', canonicalJson(said)).slice(0, 16);
}

export function sourceAnnotations({ archive, options }: SourceMark): Record<string, string> {
  return { [SOURCE_ARCHIVE]: archive, [PUSH_OPTIONS]: options };
}

export function platformAnnotation(platform: Platform): Record<string, string> {
  return { [IMAGE_PLATFORM]: platformText(platform) };
}

/** What {@link sourceAnnotations} wrote; undefined where nobody did. */
export function readSourceMark(annotations: Readonly<Record<string, string>> = {}): SourceMark | undefined {
  const { [SOURCE_ARCHIVE]: archive, [PUSH_OPTIONS]: options } = annotations;
  return archive?.startsWith('sha256:') && options ? { archive: archive as Digest, options } : undefined;
}

/** The platform of {@link IMAGE_PLATFORM}. */
export function readPlatform(annotations: Readonly<Record<string, string>> = {}): Platform | undefined {
  const [os, architecture, variant] = annotations[IMAGE_PLATFORM]?.split('/') ?? [];
  return os && architecture ? { os, architecture, ...(variant && { variant }) } : undefined;
}

/** The value of the label org.opencontainers.image.source in an image's configuration. */
export function sourceLabel(config: Uint8Array): string | undefined {
  const { config: inner } = JSON.parse(Buffer.from(config).toString('utf8')) as {
    config?: { Labels?: Record<string, unknown> | null };
  };
  const label = inner?.Labels?.[IMAGE_SOURCE];
  return typeof label === 'string' && label !== '' ? label : undefined;
}
