/** The size that a guest sees, from an image file's first bytes (QEMU docs/interop/qcow2). */
import { open, stat } from 'node:fs/promises';

const MAGIC = 0x514649fb; // "QFI\xfb"
const HEADER = 32;

/** Bytes of the virtual disk in a qcow2 header; undefined if these are not the first 32 bytes of a qcow2 file. */
export function qcow2VirtualSize(header: Buffer): number | undefined {
  if (header.length < HEADER || header.readUInt32BE(0) !== MAGIC) return undefined;
  const version = header.readUInt32BE(4);
  const size = Number(header.readBigUInt64BE(24));
  return (version === 2 || version === 3) && Number.isSafeInteger(size) ? size : undefined;
}

/** Size of the virtual disk in a file: qcow2's own, or the file's length for anything else (raw, iso). */
export async function virtualSizeOf(path: string): Promise<number> {
  return qcow2VirtualSize(await headerOf(path)) ?? (await stat(path)).size;
}

/** Whether a file is a qcow2 image. */
export async function isQcow2(path: string): Promise<boolean> {
  return qcow2VirtualSize(await headerOf(path)) !== undefined;
}

async function headerOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER), 0, HEADER, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
