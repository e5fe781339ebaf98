/**
 * Container images from nothing but programs of this machine: no base image, no registry (LAB.md §4). A program comes
 * with the libraries that ldd names for it.
 */
import { copyFile, mkdir, readFile, realpath, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hashFile, hashOf } from '../../src/base/hash.ts';
import { mustRun, runCommand } from '../../src/base/process.ts';
import { withTempFolder } from '../../src/base/temp.ts';

export interface ProgramImage {
  /** Full reference, `registry.example/name:tag`. */
  readonly name: string;
  /** A busybox; its applets become commands of the image. */
  readonly busybox: string;
  /** Further programs, by path. */
  readonly programs?: readonly string[];
  /** Files of this machine, at the same path; such as its trusted CAs. */
  readonly files?: readonly string[];
  readonly entrypoint?: readonly string[];
  /** What runs without a command. */
  readonly command?: readonly string[];
}

/** Equal inputs give equal archives. */
const TAR = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=ustar'];

/** Writes an OCI archive that `ctr images import` takes. Returns its manifest's digest. */
export function writeProgramImage(archive: string, image: ProgramImage): Promise<string> {
  return withTempFolder(async (folder) => {
    const root = join(folder, 'root');
    await layOut(root, image);
    const layer = join(folder, 'layer.tar');
    await mustRun('tar', [...TAR, '-C', root, '-cf', layer, '.']);
    const layout = join(folder, 'layout');
    await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true });
    const digest = await writeLayout(layout, layer, image);
    await mustRun('tar', [...TAR, '-C', layout, '-cf', archive, '.']);
    return digest;
  }, dirname(archive));
}

async function layOut(root: string, image: ProgramImage): Promise<void> {
  await mkdir(join(root, 'bin'), { recursive: true });
  for (const folder of ['tmp', 'etc', 'dev', 'proc', 'sys']) await mkdir(join(root, folder));
  const { stdout } = await mustRun(image.busybox, ['--list']);
  const programs = image.programs ?? [];
  const taken = new Set(['busybox', ...programs.map((path) => basename(path))]);
  for (const applet of stdout.split('\n').filter((name) => name && !taken.has(name)))
    await symlink('busybox', join(root, 'bin', applet));
  for (const program of [image.busybox, ...programs]) {
    await copyFile(await realpath(program), join(root, 'bin', basename(program)));
    for (const library of await librariesOf(program)) await copyInto(root, library);
  }
  for (const file of image.files ?? []) await copyInto(root, file);
}

async function copyInto(root: string, path: string): Promise<void> {
  await mkdir(join(root, dirname(path)), { recursive: true });
  await copyFile(await realpath(path), join(root, path));
}

async function librariesOf(program: string): Promise<string[]> {
  const { exitCode, stdout } = await runCommand('ldd', [program]);
  if (exitCode !== 0) return []; // a static program
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map((match) => match[1]!);
}

async function writeLayout(layout: string, layer: string, image: ProgramImage): Promise<string> {
  const layerDigest = await hashFile('sha256', layer);
  const { length: layerSize } = await readFile(layer);
  await rename(layer, join(layout, 'blobs', 'sha256', layerDigest));
  const blob = async (mediaType: string, content: object) => {
    const text = JSON.stringify(content);
    const digest = hashOf('sha256', text);
    await writeFile(join(layout, 'blobs', 'sha256', digest), text);
    return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
  };
  const media = 'application/vnd.oci.image';
  const config = await blob(`${media}.config.v1+json`, {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', // an image without one is left out in silence
    os: 'linux',
    config: {
      Entrypoint: image.entrypoint ?? [],
      Cmd: image.command ?? ['sh'],
      Env: ['PATH=/bin'],
      User: '65534',
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
  });
  const layers = [{ mediaType: `${media}.layer.v1.tar`, digest: `sha256:${layerDigest}`, size: layerSize }];
  const manifest = await blob(`${media}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${media}.manifest.v1+json`,
    config,
    layers,
  });
  const annotations = { 'io.containerd.image.name': image.name };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return manifest.digest;
}
