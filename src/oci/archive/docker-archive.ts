/**
 * Images as `manifest.json` lists them: docker save, podman, skopeo, crane, ko, kaniko (facts/oci.md §3). Nothing is concluded from a
 * name but what a digest in it promises.
 */
import * as z from 'zod';
import type { Digest, Image } from '../model.ts';
import { checkCount, missing, wrongDigest } from './faults.ts';
import { parseConfig } from './image-config.ts';
import { arrayOf, listOf, objectOf, parseJson, recordOf, smallBytes } from './json.ts';
import type { LayerSource, Layers } from './layers.ts';
import { MAX_MANIFESTS } from './limits.ts';
import type { Members } from './members.ts';
import type { TarFile } from './tar-index.ts';

export const MANIFEST_JSON = 'manifest.json';

const schema = arrayOf(
  objectOf({
    Config: z.string().min(1),
    RepoTags: listOf(z.string()),
    Layers: listOf(z.string()),
    LayerSources: recordOf(objectOf({ urls: arrayOf(z.string()).nullish() })).nullish(),
  }),
)
  .refine(({ length }) => length > 0, 'lists no image')
  .refine(({ length }) => length <= MAX_MANIFESTS, `lists more than ${MAX_MANIFESTS} images`);

type Entry = z.infer<typeof schema>[number];

/** One image of `manifest.json`, its configuration read and verified, its layers not yet. */
export interface DockerEntry {
  readonly names: readonly string[];
  readonly configDigest: Digest;
  readonly configBytes: Buffer;
  readonly configFile: TarFile;
  readonly entry: Entry;
}

/** Undefined if the archive has no `manifest.json`. Throws UserError. */
export async function dockerEntries(members: Members): Promise<DockerEntry[] | undefined> {
  const file = members.find(MANIFEST_JSON);
  if (!file) return undefined;
  const entries = parseJson(await smallBytes(members, file, MANIFEST_JSON), schema, MANIFEST_JSON);
  const found: DockerEntry[] = [];
  for (const entry of entries) {
    const configFile = fileOf(members, entry.Config);
    checkName(configFile, entry.Config);
    const configBytes = await smallBytes(members, configFile, entry.Config);
    found.push({ names: entry.RepoTags, configDigest: configFile.digest, configBytes, configFile, entry });
  }
  return found;
}

/** Throws UserError: ARCHIVE_MEMBER_MISSING, ARCHIVE_DIGEST_WRONG, ARCHIVE_LAYER_COUNT and what a configuration or a layer may have. */
export async function dockerImage(
  members: Members,
  layers: Layers,
  { entry, names, ...config }: DockerEntry,
): Promise<Image> {
  const { platform, diffIds } = parseConfig(config.configBytes, entry.Config);
  checkCount(entry.Config, entry.Layers.length, diffIds.length);
  const sources = entry.Layers.map((path, index): LayerSource => {
    const file = fileOf(members, path);
    if (path.startsWith('blobs/')) checkName(file, path);
    const diffId = diffIds[index]!;
    return { file, diffId, urls: entry.LayerSources?.[diffId]?.urls ?? undefined };
  });
  return {
    kind: 'image',
    names,
    platform,
    config: { ...members.bytes.blob(config.configFile), bytes: config.configBytes },
    layers: await layers.verified(sources),
  };
}

function fileOf(members: Members, path: string): TarFile {
  const file = members.find(path);
  if (file) return file;
  throw missing(path);
}

/** A name that is a digest promises it: `<hex>.json`, `sha256:<hex>`, `blobs/sha256/<hex>`. */
function checkName(file: TarFile, path: string): void {
  const promised = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1];
  if (promised && file.digest !== `sha256:${promised}`) throw wrongDigest(path, file.digest);
}
