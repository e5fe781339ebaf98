/** What a source is given to compress layers with, while it reads them; layer-compressor.ts makes one. */
import type { CompressedFile } from '../model.ts';
import type { GzipOrigin } from './gzip-trail.ts';

/** Compresses plain layers; given to a source so that an archive is read once, unpacked and compressed at the same time. */
export interface LayerCompressor {
  /** A new layer. Several may be under way at once. `origin`: it is read out of a gzip file, whose blocks may serve. */
  begin(origin?: GzipOrigin): Promise<LayerCompression>;
}

export interface LayerCompression {
  /** Resolves when more may come: memory stays bounded. `chunk` is only lent; it may be overwritten afterwards. */
  write(chunk: Uint8Array): Promise<void>;
  finish(): Promise<CompressedFile>;
  /** Ends it and removes the file. */
  discard(): Promise<void>;
}
