/** Digests as the image specification writes them ("descriptor.md"), and digests of files. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { RegistryFailure } from './failure.ts';

export interface ParsedDigest {
  readonly algorithm: 'sha256' | 'sha512';
  readonly hex: string;
  /** `sha256:…` */
  readonly text: string;
}

const FORM = /^(?:(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128}))$/;

/** Undefined where `text` is no digest of an algorithm that the specification registers. */
export function parseDigest(text: string): ParsedDigest | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  return { algorithm: (match[1] ?? match[3]) as 'sha256' | 'sha512', hex: (match[2] ?? match[4])!, text };
}

/** Throws DIGEST_INVALID. */
export function mustBeDigest(text: string | null): ParsedDigest {
  const digest = text === null ? undefined : parseDigest(text);
  if (!digest) throw new RegistryFailure(400, 'DIGEST_INVALID', `invalid digest ${JSON.stringify(text)}`);
  return digest;
}

/** Of bytes in memory: a manifest. */
export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): ParsedDigest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)!;
}

/** Reads the file once, 1 MiB at a time. */
export async function digestOfFile(path: string, algorithm: 'sha256' | 'sha512'): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return `${algorithm}:${hash.digest('hex')}`;
}
