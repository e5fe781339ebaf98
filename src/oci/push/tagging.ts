/** All tags behind the first, of a target and of its images alone: written when the first names what was pushed. */
import type { Digest, RawManifest } from '../model.ts';
import { putTag } from './manifests/tags.ts';
import type { Fates } from './prepare.ts';
import { MERGE_ATTEMPTS, type Published } from './publish.ts';
import type { PushSession } from './session.ts';
import type { SettledImage } from './settled.ts';

export interface TagWork {
  readonly repository: string;
  readonly tags: readonly string[];
  readonly images: readonly SettledImage[];
  readonly top: RawManifest;
  readonly fates: Fates;
}

export interface WrittenTags {
  /** What the tags of the whole target name. */
  readonly top: RawManifest;
  readonly changed: boolean;
  /** Those of the whole target, and images with those of their own, without tags that were left as they are. */
  readonly tags: readonly string[];
  readonly images: readonly SettledImage[];
  readonly all: readonly { readonly tag: string; readonly digest: Digest }[];
}

/** Leaves alone what on-existing does. `manifestOf`: the manifest of one image, asked for only where a tag of it is written. */
export async function writeTags(
  { context }: PushSession,
  { repository, tags, images, top, fates }: TagWork,
  manifestOf: (image: SettledImage) => Promise<RawManifest>,
): Promise<WrittenTags> {
  const { registry, signal, log } = context;
  let changed = false;
  const isOurs = (tag: string) => fates.get(tag)?.does !== 'leave';
  const write = async (tag: string, manifest: () => Promise<RawManifest>) => {
    if (!isOurs(tag))
      return log.notice(`${repository}:${tag} is there, and stays as it is (on-existing: skip)`);
    if (fates.get(tag)?.does === 'nothing') return;
    if (await putTag(registry, { repository, tag, manifest: await manifest() }, { signal })) changed = true;
  };
  for (const tag of tags.slice(1)) await write(tag, async () => top);
  for (const image of images) for (const tag of image.tags) await write(tag, () => manifestOf(image));
  const kept = images.map((it) => ({ ...it, tags: it.tags.filter(isOurs) }));
  const shared = tags.filter(isOurs);
  const all = [
    ...shared.map((tag) => ({ tag, digest: top.digest })),
    ...kept.flatMap((it) => it.tags.map((tag) => ({ tag, digest: it.digest }))),
  ];
  return { top, changed, tags: shared, images: kept, all };
}

/** Extra tags follow an index that other jobs write, too: else the slower one would turn them back to an index with less in it. */
export async function writeMergedTags(
  write: (top: RawManifest) => Promise<WrittenTags>,
  it: Required<Pick<Published, 'merged'>> & Pick<TagWork, 'top' | 'tags'>,
): Promise<WrittenTags> {
  let written = await write(it.top);
  if (it.tags.length === 1) return written;
  for (let attempt = 1; attempt < MERGE_ATTEMPTS; attempt++) {
    const now = await it.merged(it.tags[0]!);
    if (now.state !== 'holds-ours' || now.manifest.digest === written.top.digest) break;
    const again = await write(now.manifest);
    written = { ...again, changed: written.changed || again.changed };
  }
  return written;
}
