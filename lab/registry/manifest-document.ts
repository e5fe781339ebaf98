/** A manifest as a registry looks at it: what it names, and whether it may be taken (image-spec 1.1 "manifest.md", "image-index.md"). */
import { type ParsedDigest, parseDigest } from './digest.ts';
import { RegistryFailure } from './failure.ts';

const OCI = 'application/vnd.oci.image';
const DOCKER = 'application/vnd.docker.distribution.manifest';
const INDEXES: readonly string[] = [`${OCI}.index.v1+json`, `${DOCKER}.list.v2+json`];
const IMAGES: readonly string[] = [`${OCI}.manifest.v1+json`, `${DOCKER}.v2+json`];

export interface DescriptorDocument {
  readonly mediaType?: string;
  readonly digest?: string;
  readonly size?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly urls?: readonly string[];
}

export interface ManifestDocument {
  readonly schemaVersion?: number;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config?: DescriptorDocument;
  readonly layers?: readonly DescriptorDocument[];
  readonly manifests?: readonly DescriptorDocument[];
  readonly subject?: DescriptorDocument;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const isDocker = (mediaType: string) => mediaType.startsWith(DOCKER);
export const isIndex = (mediaType: string) => INDEXES.includes(mediaType);

/** Throws MANIFEST_INVALID. */
export function parseManifest(
  bytes: Uint8Array,
  contentType: string | undefined,
): ManifestDocument & { type: string } {
  const document = parseJson(bytes);
  const type = contentType ?? document.mediaType ?? '';
  if (document.mediaType !== undefined && document.mediaType !== type)
    throw invalid(`mediaType ${document.mediaType} is not the Content-Type ${type}`);
  if (document.schemaVersion !== 2) throw invalid('schemaVersion is not 2');
  if (!INDEXES.includes(type) && !IMAGES.includes(type)) throw invalid(`unsupported media type ${type}`);
  if (
    isIndex(type) ? !Array.isArray(document.manifests) : !document.config || !Array.isArray(document.layers)
  )
    throw invalid('the manifest lacks what its media type demands');
  return { ...document, type };
}

function parseJson(bytes: Uint8Array): ManifestDocument {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString()) as ManifestDocument | null;
    if (value && typeof value === 'object') return value;
  } catch {
    // The same answer as for any other thing that is no object.
  }
  throw invalid('manifest invalid');
}

const invalid = (message: string) => new RegistryFailure(400, 'MANIFEST_INVALID', message);

/** Configuration and layers that the registry must have; those that are had elsewhere are not among them. */
export function blobsOf(document: ManifestDocument): ParsedDigest[] {
  const layers = (document.layers ?? []).filter((layer) => !isForeign(layer));
  return [document.config, ...layers].flatMap((descriptor) => (descriptor ? [digestIn(descriptor)] : []));
}

/** Children of an index. */
export function childrenOf(document: ManifestDocument): ParsedDigest[] {
  return (document.manifests ?? []).map(digestIn);
}

function digestIn(descriptor: DescriptorDocument): ParsedDigest {
  const digest = parseDigest(descriptor.digest ?? '');
  if (!digest) throw invalid(`invalid digest ${JSON.stringify(descriptor.digest)}`);
  return digest;
}

function isForeign({ mediaType = '', urls = [] }: DescriptorDocument): boolean {
  return /nondistributable|foreign/.test(mediaType) || urls.length > 0;
}

/** True where a layer is uncompressed by its Docker media type. */
export function hasPlainDockerLayer(document: ManifestDocument): boolean {
  return (document.layers ?? []).some(
    (layer) => layer.mediaType === 'application/vnd.docker.image.rootfs.diff.tar',
  );
}
