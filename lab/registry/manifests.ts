/** Manifests by tag and by digest: distribution-spec 1.1 "Pushing manifests", "Pulling manifests", "Deleting tags", "Deleting manifests". */
import { digestOf, type ParsedDigest, parseDigest } from './digest.ts';
import type { Exchange } from './exchange.ts';
import { RegistryFailure } from './failure.ts';
import {
  blobsOf,
  childrenOf,
  hasPlainDockerLayer,
  isDocker,
  type ManifestDocument,
  parseManifest,
} from './manifest-document.ts';
import type { Site } from './site.ts';
import { locate } from './uploads.ts';

const TAG = /^\w[\w.-]{0,127}$/;
/** distribution, Harbor and regclient alike (facts/oci.md §2.1). */
const LARGEST = 4 << 20;

export async function answerManifest(
  site: Site,
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<void> {
  if (!parseDigest(reference) && !TAG.test(reference))
    throw new RegistryFailure(
      reference.includes(':') ? 400 : 404,
      reference.includes(':') ? 'DIGEST_INVALID' : 'MANIFEST_UNKNOWN',
      `invalid reference ${reference}`,
    );
  if (exchange.method === 'PUT') return putManifest(site, exchange, repository, reference);
  if (exchange.method === 'DELETE') return deleteManifest(site, exchange, repository, reference);
  await getManifest(site, exchange, repository, reference);
}

async function getManifest(
  site: Site,
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<void> {
  const digest = parseDigest(reference) ?? (await site.store.tag(repository, reference));
  const manifest = digest && (await site.store.manifest(repository, digest));
  if (!manifest && site.quirks.headManifestDenied && exchange.method === 'HEAD')
    throw new RegistryFailure(403, 'DENIED', 'requested access to the resource is denied');
  if (!manifest) throw new RegistryFailure(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  if (site.quirks.scanGate || site.harbor?.gates(repository))
    throw new RegistryFailure(
      412,
      'PROJECTPOLICYVIOLATION',
      'current image without vulnerability scanning cannot be pulled due to configured policy in \'Prevent images with vulnerability severity of "High" or higher from running.\' To continue with pull, please contact your project administrator for help.',
    );
  const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest };
  exchange.send(200, { ...headers, etag: `"${manifest.digest}"` }, manifest.bytes);
}

async function putManifest(
  site: Site,
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<void> {
  const bytes = await exchange.wholeBody(LARGEST);
  const document = parseManifest(bytes, exchange.header('content-type'));
  refuseByQuirk(site, document, document.type);
  await refuseIncomplete(site, repository, document);
  const named = parseDigest(reference);
  const digest = digestOf(bytes, named?.algorithm);
  if (named && named.text !== digest.text)
    throw new RegistryFailure(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  const tags = named ? exchange.url.searchParams.getAll('tag') : [reference];
  for (const tag of tags) await refuseMovedTag(site, repository, tag, digest);
  await site.harbor?.admitBytes(repository, bytes.length, digest.text);
  await site.store.putManifest(repository, digest, { digest: digest.text, mediaType: document.type, bytes });
  for (const tag of tags) await site.store.setTag(repository, tag, digest);
  exchange.send(201, {
    location: locate(site, exchange, `/v2/${repository}/manifests/${digest.text}`),
    'docker-content-digest': digest.text,
    ...(named && tags.length > 0 && { 'oci-tag': tags }),
    ...(document.subject?.digest && !site.quirks.noReferrers && { 'oci-subject': document.subject.digest }),
  });
}

function refuseByQuirk({ quirks }: Site, document: ManifestDocument, type: string): void {
  if (quirks.refusesSchema2 && isDocker(type))
    throw new RegistryFailure(400, 'MANIFEST_INVALID', 'manifest invalid');
  if (quirks.refusesPlainDockerLayers && isDocker(type) && hasPlainDockerLayer(document))
    throw new RegistryFailure(400, 'MANIFEST_INVALID', 'manifest schema version not supported');
}

async function refuseIncomplete(site: Site, repository: string, document: ManifestDocument): Promise<void> {
  const unknown = (digest: ParsedDigest) =>
    new RegistryFailure(400, 'MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${digest.text}`);
  for (const digest of blobsOf(document))
    if ((await site.store.blobSize(repository, digest)) === undefined) throw unknown(digest);
  for (const digest of childrenOf(document))
    if (!(await site.store.manifest(repository, digest))) throw unknown(digest);
}

async function refuseMovedTag(
  site: Site,
  repository: string,
  tag: string,
  digest: ParsedDigest,
): Promise<void> {
  if (!TAG.test(tag)) throw new RegistryFailure(400, 'MANIFEST_INVALID', `invalid tag ${tag}`);
  const there = await site.store.tag(repository, tag);
  // Harbor refuses even the digest that the tag has (facts/oci.md §2.4); ECR compares.
  if (there && site.harbor?.isImmutable(repository, tag))
    throw new RegistryFailure(
      412,
      'PRECONDITION',
      `Failed to process request due to '${repository}:${tag}' configured as immutable.`,
    );
  if (there && there.text !== digest.text && site.quirks.immutableTags)
    throw new RegistryFailure(
      400,
      'DENIED',
      `tag invalid: The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the repository is immutable.`,
    );
}

async function deleteManifest(
  site: Site,
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<void> {
  const digest = parseDigest(reference);
  const gone = digest
    ? await site.store.removeManifest(repository, digest)
    : await site.store.removeTag(repository, reference);
  if (!gone) throw new RegistryFailure(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  exchange.send(202);
}
