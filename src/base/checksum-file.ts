/**
 * Checksum files beside disk images: the BSD form `SHA256 (file) = hex` of Rocky and Fedora, and the GNU form `hex  file` of
 * sha256sum and of RKE2's releases.
 */
import type { HashAlgorithm } from './hash.ts';

/** Hex digits of a digest. */
const DIGITS = { sha256: 64, sha512: 128 } as const;

/** The digest (lower-case hex) that `text` gives for `fileName`; undefined if it gives none, or two that differ. */
export function digestFromChecksumFile(
  algorithm: HashAlgorithm,
  text: string,
  fileName: string,
): string | undefined {
  const found = new Set(text.split(/\r?\n/).flatMap((line) => entryOf(algorithm, line, fileName)));
  return found.size === 1 ? [...found][0] : undefined;
}

function entryOf(algorithm: HashAlgorithm, line: string, fileName: string): string[] {
  const hex = `([0-9a-fA-F]{${DIGITS[algorithm]}})`;
  const bsd = new RegExp(`^${algorithm.toUpperCase()} \\((.+)\\) = ${hex}\\s*$`).exec(line);
  const gnu = new RegExp(`^\\\\?${hex} [ *](?:\\./)?(.+?)\\s*$`).exec(line);
  const [name, digest] = bsd ? [bsd[1], bsd[2]] : [gnu?.[2], gnu?.[1]];
  return name === fileName && digest ? [digest.toLowerCase()] : [];
}
