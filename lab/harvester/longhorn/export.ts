/**
 * What Longhorn makes of a volume for an image: raw, as long as the volume, merged with the image that the volume started from
 * (facts/harvester.md §1.4 "Per source type").
 */
import { existsSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { hashFile } from '../../../src/base/hash.ts';
import { mustRun } from '../../../src/base/process.ts';
import { parseQuantity } from '../../../src/base/quantity.ts';
import { LONGHORN_NAMESPACE } from '../image/names.ts';
import type { Volume } from '../objects.ts';
import type { World } from '../world.ts';
import { backingFile } from './backing-file.ts';
import { isQcow2 } from './qcow2.ts';
import { volumeFile } from './volume.ts';

export interface ExportOrder {
  /** Name of the PersistentVolume. */
  readonly volume: string;
  /** Where the raw image goes. */
  readonly path: string;
  /** Whether its digest is wanted: to digest many GiB of holes takes a lab a minute. */
  readonly digest: boolean;
  readonly signal: AbortSignal;
}

/** Writes the raw image; resolves with its length and, if wanted, SHA-512. Rejects if there is no such volume. */
export async function exportVolume(
  world: World,
  { volume, path, digest, signal }: ExportOrder,
): Promise<{ size: number; sha512?: string }> {
  const claim = world.claims.all().find(({ spec }) => spec.volumeName === volume);
  if (!claim) throw new Error(`failed to get volume ${volume}: volume.longhorn.io "${volume}" not found`);
  await writeContent(world, claim, path, signal);
  const size = parseQuantity(claim.status?.capacity?.storage ?? '') ?? 0;
  await truncate(path, size);
  return digest ? { size, sha512: await hashFile('sha512', path, signal) } : { size };
}

/** The volume's own blocks; before anything was written, those of its backing image; else nothing but zeros. */
async function writeContent(world: World, claim: Volume, path: string, signal: AbortSignal): Promise<void> {
  const blocks = volumeFile(world.folder, claim);
  if (existsSync(blocks)) return copySparse(blocks, path, signal);
  const base = baseOf(world, claim);
  if (!base) return writeFile(path, '');
  if (await isQcow2(base)) {
    await mustRun('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', base, path], { signal });
    return;
  }
  return copySparse(base, path, signal);
}

function baseOf(world: World, claim: Volume): string | undefined {
  const name = world.storageClasses.get(claim.spec.storageClassName ?? '')?.parameters?.backingImage;
  if (!name || !world.backingImages.get(`${LONGHORN_NAMESPACE}/${name}`)) return undefined;
  return backingFile(world.folder, name);
}

async function copySparse(from: string, to: string, signal: AbortSignal): Promise<void> {
  await mustRun('cp', ['--sparse=always', from, to], { signal });
}
