/** A file on this machine as a source: looked at before anything is created, and streamed (DESIGN §2 rule 7). */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf, UserError } from '../base/errors.ts';
import { CONTENT_HEAD, type ImageContent, imageContent } from './image-content.ts';
import { type FileSource, requireUploadable } from './image-source.ts';

/** Large pieces: a gigabyte per second is a thousand of them, and not sixteen thousand. */
const PIECE = 1 << 20;

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
  const stream = async (signal?: AbortSignal) =>
    createReadStream(path, { highWaterMark: PIECE, ...(signal && { signal }) });
  return { content, source: { kind: 'file', name, size, open: stream } };
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
