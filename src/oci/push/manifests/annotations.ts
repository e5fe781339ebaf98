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
/** What else decides on the bytes that are pushed: 16 hex digits over format, compression, annotations, images, and what it stands on. */
export const PUSH_OPTIONS = 'rke2-actions.io/push-options';
/** `linux/arm/v7` of an image that is not in an index, where its manifest would not tell. */
export const IMAGE_PLATFORM = 'rke2-actions.io/platform';
/** On an index's entry: the image id, which only the entry's own manifest would tell. */
export const CONFIG_DIGEST = 'rke2-actions.io/config-digest';
/** Links an image to its source repository; GHCR decides by it who may push (facts/oci.md §2.5). */
export const IMAGE_SOURCE = 'org.opencontainers.image.source';

/** Raised whenever the same request begins to give other bytes. */
const WRITER = 2;

/**
 * The value of {@link PUSH_OPTIONS}: equal for requests that give the same manifest from the same file. `holds`: the digests that the
 * marked manifest or entry refers to, since tools that write an image anew (`crane mutate`) keep annotations which are then no longer true.
 */
function pushOptionsMark(request: PushRequest, holds: readonly Digest[]): string {
  const { format, compression, compressionLevel, preserveDigests, annotations, images } = request;
  const said = {
    format,
    compression,
    compressionLevel,
    preserveDigests,
    annotations,
    images,
    holds,
    writer: WRITER,
  };
  return hashOf('sha256', canonicalJson(said)).slice(0, 16);
}

/** For what holds just `holds`, and was made from `archive`. */
export function sourceAnnotations(
  archive: Digest,
  request: PushRequest,
  holds: readonly Digest[],
): Record<string, string> {
  return { [SOURCE_ARCHIVE]: archive, [PUSH_OPTIONS]: pushOptionsMark(request, holds) };
}

export function platformAnnotation(platform: Platform): Record<string, string> {
  return { [IMAGE_PLATFORM]: platformText(platform) };
}

/** The archive of {@link SOURCE_ARCHIVE}, whatever it was pushed with. */
export function readSourceArchive(annotations: Readonly<Record<string, string>> = {}): Digest | undefined {
  const archive = annotations[SOURCE_ARCHIVE];
  return archive?.startsWith('sha256:') ? (archive as Digest) : undefined;
}

/** The same, only where the request would give just this again, and nobody has put other content beneath the annotations since. */
export function readOwnMark(
  annotations: Readonly<Record<string, string>> = {},
  request: PushRequest,
  holds: readonly Digest[],
): Digest | undefined {
  const isOurs = annotations[PUSH_OPTIONS] === pushOptionsMark(request, holds);
  return isOurs ? readSourceArchive(annotations) : undefined;
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
