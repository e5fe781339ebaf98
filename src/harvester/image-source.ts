/** Where an image may come from, and the little that is checked of it without a cluster. */
import type { Readable } from 'node:stream';
import { UserError } from '../base/errors.ts';

/** Bytes that are sent to Harvester from here. */
export interface FileSource {
  readonly kind: 'file';
  /** Bytes; a multiple of 512. */
  readonly size: number;
  /** File name shown in Harvester. */
  readonly name: string;
  /** The bytes from the first on; called once per attempt. */
  open(signal?: AbortSignal): Promise<Readable>;
}

export interface UrlSource {
  readonly kind: 'url';
  readonly url: string;
}

/** A PersistentVolumeClaim: the image becomes raw and as large as the volume (facts/harvester.md §1.4). */
export interface VolumeSource {
  readonly kind: 'volume';
  readonly namespace: string;
  readonly name: string;
}

export type ImageSource = UrlSource | FileSource | VolumeSource;

/** Longhorn writes with direct I/O, in sectors (facts/harvester.md §1.7 "size"). */
const SECTOR = 512;

/** Throws UserError UPLOAD_SIZE for a size that Harvester takes and then fails on (harvester#3259), or refuses. */
export function requireUploadable({ name, size }: Pick<FileSource, 'name' | 'size'>): void {
  if (size > 0 && size % SECTOR === 0) return;
  throw new UserError(
    'UPLOAD_SIZE',
    size === 0 ? `${name} is empty.` : `${name} has ${size} bytes, which is no multiple of ${SECTOR}.`,
    {
      mend:
        size === 0
          ? 'Give a disk image in qcow2 or raw format.'
          : `A disk image has whole sectors: unpack it if it is compressed, or pad it with "truncate -s %${SECTOR} ${name}".`,
    },
  );
}
