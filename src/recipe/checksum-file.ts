/**
 * Checksum files beside disk images: the BSD form `SHA256 (file) = hex` of Rocky and Fedora, and the GNU form `hex  file` of
 * sha256sum and of RKE2's releases.
 */

/** The sha256 (lower-case hex) that `text` gives for `fileName`; undefined if it gives none, or two that differ. */
export function sha256FromChecksumFile(text: string, fileName: string): string | undefined {
  const found = new Set(text.split(/\r?\n/).flatMap((line) => entryOf(line, fileName)));
  return found.size === 1 ? [...found][0] : undefined;
}

function entryOf(line: string, fileName: string): string[] {
  const bsd = /^SHA256 \((.+)\) = ([0-9a-fA-F]{64})\s*$/.exec(line);
  const gnu = /^\\?([0-9a-fA-F]{64}) [ *](?:\.\/)?(.+?)\s*$/.exec(line);
  const [name, digest] = bsd ? [bsd[1], bsd[2]] : [gnu?.[2], gnu?.[1]];
  return name === fileName && digest ? [digest.toLowerCase()] : [];
}
