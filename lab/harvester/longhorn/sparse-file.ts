/** Files of disk images: blocks of zeros become holes, as in Longhorn's data source, so that a lab's disk holds what is written. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const ZEROS = Buffer.alloc(1 << 20);

/** Writes all of `source` to a new file; resolves with its length and SHA-512. `onBytes` hears the length so far. */
export async function writeSparse(
  path: string,
  source: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): Promise<{ size: number; sha512: string }> {
  const hash = createHash('sha512');
  const file = await open(path, 'w', 0o600);
  try {
    let size = 0;
    for await (const chunk of source) {
      hash.update(chunk);
      if (!isZero(chunk)) await file.write(chunk, 0, chunk.length, size);
      size += chunk.length;
      onBytes(size);
    }
    await file.truncate(size);
    return { size, sha512: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

function isZero(chunk: Buffer): boolean {
  return chunk.length <= ZEROS.length && ZEROS.compare(chunk, 0, chunk.length, 0, chunk.length) === 0;
}
