/** A target that the registry holds already: what is reported of it, and read from manifests and index entries alone where they tell. */
import type { Digest, Platform, RawManifest } from '../model.ts';
import { CONFIG_DIGEST, readPlatform } from './manifests/annotations.ts';
import { type ImageDocument, isAttestation, type ManifestDocument } from './manifests/document.ts';
import type { Remote } from './manifests/remote.ts';

export interface SettledImage {
  readonly platform: Platform;
  readonly digest: Digest;
  readonly configDigest: Digest;
  /** Base name of the file that it is of. */
  readonly file: string;
  /** Tags that shall name it alone. */
  readonly tags: readonly string[];
}

export interface Settled {
  readonly repository: string;
  /** That shall name it; the first does. */
  readonly tags: readonly string[];
  readonly manifest: RawManifest;
  readonly images: readonly SettledImage[];
  readonly why: string;
}

export interface RemoteImage {
  readonly platform: Platform;
  readonly digest: Digest;
  readonly configDigest: Digest;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The images of a remote manifest or index. One more request for each of which neither annotations nor index tell all. */
export async function remoteImages(
  repository: string,
  document: ManifestDocument,
  means: { readonly remote: Remote },
): Promise<RemoteImage[]> {
  if (document.kind === 'image') return [await remoteImage(repository, document, means)];
  const entries = document.manifests.filter((it) => it.platform && !isAttestation(it));
  const images = await Promise.all(
    entries.map(async (entry) => {
      const { digest, platform, annotations = {} } = entry;
      const told = annotations[CONFIG_DIGEST] as Digest | undefined;
      const configDigest = told ?? (await means.remote.child(repository, entry))?.config.digest;
      return platform && configDigest ? [{ platform, digest, configDigest, annotations }] : [];
    }),
  );
  return images.flat();
}

async function remoteImage(
  repository: string,
  { raw, config, annotations }: ImageDocument,
  { remote }: { readonly remote: Remote },
): Promise<RemoteImage> {
  const platform = readPlatform(annotations) ?? (await remote.platform(repository, config.digest));
  return {
    platform: platform ?? { os: 'unknown', architecture: 'unknown' },
    digest: raw.digest,
    configDigest: config.digest,
    annotations,
  };
}
