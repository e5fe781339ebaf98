/** Digests and descriptors as they stand in JSON (OCI image-spec 1.1 "descriptor.md"). */
import * as z from 'zod';
import type { Descriptor, Digest } from '../model.ts';
import { arrayOf, objectOf, recordOf } from './json.ts';

/** sha256 alone: what every writer makes and every registry takes. */
export const digestSchema = z.custom<Digest>(
  (value) => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value),
  'is no sha256 digest',
);

const text = z.string();
const platformSchema = objectOf({
  os: text,
  architecture: text,
  variant: text.optional(),
  'os.version': text.optional(),
});

export const descriptorSchema = objectOf({
  mediaType: text,
  digest: digestSchema,
  size: z.number().int().nonnegative(),
  platform: platformSchema.nullish(),
  annotations: recordOf(text).nullish(),
  urls: arrayOf(text).nullish(),
  artifactType: text.nullish(),
}).transform(({ mediaType, digest, size, ...rest }): Descriptor => {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null);
  return { mediaType, digest, size, ...Object.fromEntries(given) };
});

export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(':') + 1);
