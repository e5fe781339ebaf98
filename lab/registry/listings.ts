/** Tags and referrers of a repository: distribution-spec 1.1 "Listing tags", "Listing referrers". */
import { mustBeDigest } from './digest.ts';
import type { Exchange } from './exchange.ts';
import { RegistryFailure } from './failure.ts';
import type { DescriptorDocument, ManifestDocument } from './manifest-document.ts';
import type { Site } from './site.ts';
import type { StoredManifest } from './store.ts';

/** `GET /v2/<name>/tags/list?n=&last=`. */
export async function listTags(site: Site, exchange: Exchange, repository: string): Promise<void> {
  if (!site.store.knows(repository))
    throw new RegistryFailure(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  const query = exchange.url.searchParams;
  const [last, n] = [query.get('last') ?? '', query.get('n')];
  const after = (await site.store.tags(repository)).filter((tag) => tag > last);
  const tags = n === null ? after : after.slice(0, Number(n));
  const more = tags.length > 0 && tags.length < after.length;
  const next = `</v2/${repository}/tags/list?n=${n}&last=${tags.at(-1)}>; rel="next"`;
  exchange.json(200, { name: repository, tags }, more ? { link: next } : {});
}

/** `GET /v2/<name>/referrers/<digest>?artifactType=`: an index, empty where nothing refers to it. */
export async function listReferrers(
  site: Site,
  exchange: Exchange,
  repository: string,
  text: string,
): Promise<void> {
  const { text: digest } = mustBeDigest(text);
  if (site.quirks.noReferrers) throw new RegistryFailure(404, 'UNSUPPORTED', 'page not found');
  const wanted = exchange.url.searchParams.get('artifactType');
  const manifests: (DescriptorDocument & { artifactType?: string })[] = [];
  for await (const manifest of site.store.manifests(repository)) {
    const referrer = referrerOf(manifest, digest);
    if (referrer && (wanted === null || referrer.artifactType === wanted)) manifests.push(referrer);
  }
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  exchange.json(
    200,
    { schemaVersion: 2, mediaType, manifests },
    {
      'content-type': mediaType,
      ...(wanted !== null && { 'oci-filters-applied': 'artifactType' }),
    },
  );
}

function referrerOf(
  { bytes, mediaType, digest }: StoredManifest,
  subject: string,
): (DescriptorDocument & { artifactType?: string }) | undefined {
  const document = JSON.parse(bytes.toString()) as ManifestDocument;
  if (document.subject?.digest !== subject) return undefined;
  const artifactType = document.artifactType || document.config?.mediaType;
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType && { artifactType }),
    ...(document.annotations && { annotations: document.annotations }),
  };
}
