/**
 * OCI layout folders as one tar stream (POSIX.1-1988 ustar; sizes over 8 GiB in base 256, as GNU and busybox read them). Its length is
 * known before the first byte, so that the other end can count instead of waiting for an end that a WebSocket may not bring.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InternalError } from '../../base/errors.ts';

const BLOCK = 512;
/** Bytes read at a time. */
const CHUNK = 256 << 10;
/** A size that eleven octal digits hold. */
const OCTAL_LIMIT = 8 ** 11;

interface Entry {
  /** Inside the tar. */
  readonly name: string;
  /** On this machine; undefined for a folder. */
  readonly path: string | undefined;
  readonly size: number;
}

export interface TarStream {
  /** Bytes of the whole tar. */
  readonly size: number;
  /** Opens the files one after the other; memory is one chunk. */
  read(): AsyncGenerator<Buffer>;
}

/** `folders`: name inside the tar → folder. */
export async function tarOf(folders: Readonly<Record<string, string>>): Promise<TarStream> {
  const entries: Entry[] = [];
  for (const [name, folder] of Object.entries(folders)) await collect(entries, name, folder);
  const size = entries.reduce((sum, entry) => sum + BLOCK + padded(entry.size), 2 * BLOCK);
  return { size, read: () => bytesOf(entries) };
}

async function collect(entries: Entry[], name: string, folder: string): Promise<void> {
  entries.push({ name: `${name}/`, path: undefined, size: 0 });
  const found = await readdir(folder, { withFileTypes: true });
  for (const child of found.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const [inside, path] = [`${name}/${child.name}`, join(folder, child.name)];
    if (child.isDirectory()) await collect(entries, inside, path);
    else entries.push({ name: inside, path, size: (await stat(path)).size });
  }
}

async function* bytesOf(entries: readonly Entry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield headerOf(entry);
    if (entry.path !== undefined) yield* contentOf(entry.path, entry.size);
    const rest = padded(entry.size) - entry.size;
    if (rest > 0) yield Buffer.alloc(rest);
  }
  yield Buffer.alloc(2 * BLOCK);
}

async function* contentOf(path: string, size: number): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
    read += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
  if (read !== size) throw new InternalError('INTERNAL', `${path} changed while it was read`);
}

const padded = (size: number) => Math.ceil(size / BLOCK) * BLOCK;

function headerOf({ name, path, size }: Entry): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  header.write(name, 0, 100, 'utf8');
  octal(path === undefined ? 0o755 : 0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  if (size < OCTAL_LIMIT) octal(size, 124, 11);
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  octal(0, 136, 11);
  header.write(path === undefined ? '5' : '0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
