/** Digests, always streamed: memory does not grow with the file. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { throwIfAborted } from './clock.ts';

export type HashAlgorithm = 'sha256' | 'sha512';

/** Hex digest of a text or bytes. */
export function hashOf(algorithm: HashAlgorithm, data: string | Uint8Array): string {
  return createHash(algorithm).update(data).digest('hex');
}

/** Two of them, so that one is read into while the other is hashed. */
const READ = 512 * 1024;

/** Hex digest of a file, as fast as it can be read: no buffer is made anew. */
export async function hashFile(
  algorithm: HashAlgorithm,
  path: string,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  const file = await open(path);
  try {
    const buffers = [Buffer.allocUnsafe(READ), Buffer.allocUnsafe(READ)];
    const read = async () => {
      throwIfAborted(signal);
      const { bytesRead, buffer } = await file.read(buffers.reverse()[0]!, 0, READ);
      return buffer.subarray(0, bytesRead);
    };
    for (let bytes = await read(); bytes.length > 0; ) {
      const next = read();
      hash.update(bytes);
      bytes = await next;
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** A pass-through stream that counts and hashes what flows by; `result()` after the end. */
export function meter(algorithm: HashAlgorithm): {
  stream: Transform;
  result: () => { bytes: number; hex: string };
} {
  const hash = createHash(algorithm);
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ bytes, hex: hash.copy().digest('hex') }) };
}

/**
 * JSON with sorted keys and no white space: the same value gives the same text, so its digest can stand for it.
 * `canonicalJson({b: 1, a: undefined}) === '{"b":1}'`.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
