/** The files of a push, from their names to verified archives: what a name tells before a byte is read, and how a file is opened. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { EnvironmentError, UserError } from '../../base/errors.ts';
import type { LayerCompressor } from '../compress/compressor.ts';
import type { Archive, Content } from '../model.ts';
import type { PushContext } from './context.ts';
import { type Destination, nameDestination } from './naming/destination.ts';
import { type FileName, parseFileName } from './naming/file-name.ts';
import { architectureWord, isSameArchitecture, platformText } from './naming/platform.ts';
import type { Problems } from './problems.ts';
import type { PushRequest } from './request.ts';
import { imagesOf } from './select.ts';

export interface PushFile {
  readonly path: string;
  /** For people: the base name, or the path where two files share one. */
  readonly label: string;
  /** Bytes. */
  readonly size: number;
  readonly fileName: FileName | undefined;
  /** Undefined where only the opened archive tells it. */
  readonly destination: Destination | undefined;
}

/** Looks at names and sizes. Adds what no archive could mend to `problems`, what a name becomes to `warnings`; throws UserError FILE_UNREADABLE. */
export async function listFiles(
  request: PushRequest,
  problems: Problems,
  warnings: Set<string>,
): Promise<PushFile[]> {
  const files: PushFile[] = [];
  for (const path of request.files) {
    const isAlone = request.files.filter((it) => basename(it) === basename(path)).length === 1;
    const label = isAlone ? basename(path) : path;
    const fileName = parseFileName(path);
    const naming = nameDestination(request, { file: label, fileName, opened: false });
    const destination = 'destination' in naming ? naming.destination : undefined;
    if ('warnings' in naming) for (const warning of naming.warnings) warnings.add(warning);
    if ('problems' in naming) for (const text of naming.problems) problems.add('PUSH_NAME', text);
    files.push({ path, label, size: await sizeOf(path), fileName, destination });
  }
  return files;
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (cause) {
    throw new UserError('FILE_UNREADABLE', `${path} cannot be read.`, {
      mend: 'Check path and permissions; an earlier step must have put the file there.',
      cause,
    });
  }
  throw new UserError('FILE_UNREADABLE', `${path} is no file.`, {
    mend: 'Give tarballs: of an OCI layout directory, make a tar first.',
  });
}

/** What a file's name says must be in it. */
export function checkArchitecture(file: PushFile, content: Content, problems: Problems): void {
  const said = file.fileName?.architecture;
  const platforms = imagesOf(content).map(({ platform }) => platform);
  if (!said || platforms.length === 0 || platforms.some((it) => isSameArchitecture(said, it))) return;
  const text = `${file.label} says ${architectureWord(said)}, but the image in it is ${platforms.map(platformText).join(', ')}`;
  problems.add('PUSH_ARCHITECTURE', text);
}

/** Opens and verifies one file whole, and tells of its progress. What is wrong with it names it: a push has many. */
export async function openFile(
  file: PushFile,
  request: PushRequest,
  context: PushContext,
  means: { readonly workFolder: string; readonly compressor: LayerCompressor | undefined },
): Promise<Archive> {
  const { onProgress, log, signal, openArchive } = context;
  const piece = { id: file.path, label: file.label, doing: 'read', total: file.size } as const;
  onProgress?.({ ...piece, done: 0 });
  const archive = await openArchive(file.path, {
    workFolder: means.workFolder,
    maxUncompressedSize: request.maxUncompressedSize,
    preserveDigests: request.preserveDigests,
    log,
    ...(means.compressor && { compressor: means.compressor }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (done: number) => onProgress({ ...piece, done }) }),
  }).catch((error: unknown) => Promise.reject(aboutFile(file, error)));
  onProgress?.({ ...piece, done: file.size, outcome: 'done' });
  return archive;
}

/** Failures of an archive speak of "the archive". */
function aboutFile({ label }: PushFile, error: unknown): unknown {
  const isCoded = error instanceof UserError || error instanceof EnvironmentError;
  if (!isCoded || error.message.includes(label)) return error;
  const Kind = error instanceof UserError ? UserError : EnvironmentError;
  const { mend, evidence, cause } = error;
  return new Kind(error.code, `${label}: ${error.message}`, { evidence, cause, ...(mend && { mend }) });
}
