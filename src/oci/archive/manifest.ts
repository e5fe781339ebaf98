/** Manifests and indexes as JSON (OCI image-spec 1.1 "manifest.md", "image-index.md"; Docker's schema 2 is of the same shape). */
import * as z from 'zod';
import { UserError } from '../../base/errors.ts';
import {
  DOCKER_CONFIG,
  DOCKER_INDEX,
  DOCKER_MANIFEST,
  isIndex,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../media-types.ts';
import type { Descriptor } from '../model.ts';
import { descriptorSchema } from './descriptor.ts';
import { arrayOf, listOf, objectOf, parseJson } from './json.ts';

export interface ManifestBody {
  readonly kind: 'manifest';
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface IndexBody {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

const schema = objectOf({
  mediaType: z.string().nullish(),
  config: descriptorSchema.nullish(),
  layers: arrayOf(descriptorSchema).nullish(),
  manifests: arrayOf(descriptorSchema).nullish(),
});

/**
 * Reads either; what it is stands in the descriptor that led there, and the body must not say otherwise (CVE-2021-41190). Throws UserError
 * ARCHIVE_JSON_INVALID, ARCHIVE_MANIFEST_AMBIGUOUS, ARCHIVE_MEDIA_TYPE.
 */
export function parseManifest(bytes: Uint8Array, mediaType: string, what: string): ManifestBody | IndexBody {
  if (!KNOWN.includes(mediaType)) throw unknownType(what, mediaType);
  const { mediaType: own, config, layers, manifests } = parseJson(bytes, schema, what);
  if (own && own !== mediaType)
    throw ambiguous(what, `it says it is ${own}, and what refers to it says ${mediaType}`);
  if (manifests && (config || layers)) throw ambiguous(what, 'it has both manifests and layers');
  if (isIndex(mediaType)) return { kind: 'index', mediaType, manifests: manifests ?? [] };
  if (!config) throw ambiguous(what, 'it is called a manifest and has no config');
  return { kind: 'manifest', mediaType, config, layers: layers ?? [] };
}

const KNOWN: readonly string[] = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST];

const indexJsonSchema = objectOf({ manifests: listOf(descriptorSchema) });

/** `index.json` of a layout, which often says no media type. */
export function parseIndexJson(bytes: Uint8Array): readonly Descriptor[] {
  return parseJson(bytes, indexJsonSchema, 'index.json').manifests;
}

const LAYER_TYPES =
  /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+(gzip|zstd))?|docker\.image\.rootfs\.(foreign\.)?diff\.tar(\.(gzip|zstd))?)$/;
const FOREIGN_TYPES = /\.(nondistributable|foreign)\./;

/** Whether a runtime can start it. BuildKit's attestations have an image's configuration, and no layers that a runtime knows. */
export function isRunnable({ config, layers }: ManifestBody): boolean {
  const isConfig = config.mediaType === OCI_CONFIG || config.mediaType === DOCKER_CONFIG;
  return isConfig && layers.every(({ mediaType }) => LAYER_TYPES.test(mediaType));
}

/** A layer that registries need not hold: it is had from its `urls`. */
export function isForeign({ mediaType, urls }: Descriptor): boolean {
  return FOREIGN_TYPES.test(mediaType) && urls !== undefined && urls.length > 0;
}

function ambiguous(what: string, why: string): UserError {
  return new UserError('ARCHIVE_MANIFEST_AMBIGUOUS', `${what} can be read in two ways: ${why}.`, {
    mend: 'Registries and runtimes would see different images. Build or save the image anew.',
  });
}

function unknownType(what: string, mediaType: string): UserError {
  return new UserError(
    'ARCHIVE_MEDIA_TYPE',
    `${what} is of a type that is not pushed: ${JSON.stringify(mediaType)}.`,
    {
      mend: 'Convert the image to OCI or Docker schema 2, for example with skopeo copy.',
    },
  );
}
