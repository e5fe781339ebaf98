/** Digests, always streamed: memory does not grow with the file. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Bytes per read: hashing is faster than the turns of the event loop that small reads take. */
const CHUNK = 1 << 20;

export type HashAlgorithm = 'sha256' | 'sha512';

/** Hex digest of a text or bytes. */
export function hashOf(algorithm: HashAlgorithm, data: string | Uint8Array): string {
  return createHash(algorithm).update(data).digest('hex');
}

/** Hex digest of a file. */
export async function hashFile(
  algorithm: HashAlgorithm,
  path: string,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: CHUNK }), hash, { signal });
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
