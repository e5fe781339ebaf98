import { hashOf } from '../../../../src/base/hash.ts';

export const MIB = 1024 * 1024;

/** Bytes that shrink to about a third and repeat across block borders: the same for the same seed. */
export function content(size: number, seed = 'layer'): Buffer {
  const words = Array.from({ length: 400 }, (_, index) => hashOf('sha256', `${seed}${index}`).slice(0, 9));
  const bytes = Buffer.alloc(size);
  for (let at = 0, state = 7; at < size; ) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    at += bytes.write(words[state % words.length]!, at, 'latin1');
  }
  return bytes;
}

/** Bytes that do not shrink. */
export function noise(size: number, seed = 'noise'): Buffer {
  const parts = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    Buffer.from(hashOf('sha256', `${seed}${index}`), 'hex'),
  );
  return Buffer.concat(parts).subarray(0, size);
}
