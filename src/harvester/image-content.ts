/**
 * What a file is, from its first bytes: Longhorn takes qcow2 and raw (an ISO is raw), and finds out late about anything else
 * (facts/harvester.md §8.3). Formats: QEMU docs/interop/qcow2, and the magic numbers of the others.
 */
import { UserError } from '../base/errors.ts';

/** Bytes of a file that {@link imageContent} wants to see; fewer if the file ends before. */
export const CONTENT_HEAD = 1024;

export type ImageContent =
  /** `virtualSize`: bytes the guest sees. */
  { readonly format: 'qcow2'; readonly virtualSize: number } | { readonly format: 'raw' };

interface Foreign {
  readonly isIt: (head: Buffer) => boolean;
  readonly what: string;
  readonly mend: (name: string) => string;
}

const bytes =
  (hex: string, offset = 0) =>
  (head: Buffer) =>
    head.toString('hex', offset, offset + hex.length / 2) === hex;
const text = (pattern: RegExp) => (head: Buffer) => pattern.test(head.toString('latin1'));

const unpack = (tool: string) => (name: string) =>
  `Harvester takes no compressed files: ${tool} ${name}; a qcow2 can be compressed inside (qemu-img convert -c).`;
const convert = (format: string) => (name: string) =>
  `Convert it: qemu-img convert -f ${format} -O qcow2 ${name} image.qcow2`;
const look = (name: string) =>
  `Open ${name} in a browser: it leads to a page or an error of the server, not to the file. A login or a wrong path is usual.`;

const FOREIGN: readonly Foreign[] = [
  { isIt: bytes('fd377a585a00'), what: 'compressed with xz', mend: unpack('xz -d') },
  { isIt: bytes('1f8b'), what: 'compressed with gzip', mend: unpack('gunzip') },
  { isIt: bytes('28b52ffd'), what: 'compressed with zstd', mend: unpack('zstd -d') },
  { isIt: text(/^BZh[1-9]/), what: 'compressed with bzip2', mend: unpack('bunzip2') },
  { isIt: bytes('504b0304'), what: 'a zip archive', mend: unpack('unzip') },
  { isIt: bytes('7573746172', 257), what: 'a tar archive', mend: unpack('tar -xf') },
  { isIt: text(/^(KDMV|# Disk DescriptorFile)/), what: 'a VMware disk', mend: convert('vmdk') },
  { isIt: text(/^vhdxfile/), what: 'a VHDX disk', mend: convert('vhdx') },
  { isIt: text(/^conectix/), what: 'a VHD disk', mend: convert('vpc') },
  { isIt: bytes('7f10dabe', 64), what: 'a VirtualBox disk', mend: convert('vdi') },
  { isIt: text(/^\s*(<!doctype html|<html|<head|<body)/i), what: 'an HTML page', mend: look },
  { isIt: text(/^\s*(<\?xml|<Error>)/), what: 'an XML document', mend: look },
  { isIt: text(/^\s*[{[]\s*"/), what: 'a JSON document', mend: look },
  { isIt: text(/^version https:\/\/git-lfs/), what: 'a Git LFS pointer', mend: look },
];

const QCOW2_MAGIC = 0x514649fb; // "QFI\xfb"
const QCOW2_HEADER = 72;

/**
 * Throws UserError IMAGE_FORMAT for what is no image, IMAGE_BACKING_FILE for a qcow2 that needs another file, and
 * IMAGE_EMPTY. What is not recognised counts as raw. `name`: how the user calls it.
 */
export function imageContent(head: Buffer, name: string): ImageContent {
  if (head.length === 0)
    throw new UserError('IMAGE_EMPTY', `${name} is empty.`, {
      mend: 'Give a disk image in qcow2 or raw format.',
    });
  if (head.length >= QCOW2_HEADER && head.readUInt32BE(0) === QCOW2_MAGIC) return qcow2(head, name);
  const foreign = FOREIGN.find(({ isIt }) => isIt(head));
  if (foreign)
    throw new UserError('IMAGE_FORMAT', `${name} is ${foreign.what}, not a disk image.`, {
      mend: foreign.mend(name),
    });
  return { format: 'raw' };
}

function qcow2(head: Buffer, name: string): ImageContent {
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3)
    throw new UserError('IMAGE_FORMAT', `${name} is a qcow2 of the unknown version ${version}.`, {
      mend: 'Write it anew: qemu-img convert -O qcow2.',
    });
  if (head.readBigUInt64BE(8) !== 0n)
    throw new UserError('IMAGE_BACKING_FILE', `${name} is an overlay: it needs a backing file beside it.`, {
      mend: `Make it whole: qemu-img convert -O qcow2 ${name} whole.qcow2`,
    });
  return { format: 'qcow2', virtualSize: Number(head.readBigUInt64BE(24)) };
}
