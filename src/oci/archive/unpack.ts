/**
 * Reads an archive's file once: hashes it, unpacks it where it is compressed, indexes and hashes its members, compresses its layers,
 * all at the same time. Memory: some chunks of {@link CHUNK}; disk: what `workFolder` is given below.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../../base/clock.ts';
import { formatBytes } from '../../base/quantity.ts';
import type { LayerCompressor } from '../compress/compressor.ts';
import { GzipTrail } from '../compress/gzip-trail.ts';
import type { Digest } from '../model.ts';
import { type Budget, limited } from './budget.ts';
import { Intake, placesOf } from './intake.ts';
import { MemberStore } from './member-store.ts';
import { outerCompression, unpacked } from './outer.ts';
import { SourceFile } from './source-file.ts';
import { diskFault, Spool } from './spool.ts';
import { indexTar, type TarFile, type TarIndex } from './tar-index.ts';

export interface UnpackOptions {
  /** Exists. A folder of our own is made in it where something must be unpacked. */
  readonly workFolder: string;
  readonly budget: Budget;
  readonly compressor?: LayerCompressor | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export interface Unpacked {
  readonly sha256: Digest;
  /** Bytes of the file. */
  readonly size: number;
  readonly index: TarIndex;
  readonly store: MemberStore;
}

/** Throws what openArchive does; nothing is left then. */
export async function unpack(path: string, options: UnpackOptions): Promise<Unpacked> {
  const file = await SourceFile.at(path);
  const compression = await outerCompression(file);
  if (compression === 'none') return inPlace(file, options);
  await checkDisk(file, compression === 'gzip', options);
  const folder = await mkdtemp(join(options.workFolder, 'archive-'));
  try {
    const read = reading(file, options);
    const trail = compression === 'gzip' ? new GzipTrail(path) : undefined;
    const tar = unpacked(read.stream, compression, { signal: options.signal, trail });
    const passing = { read, folder, tar: limited(tar, options.budget, read.bytes), trail };
    return await spooled(file, passing, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function inPlace(file: SourceFile, options: UnpackOptions): Promise<Unpacked> {
  const read = reading(file, options);
  const intake = new Intake({ compressor: options.compressor });
  const index = await indexWith(intake, limited(read.stream, options.budget, read.bytes));
  const places = placesOf(filesOf(index), intake, ({ offset }) => ({ file, offset }));
  return { sha256: read.sha256(), size: file.size, index, store: new MemberStore(places) };
}

interface Passing {
  readonly read: Reading;
  readonly folder: string;
  readonly tar: AsyncIterable<Buffer>;
  readonly trail: GzipTrail | undefined;
}

async function spooled(
  file: SourceFile,
  { read, folder, tar, trail }: Passing,
  options: UnpackOptions,
): Promise<Unpacked> {
  const spool = await Spool.create(join(folder, 'members'));
  const intake = new Intake({ compressor: options.compressor, spool, trail });
  const index = await indexWith(intake, tar, spool);
  const unpackedFile = await SourceFile.at(spool.path);
  const places = placesOf(filesOf(index), intake, (member) => {
    const offset = intake.offsets.get(member);
    return offset === undefined ? undefined : { file: unpackedFile, offset };
  });
  return { sha256: read.sha256(), size: file.size, index, store: new MemberStore(places, folder) };
}

async function indexWith(intake: Intake, tar: AsyncIterable<Buffer>, spool?: Spool): Promise<TarIndex> {
  try {
    const index = await indexTar(tar, { onFile: (file) => intake.sink(file) });
    await intake.settled();
    await spool?.close();
    return index;
  } catch (error) {
    await spool?.close().catch(() => {}); // the first failure is the one to tell
    await intake.discard();
    throw error;
  }
}

const filesOf = (index: TarIndex): TarFile[] => index.members.filter((member) => member.kind === 'file');

interface Reading {
  readonly stream: AsyncGenerator<Buffer>;
  /** Bytes read so far. */
  bytes(): number;
  /** Of the whole file, once it is read. */
  sha256(): Digest;
}

/** The file as a stream that is hashed and counted, and that ends where the run is cancelled. */
function reading(file: SourceFile, { signal, onProgress }: UnpackOptions): Reading {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* stream(): AsyncGenerator<Buffer> {
    for await (const chunk of file.lend()) {
      throwIfAborted(signal);
      bytes += chunk.length;
      hash.update(chunk);
      onProgress?.(bytes);
      yield chunk;
    }
    throwIfAborted(signal);
  }
  return { stream: stream(), bytes: () => bytes, sha256: () => `sha256:${hash.digest('hex')}` };
}

/** Throws EnvironmentError ARCHIVE_DISK where the archive cannot fit: it takes at least its own size, and what gzip's last word says. */
async function checkDisk(
  file: SourceFile,
  gzip: boolean,
  { workFolder, compressor }: UnpackOptions,
): Promise<void> {
  const { bavail, bsize } = await statfs(workFolder);
  // Layers that are compressed on the way take about what the archive does.
  const needed = gzip && !compressor ? Math.max(file.size, await lastWord(file)) : file.size;
  if (bavail * bsize >= needed) return;
  throw diskFault(
    `${workFolder} has ${formatBytes(bavail * bsize)} free, and ${file.path} takes at least ${formatBytes(needed)} there.`,
  );
}

/** The size of the last member before compression, modulo 4 GiB (RFC 1952 §2.3.1): a lower bound, were it not for damaged files. */
async function lastWord(file: SourceFile): Promise<number> {
  const handle = await open(file.path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, Math.max(0, file.size - 4));
    return bytesRead === 4 ? buffer.readUInt32LE() : 0;
  } finally {
    await handle.close();
  }
}
