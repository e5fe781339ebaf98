/** The tar inside of what may be compressed as a whole: gzip and zstd by Node, bzip2 and xz by the system's tools. */
import { CodedError, UserError } from '../../base/errors.ts';
import { filterCommand } from '../../base/process.ts';
import type { GzipTrail } from '../compress/gzip-trail.ts';
import { type Compression, sniff } from './compression.ts';
import { damaged, decompress, junk } from './decompress.ts';
import type { SourceFile } from './source-file.ts';
import { BLOCK, hasTarChecksum } from './tar-header.ts';

/** How the file as a whole is compressed. A tar is a tar, also where the name of its first member looks like a compression. */
export async function outerCompression(file: SourceFile): Promise<Compression> {
  const start: Buffer[] = [];
  for await (const chunk of file.read({ start: 0, end: Math.min(BLOCK, file.size) })) start.push(chunk);
  const bytes = Buffer.concat(start);
  return hasTarChecksum(bytes) ? 'none' : sniff(bytes);
}

/** The bytes of the tar. Throws UserError ARCHIVE_COMPRESSION_DAMAGED, ARCHIVE_TOOL_MISSING, ARCHIVE_COMPRESSION_UNKNOWN. */
export function unpacked(
  source: AsyncIterable<Buffer>,
  compression: Exclude<Compression, 'none'>,
  { signal, trail }: { readonly signal: AbortSignal | undefined; readonly trail: GzipTrail | undefined },
): AsyncIterable<Buffer> {
  switch (compression) {
    case 'gzip':
    case 'zstd':
      return decompress(source, compression, trail);
    case 'bzip2':
    case 'xz':
      return byTool(source, TOOLS[compression], signal);
    case 'lz4':
      throw new UserError(
        'ARCHIVE_COMPRESSION_UNKNOWN',
        'The archive is compressed with lz4, which is not read.',
        {
          mend: 'Unpack it first, or compress it with gzip or zstd.',
        },
      );
  }
}

export interface Tool {
  readonly command: string;
  readonly args: readonly string[];
}

const TOOLS: Record<'bzip2' | 'xz', Tool> = {
  bzip2: { command: 'bzip2', args: ['--decompress', '--stdout'] },
  // What xz may take in memory is bounded as zstd's window is.
  xz: { command: 'xz', args: ['--decompress', '--stdout', '--memlimit-decompress=128MiB'] },
};

/** The output of a tool of the system. Throws UserError ARCHIVE_TOOL_MISSING, ARCHIVE_COMPRESSION_DAMAGED. */
export async function* byTool(
  source: AsyncIterable<Buffer>,
  { command, args }: Tool,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  let read = false;
  async function* whole(): AsyncGenerator<Buffer> {
    yield* source;
    read = true;
  }
  try {
    yield* filterCommand(command, args, whole(), signal);
    // bzip2 stops at junk, and succeeds; the file's digest would be that of a part.
    if (!read) throw junk();
  } catch (error) {
    if (error instanceof CodedError && error.code === 'COMMAND_FAILED')
      throw damaged(error.evidence.join(' '));
    if (error instanceof CodedError && error.code === 'COMMAND_NOT_FOUND') throw toolMissing(command);
    throw error;
  }
}

function toolMissing(command: string): UserError {
  return new UserError(
    'ARCHIVE_TOOL_MISSING',
    `The archive is compressed with ${command}, and ${command} is not installed.`,
    {
      mend: `Install ${command} on the runner, or compress the archive with gzip or zstd.`,
    },
  );
}
