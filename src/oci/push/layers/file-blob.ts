/** What a push made itself, as blobs that can be read again for another try: files of its work folder, and bytes in memory. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Blob, Digest } from '../../model.ts';

/** Few system calls, little memory. */
const CHUNK = 64 * 1024;

export function openFileBlob(file: {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}): Blob {
  const { path, digest, size } = file;
  return {
    digest,
    size,
    open: ({ start = 0, end = size } = {}) =>
      start >= end
        ? Readable.from([])
        : createReadStream(path, { start, end: end - 1, highWaterMark: CHUNK }),
  };
}

/** For what is small: configurations, artifacts. */
export function openBytesBlob(digest: Digest, bytes: Uint8Array): Blob {
  return {
    digest,
    size: bytes.length,
    open: ({ start = 0, end = bytes.length } = {}) =>
      Readable.from(start >= end ? [] : [bytes.subarray(start, end)]),
  };
}
