/** Files that stand for tarballs, and the archives in them made of a few lines: layers are texts, configurations what they must be. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { hashFile, hashOf } from '../../../../src/base/hash.ts';
import { silentLogger } from '../../../../src/base/log.ts';
import { createLayerCompressor } from '../../../../src/oci/compress/layer-compressor.ts';
import type {
  Artifact,
  Compression,
  Content,
  Descriptor,
  Digest,
  Image,
  Index,
  Layer,
  RawManifest,
} from '../../../../src/oci/model.ts';
import type { OpenArchive, PushContext } from '../../../../src/oci/push/context.ts';
import { storedAsIs } from '../../../../src/oci/push/layers/decision.ts';
import { openBytesBlob } from '../../../../src/oci/push/layers/file-blob.ts';
import {
  describeManifest,
  type WrittenFormat,
  writeImageManifest,
  writeIndexManifest,
} from '../../../../src/oci/push/manifests/manifest.ts';
import type { Registry } from '../../../../src/oci/registry/registry.ts';
import { FakeClock } from '../../base/fake-clock.ts';

export const digestOf = (bytes: string | Uint8Array): Digest => `sha256:${hashOf('sha256', bytes)}`;

const PACK: Readonly<Record<Compression, (bytes: Buffer) => Buffer>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes, { level: 1 }),
  zstd: (bytes) => zstdCompressSync(bytes),
};

export function layer(text: string, compression: Compression = 'none'): Layer {
  const plain = Buffer.from(text);
  const bytes = PACK[compression](plain);
  const stored = openBytesBlob(digestOf(bytes), bytes);
  return { diffId: digestOf(plain), uncompressedSize: plain.length, stored, compression };
}

export interface ImageWords {
  /** `linux/arm/v7`. */
  readonly platform?: string;
  readonly layers?: readonly (string | Layer)[];
  readonly names?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Makes it one of a layout, with a manifest of its own. */
  readonly manifest?: WrittenFormat;
}

export function image(words: ImageWords = {}): Image {
  const { platform: text = 'linux/amd64', names = [], labels = {} } = words;
  const [os = '', architecture = '', variant] = text.split('/');
  const platform = { os, architecture, ...(variant && { variant }) };
  const layers = (words.layers ?? ['base', `app for ${text}`]).map((it) =>
    typeof it === 'string' ? layer(it) : it,
  );
  const diffIds = layers.map(({ diffId }) => diffId);
  const rootfs = { type: 'layers', diff_ids: diffIds };
  const bytes = Buffer.from(JSON.stringify({ ...platform, config: { Labels: labels }, rootfs }));
  const config = { ...openBytesBlob(digestOf(bytes), bytes), bytes };
  const manifest =
    words.manifest &&
    writeImageManifest(words.manifest, { config, layers: layers.map(storedAsIs), annotations: {} });
  return { kind: 'image', names, platform, config, layers, ...(manifest && { manifest }) };
}

/** What BuildKit puts beside an image. */
export function attestation(about: RawManifest): { content: Artifact; descriptor: Descriptor } {
  const bytes = Buffer.from(
    JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', about: about.digest }),
  );
  const config = Buffer.from('{"architecture":"unknown","os":"unknown"}');
  const blobs = [openBytesBlob(digestOf(config), config), openBytesBlob(digestOf(bytes), bytes)];
  const stored = { digest: digestOf(bytes), size: bytes.length, compression: 'none' as const };
  const manifest = writeImageManifest('oci', { config: blobs[0]!, layers: [stored], annotations: {} });
  const annotations = {
    'vnd.docker.reference.digest': about.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  const descriptor = describeManifest(manifest, {
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations,
  });
  return { content: { kind: 'artifact', names: [], manifest, blobs }, descriptor };
}

/** An index of a layout. `absent`: platforms that it lists without holding them. */
export function index(
  images: readonly Image[],
  more: {
    readonly names?: readonly string[];
    readonly absent?: readonly string[];
    readonly attested?: boolean;
  } = {},
): Index {
  const { names = [], absent = [], attested = false } = more;
  const children = images.flatMap((content) => {
    const descriptor = describeManifest(content.manifest!, { platform: content.platform });
    return [{ descriptor, content }, ...(attested ? [attestation(content.manifest!)] : [])];
  });
  const missing = absent.map((platform): Descriptor => {
    const { manifest, platform: told } = image({ platform, manifest: 'oci' });
    return describeManifest(manifest!, { platform: told });
  });
  const entries = [...children.map(({ descriptor }) => descriptor), ...missing];
  return {
    kind: 'index',
    names,
    manifest: writeIndexManifest('oci', entries, {}),
    children,
    absent: missing,
  };
}

export interface Kit {
  readonly folder: string;
  /** Makes a file; its path. The same contents give the same bytes. */
  file(name: string, contents: readonly Content[], more?: { readonly salt?: string }): Promise<string>;
  readonly context: (registry: Registry, changes?: Partial<PushContext>) => PushContext;
  /** Paths opened so far, in order. */
  readonly opened: string[];
  /** Archives that were opened and not closed. */
  open(): number;
  remove(): Promise<void>;
}

export async function archiveKit(): Promise<Kit> {
  const folder = await mkdtemp(join(tmpdir(), 'push-kit-'));
  const contents = new Map<string, readonly Content[]>();
  const opened: string[] = [];
  let open = 0;
  const openArchive: OpenArchive = async (path, { compressor, onProgress }) => {
    opened.push(path);
    const found = contents.get(path);
    if (!found) throw new Error(`no archive ${path}`);
    const compressed = await Promise.all(
      found.map(async (it) => (it.kind === 'image' && compressor ? await compressAll(it, compressor) : it)),
    );
    onProgress?.(1);
    open++;
    return {
      path,
      sha256: `sha256:${await hashFile('sha256', path)}`,
      size: 1,
      format: 'docker-archive',
      contents: compressed,
      warnings: [],
      close: async () => void open--,
    };
  };
  return {
    folder,
    opened,
    open: () => open,
    file: async (name, all, { salt = '' } = {}) => {
      const path = join(folder, name);
      const digests = all.map((it) => (it.kind === 'image' ? it.config.digest : it.manifest.digest));
      await writeFile(path, [...digests, ...all.flatMap(({ names }) => names), salt].join('\n'));
      contents.set(path, all);
      return path;
    },
    context: (registry, changes = {}) => ({
      registry,
      clock: new FakeClock({ auto: true }),
      log: silentLogger,
      workFolder: folder,
      openArchive,
      createLayerCompressor,
      ...changes,
    }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function compressAll(
  it: Image,
  compressor: ReturnType<PushContext['createLayerCompressor']>,
): Promise<Image> {
  const layers = await Promise.all(
    it.layers.map(async (one) => {
      if (one.compression !== 'none') return one;
      const compression = await compressor.begin();
      try {
        for await (const chunk of one.stored.open()) await compression.write(chunk as Uint8Array);
        return { ...one, compressed: await compression.finish() };
      } catch (error) {
        await compression.discard();
        throw error;
      }
    }),
  );
  return { ...it, layers };
}
