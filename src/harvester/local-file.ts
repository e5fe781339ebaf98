/** A file on this machine as a source: looked at before anything is created, and streamed (DESIGN §2 rule 7). */
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { throwIfAborted } from '../base/clock.ts';
import { messageOf, UserError } from '../base/errors.ts';
import { CONTENT_HEAD, type ImageContent, imageContent } from './image-content.ts';
import { type FileSource, requireUploadable } from './image-source.ts';

/** Bytes read at once. */
const PIECE = 256 << 10;
/**
 * Buffers that are used in turn, so that no gigabytes of garbage wait to be collected. On the way to a socket five pieces are
 * alive at most: one being read, one in each of two streams, one between them, one being written until the socket drains.
 */
const PIECES = 16;

export interface LocalFile {
  readonly source: FileSource;
  readonly content: ImageContent;
}

/** Throws UserError FILE_MISSING, UPLOAD_SIZE, and what {@link imageContent} makes of the first bytes. */
export async function openLocalFile(path: string): Promise<LocalFile> {
  const { size, head } = await look(path).catch((error: unknown) => {
    throw new UserError('FILE_MISSING', `The file ${path} cannot be read: ${messageOf(error)}`, {
      mend: 'Give the path of a file on the runner; an earlier step of the job must have put it there.',
      cause: error,
    });
  });
  const content = imageContent(head, path);
  const name = basename(path);
  requireUploadable({ name, size });
  const stream = async (signal?: AbortSignal) => Readable.from(piecesOf(path, signal));
  return { content, source: { kind: 'file', name, size, open: stream } };
}

/** The file's bytes; a piece is valid until {@link PIECES} later ones have been read. */
async function* piecesOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const ring = Array.from({ length: PIECES }, () => Buffer.allocUnsafeSlow(PIECE));
  const file = await open(path);
  try {
    for (let turn = 0; ; turn = (turn + 1) % PIECES) {
      throwIfAborted(signal);
      const { bytesRead, buffer } = await file.read(ring[turn]!, 0, PIECE, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function look(path: string): Promise<{ size: number; head: Buffer }> {
  const found = await stat(path);
  if (!found.isFile()) throw new Error('it is no file');
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CONTENT_HEAD), 0, CONTENT_HEAD, 0);
    return { size: found.size, head: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}
