/** Which compression bytes are in, told from the bytes and never from a name (facts/oci.md §3). */

export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'lz4';

/** Of the first bytes; six are enough. `none` for everything else. */
export function sniff(start: Uint8Array): Compression {
  const hex = Buffer.from(start.subarray(0, 6)).toString('hex');
  if (hex.startsWith('1f8b08')) return 'gzip';
  // A stream may begin with a skippable frame (RFC 8878 §3.1.2).
  if (hex.startsWith('28b52ffd') || /^5.2a4d18/.test(hex)) return 'zstd';
  if (hex.startsWith('425a68')) return 'bzip2';
  if (hex.startsWith('fd377a585a00')) return 'xz';
  if (hex.startsWith('04224d18')) return 'lz4';
  return 'none';
}
