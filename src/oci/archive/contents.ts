/**
 * Which of an archive's two faces counts. Many writers put an OCI layout and a `manifest.json` into one archive; the layout is preferred where
 * it is complete, for it has the digest, the platforms and the attestations (facts/oci.md §3).
 */
import { UserError } from '../../base/errors.ts';
import type { Archive, Content, Image } from '../model.ts';
import { type DockerEntry, dockerEntries, dockerImage } from './docker-archive.ts';
import { missing } from './faults.ts';
import { type LayerContext, Layers } from './layers.ts';
import { isMissing, OciLayout, type Top } from './oci-layout.ts';

export type ArchiveContents = Pick<Archive, 'format' | 'contents' | 'warnings'>;

/**
 * Everything in the archive that is to be pushed, verified. `preserveDigests`: keep a layout's manifest also where it has plain layers, as
 * Docker 25 to 28 write them. Throws UserError ARCHIVE_NO_IMAGE, ARCHIVE_SIDES_DIFFER and what both sides may have.
 */
export async function readContents(context: LayerContext, preserveDigests = false): Promise<ArchiveContents> {
  const { members } = context;
  const layers = new Layers(context);
  const entries = await dockerEntries(members);
  const tops = await layoutTops(new OciLayout(members, layers), entries);
  const whole =
    tops?.length && tops.every(({ found }) => !isMissing(found)) ? contentsOf(tops, entries) : undefined;
  if (whole && entries) checkSides(whole, entries);
  if (whole && (preserveDigests || !entries || !allPlain(whole))) {
    return {
      format: 'oci-layout',
      contents: whole,
      warnings: [...absentPlatforms(whole), ...misnamed(whole)],
    };
  }
  if (!entries) throw noImage(tops);
  const contents: Image[] = [];
  for (const entry of entries) contents.push(await dockerImage(members, layers, entry));
  const warnings =
    tops && !whole ? ['The OCI side of the archive is not complete; its manifest.json is used.'] : [];
  return { format: 'docker-archive', contents, warnings };
}

/** Docker 25.0.0 wrote manifests without layers (moby #47065): then the other side counts, if there is one. */
async function layoutTops(
  layout: OciLayout,
  entries: readonly DockerEntry[] | undefined,
): Promise<Top[] | undefined> {
  try {
    return await layout.tops();
  } catch (error) {
    if (entries && error instanceof UserError && error.code === 'ARCHIVE_LAYER_COUNT') return [];
    throw error;
  }
}

/** One content per manifest, with all the names that lead to it. */
function contentsOf(tops: readonly Top[], entries: readonly DockerEntry[] | undefined): Content[] {
  const byDigest = new Map<string, { content: Content; names: Set<string> }>();
  for (const { descriptor, found } of tops) {
    if (isMissing(found)) continue;
    const known = byDigest.get(descriptor.digest) ?? { content: found, names: new Set() };
    for (const name of namesOf(descriptor.annotations ?? {}, found, entries ?? [])) known.names.add(name);
    byDigest.set(descriptor.digest, known);
  }
  return [...byDigest.values()].map(({ content, names }) => ({ ...content, names: [...names] }));
}

/** containerd's full name; else what `manifest.json` calls the image, where ref.name is a tag alone; else ref.name. */
function namesOf(
  annotations: Readonly<Record<string, string>>,
  content: Content,
  entries: readonly DockerEntry[],
): readonly string[] {
  const full = annotations['io.containerd.image.name'];
  if (full) return [full];
  const refName = annotations['org.opencontainers.image.ref.name'];
  if (refName && /[/:]/.test(refName)) return [refName];
  const configs = new Set(imagesOf(content).map(({ config }) => config.digest));
  const tags = entries.filter(({ configDigest }) => configs.has(configDigest)).flatMap(({ names }) => names);
  const fitting = refName ? tags.filter((tag) => tag.endsWith(`:${refName}`)) : tags;
  return fitting.length > 0 ? fitting : refName ? [refName] : [];
}

function imagesOf(content: Content): Image[] {
  switch (content.kind) {
    case 'image':
      return [content];
    case 'index':
      return content.children.flatMap(({ content: child }) => imagesOf(child));
    case 'artifact':
      return [];
  }
}

/** Whether there is nothing to keep but manifests of plain layers, which are large to push and slow to pull, and which Quay refuses. */
function allPlain(contents: readonly Content[]): boolean {
  return contents.every(
    (content) =>
      content.kind === 'image' &&
      content.layers.every(({ compression, urls }) => compression === 'none' && !urls),
  );
}

/** Tools that read one side must not see an image that tools reading the other do not. */
function checkSides(contents: readonly Content[], entries: readonly DockerEntry[]): void {
  const configs = new Set(contents.flatMap(imagesOf).map(({ config }) => config.digest));
  const other = entries.find(({ configDigest }) => !configs.has(configDigest));
  if (!other) return;
  const message = `The archive's manifest.json has an image that its index.json has not: ${other.configDigest}.`;
  throw new UserError('ARCHIVE_SIDES_DIFFER', message, {
    mend: 'Tools would push different images from this archive. Save the image anew.',
  });
}

function absentPlatforms(contents: readonly Content[]): string[] {
  return contents.flatMap((content) => {
    if (content.kind !== 'index') return [];
    const nested = absentPlatforms(content.children.map(({ content: child }) => child));
    const absent = content.absent.map(({ platform, digest }) =>
      platform ? `${platform.os}/${platform.architecture}` : digest,
    );
    if (absent.length === 0) return nested;
    return [
      `${content.names[0] ?? content.manifest.digest} lists what the archive lacks: ${absent.join(', ')}.`,
      ...nested,
    ];
  });
}

/** Layers whose media type says another compression than their bytes. */
function misnamed(contents: readonly Content[]): string[] {
  const layers = contents.flatMap(imagesOf).flatMap(({ layers: own }) => own);
  const wrong = layers.filter(({ mediaType = '', compression, urls }) => {
    const said = /[+.](gzip|zstd)$/.exec(mediaType)?.[1] ?? 'none';
    return !urls && said !== compression;
  });
  return [
    ...new Set(
      wrong.map(
        ({ stored, mediaType, compression }) =>
          `${stored.digest} is called ${mediaType} and is ${compression === 'none' ? 'plain' : compression}.`,
      ),
    ),
  ];
}

function noImage(tops: readonly Top[] | undefined): UserError {
  const lacking = tops?.map(({ found }) => found).find(isMissing);
  if (lacking) return missing(lacking.missing);
  const what = tops ? 'Its index.json lists nothing' : 'It has neither manifest.json nor index.json';
  return new UserError('ARCHIVE_NO_IMAGE', `The archive holds no image. ${what}.`, {
    mend: 'Give what docker save, podman save, skopeo copy, crane pull or buildx --output writes; not docker export, and no folder of such files.',
  });
}
