/** What is in a registry, by other people's eyes: pulled with skopeo and crane, every digest and diffID computed from the bytes. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { mustRun } from '../../../src/base/process.ts';

export interface PulledImage {
  readonly manifest: string;
  readonly config: string;
  /** Of the decompressed layers. */
  readonly diffIds: readonly string[];
  readonly architecture: string;
}

export interface Pulled {
  /** Of what the tag names. */
  readonly digest: string;
  /** Those that run, in the index's order. */
  readonly images: readonly PulledImage[];
  /** Manifests that do not run: attestations. */
  readonly artifacts: number;
}

export type Puller = 'skopeo' | 'crane';

interface Descriptor {
  readonly digest: string;
}

interface ManifestDocument {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

interface ConfigDocument {
  readonly architecture?: string;
  readonly rootfs?: { readonly diff_ids?: readonly string[] };
}

/** Pulls `reference` over plain HTTP; `command` is the program. */
export async function pull(puller: Puller, command: string, reference: string): Promise<Pulled> {
  const folder = await mkdtemp(join(tmpdir(), 'rke2-actions-pull-'));
  try {
    if (puller === 'crane') {
      await mustRun(command, ['pull', '--insecure', '--format', 'oci', reference, join(folder, 'layout')]);
      return await readLayout(join(folder, 'layout'));
    }
    const source = `docker://${reference}`;
    await mustRun(command, ['copy', '--all', '--src-tls-verify=false', source, `dir:${join(folder, 'dir')}`]);
    return await readDirectory(join(folder, 'dir'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** crane's: an OCI layout whose index has one entry, what was pulled. */
async function readLayout(folder: string): Promise<Pulled> {
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as ManifestDocument;
  const file = (digest: string) => join(folder, 'blobs', ...digest.split(':'));
  return readTree(index.manifests![0]!.digest, file, file);
}

/** skopeo's: `manifest.json` is what was pulled, blobs lie beside it by their hex. */
async function readDirectory(folder: string): Promise<Pulled> {
  const hex = (digest: string) => digest.split(':')[1]!;
  const top = await digestOf(join(folder, 'manifest.json'));
  const manifest = (digest: string) =>
    join(folder, digest === top ? 'manifest.json' : `${hex(digest)}.manifest.json`);
  return readTree(top, manifest, (digest) => join(folder, hex(digest)));
}

async function readTree(
  digest: string,
  manifest: (digest: string) => string,
  blob: (digest: string) => string,
): Promise<Pulled> {
  const images: PulledImage[] = [];
  let artifacts = 0;
  const walk = async (at: string): Promise<void> => {
    if ((await digestOf(manifest(at))) !== at) throw new Error(`${at} has other bytes`);
    const document = JSON.parse(await readFile(manifest(at), 'utf8')) as ManifestDocument;
    for (const child of document.manifests ?? []) await walk(child.digest);
    if (document.manifests) return;
    const image = await readImage(at, document, blob);
    if (image.architecture === 'unknown') artifacts++;
    else images.push(image);
  };
  await walk(digest);
  return { digest, images, artifacts };
}

async function readImage(
  manifest: string,
  document: ManifestDocument,
  blob: (digest: string) => string,
): Promise<PulledImage> {
  const file = blob(document.config!.digest);
  const config = JSON.parse(await readFile(file, 'utf8')) as ConfigDocument;
  const architecture = config.architecture ?? 'unknown';
  const layers = architecture === 'unknown' ? [] : document.layers!;
  const diffIds = await Promise.all(layers.map(({ digest }) => diffIdOf(blob(digest))));
  return { manifest, config: await digestOf(file), diffIds, architecture };
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}

async function diffIdOf(file: string): Promise<string> {
  const hash: Hash = createHash('sha256');
  const engine = await decompressor(file);
  await (engine ? pipeline(createReadStream(file), engine, hash) : pipeline(createReadStream(file), hash));
  return `sha256:${hash.digest('hex')}`;
}

async function decompressor(file: string): Promise<Transform | undefined> {
  const head = createReadStream(file, { end: 3 });
  const magic = Buffer.concat(await head.toArray()).toString('hex');
  if (magic.startsWith('1f8b')) return createGunzip();
  return magic === '28b52ffd' ? createZstdDecompress() : undefined;
}
