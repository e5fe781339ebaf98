/**
 * Which blob of the registry holds which layer: a manifest lists blobs, its configuration lists diffIDs, one by one in the same order
 * (facts/oci.md §4.3). What is found here is looked at (HEAD) or mounted before anything relies on it.
 */
import type { Logger } from '../../../base/log.ts';
import type { Compression, Digest } from '../../model.ts';
import { type ImageDocument, isAttestation } from '../manifests/document.ts';
import type { StoredLayer } from '../manifests/manifest.ts';
import type { Remote } from '../manifests/remote.ts';
import { platformKey } from '../naming/platform.ts';

export interface KnownLayer extends StoredLayer {
  readonly repository: string;
}

export interface KnownLayers {
  /** Blobs that hold a layer in this compression; those of `repository` come first. */
  find(diffId: Digest, compression: Compression, repository: string): readonly KnownLayer[];
  /** Other repositories that list this blob. */
  repositoriesOf(digest: Digest): readonly string[];
}

/** A manifest to learn from. */
export interface Place {
  readonly repository: string;
  /** A tag or digest. */
  readonly reference: string;
}

/** Of an index, only images of these platforms are looked at: others rarely share a layer. */
export async function learnLayers(
  places: readonly Place[],
  platforms: ReadonlySet<string>,
  means: { readonly remote: Remote; readonly log: Logger },
): Promise<KnownLayers> {
  const known: (KnownLayer & { readonly diffId: Digest })[] = [];
  for (const { repository, reference } of places)
    for (const image of await imagesAt({ repository, reference }, platforms, means.remote)) {
      const diffIds = await means.remote.diffIds(repository, image);
      if (diffIds?.length !== image.layers.length) continue;
      for (const [index, { digest, size, mediaType, urls }] of image.layers.entries()) {
        const compression = compressionOf(mediaType);
        if (compression && !urls)
          known.push({ repository, diffId: diffIds[index]!, digest, size, compression });
      }
    }
  means.log.debug(`${known.length} layers are known from ${places.length} manifests of the registry`);
  return {
    find: (diffId, compression, repository) =>
      known
        .filter((it) => it.diffId === diffId && it.compression === compression)
        .sort((a, b) => Number(b.repository === repository) - Number(a.repository === repository)),
    repositoriesOf: (digest) => [
      ...new Set(known.filter((it) => it.digest === digest).map(({ repository }) => repository)),
    ],
  };
}

async function imagesAt(
  place: Place,
  platforms: ReadonlySet<string>,
  remote: Remote,
): Promise<ImageDocument[]> {
  const found = await remote.tag(place.repository, place.reference);
  if (found.state !== 'image' && found.state !== 'index') return [];
  const { document } = found;
  if (document.kind === 'image') return [document];
  const wanted = document.manifests.filter(
    (it) => it.platform && !isAttestation(it) && platforms.has(platformKey(it.platform)),
  );
  const children = await Promise.all(wanted.map((it) => remote.child(place.repository, it)));
  return children.filter((it) => it !== undefined);
}

/** How a layer of this media type is stored; undefined for what is no layer of an image. */
export function compressionOf(mediaType: string): Compression | undefined {
  if (!/\.(?:layer\.v1|diff)\.tar(?:[.+]|$)/.test(mediaType)) return undefined;
  if (/[.+]gzip$/.test(mediaType)) return 'gzip';
  if (/[.+]zstd$/.test(mediaType)) return 'zstd';
  return mediaType.endsWith('.tar') ? 'none' : undefined;
}
