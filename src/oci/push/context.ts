/** What a push works with, passed in: a registry, a clock, a log, a folder, and how archives are opened and layers compressed. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { LayerCompressor } from '../compress/compressor.ts';
import type { Archive } from '../model.ts';
import type { Registry } from '../registry/registry.ts';
import type { OnPushProgress } from './progress.ts';
import type { PushedTarget } from './request.ts';

/** Opens a tarball and verifies it whole (archive/open.ts). */
export type OpenArchive = (
  path: string,
  options: {
    /** Exists; what is unpacked goes there. */
    readonly workFolder: string;
    /** Bytes that the archive may unpack to. */
    readonly maxUncompressedSize: number;
    readonly compressor?: LayerCompressor;
    readonly preserveDigests?: boolean;
    readonly log: Logger;
    readonly signal?: AbortSignal;
    /** Bytes of the file read so far. */
    readonly onProgress?: (bytes: number) => void;
  },
) => Promise<Archive>;

/** Makes what compresses layers into files of `folder` (compress/layer-compressor.ts). */
export type CreateLayerCompressor = (options: {
  readonly compression: 'gzip' | 'zstd';
  readonly level?: number;
  readonly folder: string;
  readonly signal?: AbortSignal;
}) => LayerCompressor;

export interface PushContext {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  /**
   * Exists. A folder of the push's own is made in it and removed in every case; it takes up to the unpacked size of all files, and what
   * their layers become.
   */
  readonly workFolder: string;
  readonly onProgress?: OnPushProgress | undefined;
  /** Told of each target when it is done, so that a push that fails at a later one can say what is there. */
  readonly onTarget?: ((target: PushedTarget) => void) | undefined;
  readonly openArchive: OpenArchive;
  readonly createLayerCompressor: CreateLayerCompressor;
}
