/** The disk image and its filesystems as qemu-img, blkid and fsck describe them. */
import { z } from 'zod';
import { blocks, columns, lines } from './text.ts';

export interface ImageInfo {
  readonly format: string;
  /** Bytes. */
  readonly virtualSize: number;
  readonly backingFile?: string | undefined;
  readonly corrupt: boolean;
}

export interface ImageCheck {
  readonly errors: number;
  readonly corruptions: number;
  readonly leaks: number;
  readonly allocatedClusters?: number | undefined;
  readonly compressedClusters: number;
}

export interface Filesystem {
  readonly device: string;
  readonly uuid?: string | undefined;
  readonly label?: string | undefined;
  readonly type?: string | undefined;
  readonly partitionType?: string | undefined;
  readonly partitionUuid?: string | undefined;
  readonly partitionLabel?: string | undefined;
  /** Sector of 512 bytes where the partition begins. */
  readonly offset?: number | undefined;
}

export interface FilesystemCheck {
  readonly device: string;
  readonly type: string;
  /** Of fsck or xfs_repair: 0 means that nothing was to be repaired. */
  readonly status: number;
}

export interface Mount {
  readonly path: string;
  readonly device: string;
}

export interface FreeSpace {
  readonly path: string;
  readonly kilobytes: number;
  readonly available: number;
}

const infoSchema = z.looseObject({
  format: z.string(),
  'virtual-size': z.number(),
  'backing-filename': z.string().optional(),
  'format-specific': z
    .looseObject({ data: z.looseObject({ corrupt: z.boolean().default(false) }) })
    .optional(),
});

/** `qemu-img info --output=json`. */
export function readImageInfo(text: string): ImageInfo {
  const info = infoSchema.parse(JSON.parse(text));
  return {
    format: info.format,
    virtualSize: info['virtual-size'],
    backingFile: info['backing-filename'],
    corrupt: info['format-specific']?.data.corrupt ?? false,
  };
}

const checkSchema = z.looseObject({
  'check-errors': z.number(),
  corruptions: z.number().default(0),
  leaks: z.number().default(0),
  'allocated-clusters': z.number().optional(),
  'compressed-clusters': z.number().default(0),
});

/** `qemu-img check --output=json`; its exit status 2 and 3 only repeat what the document says. */
export function readImageCheck(text: string): ImageCheck {
  const check = checkSchema.parse(JSON.parse(text));
  return {
    errors: check['check-errors'],
    corruptions: check.corruptions,
    leaks: check.leaks,
    allocatedClusters: check['allocated-clusters'],
    compressedClusters: check['compressed-clusters'],
  };
}

/** Blocks of `KEY: value` lines, one per device. */
export function readFilesystems(text: string): Filesystem[] {
  return blocks(text).map(({ head, body }) => {
    const tags = new Map(body.map((line) => [line.split(':')[0]!, line.replace(/^[^:]*:\s*/, '')]));
    const offset = tags.get('PART_ENTRY_OFFSET');
    return {
      device: head,
      uuid: tags.get('UUID'),
      label: tags.get('LABEL'),
      type: tags.get('TYPE'),
      partitionType: tags.get('PART_ENTRY_TYPE')?.toLowerCase(),
      partitionUuid: tags.get('PART_ENTRY_UUID'),
      partitionLabel: tags.get('PART_ENTRY_NAME'),
      offset: offset === undefined ? undefined : Number(offset),
    };
  });
}

/** device, type, status; throws if a check gave no status. */
export function readFilesystemChecks(text: string): FilesystemCheck[] {
  return columns(text, 3).map(([device, type, status]) => {
    if (!/^\d+$/.test(status!)) throw new Error(`the check of ${device} gave no result`);
    return { device: device!, type: type!, status: Number(status) };
  });
}

/** path, device. */
export function readMounts(text: string): Mount[] {
  return columns(text, 2).map(([path, device]) => ({ path: path!, device: device! }));
}

/** `df -P -k`. */
export function readFreeSpace(text: string): FreeSpace[] {
  return lines(text)
    .slice(1)
    .map((line) => line.split(/\s+/))
    .map((fields) => ({ path: fields[5]!, kilobytes: Number(fields[1]), available: Number(fields[3]) }));
}
