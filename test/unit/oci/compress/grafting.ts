/** A gzip file as the source of a graft: the trail that its decompression leaves, and the ends of a layer. */
import { writeFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { GzipTrail } from '../../../../src/oci/compress/gzip-trail.ts';
import { LayerEnds } from '../../../../src/oci/compress/layer-ends.ts';
import { MIB } from './content.ts';

/** Writes the file to `path` and decompresses it in chunks of `step` bytes. */
export async function trailThrough(path: string, file: Buffer, step: number): Promise<GzipTrail> {
  await writeFile(path, file);
  const trail = new GzipTrail(path);
  const gunzip = createGunzip({ chunkSize: 1 << 24, readableHighWaterMark: 1 << 28 } as object);
  for (let at = 0; at < file.length; at += step)
    for (const piece of trail.pieces(file.subarray(at, at + step))) {
      await new Promise<void>((resolve) => gunzip.write(piece, () => resolve()));
      trail.passed(piece, gunzip.readableLength);
    }
  gunzip.destroy();
  return trail;
}

export function endsOf(layer: Buffer): LayerEnds {
  const ends = new LayerEnds();
  for (let at = 0; at < layer.length; at += MIB) ends.push(layer.subarray(at, at + MIB));
  return ends;
}
