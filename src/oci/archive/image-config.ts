/** An image's configuration, as far as a push needs it (OCI image-spec 1.1 "config.md"). */
import * as z from 'zod';
import { UserError } from '../../base/errors.ts';
import type { Digest, Platform } from '../model.ts';
import { digestSchema } from './descriptor.ts';
import { listOf, objectOf, parseJson } from './json.ts';

export interface ImageConfig {
  readonly platform: Platform;
  /** From the lowest layer up. */
  readonly diffIds: readonly Digest[];
}

const schema = objectOf({
  architecture: z.string().optional(),
  os: z.string().optional(),
  variant: z.string().optional(),
  'os.version': z.string().optional(),
  rootfs: objectOf({ type: z.string().optional(), diff_ids: listOf(digestSchema) }).optional(),
});

/** Throws UserError ARCHIVE_JSON_INVALID, ARCHIVE_ROOTFS_TYPE, ARCHIVE_PLATFORM_MISSING. */
export function parseConfig(bytes: Uint8Array, what: string): ImageConfig {
  const config = parseJson(bytes, schema, what);
  if (config.rootfs?.type !== 'layers') throw noLayers(what, config.rootfs?.type);
  if (!config.os || !config.architecture) throw noPlatform(what);
  const platform: Platform = {
    os: config.os,
    architecture: config.architecture,
    ...(config.variant && { variant: config.variant }),
    ...(config['os.version'] && { 'os.version': config['os.version'] }),
  };
  return { platform, diffIds: config.rootfs.diff_ids };
}

function noLayers(what: string, type: string | undefined): UserError {
  return new UserError(
    'ARCHIVE_ROOTFS_TYPE',
    `${what} is of no image with layers: its rootfs.type is ${JSON.stringify(type ?? '')}.`,
    {
      mend: 'Give an archive of an image. A build cache and images of Docker before 1.10 are none.',
    },
  );
}

function noPlatform(what: string): UserError {
  return new UserError(
    'ARCHIVE_PLATFORM_MISSING',
    `${what} does not say for which os and architecture the image is.`,
    {
      mend: 'Build the image with a platform (docker build --platform); nodes pass over images without one.',
    },
  );
}
