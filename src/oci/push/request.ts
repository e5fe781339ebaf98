/** What a push is asked for, what it plans, and what it reports: plain data between the action and the domain. */
import type { Digest, Platform } from '../model.ts';

export type Format = 'auto' | 'oci' | 'docker';
export type LayerCompressionChoice = 'gzip' | 'zstd' | 'none' | 'keep';
export type OnExisting = 'skip' | 'overwrite' | 'fail';
export type VerifyChoice = 'none' | 'manifest' | 'blobs' | 'full';

export interface PushRequest {
  /** Existing files, absolute, in order, at least one. */
  readonly files: readonly string[];
  /** `library`, `team/operators`: goes before the image's name. Empty: none. */
  readonly repositoryPrefix: string;
  /**
   * Repository after the prefix. `{{name}}`, `{{repository}}` (of the archive's own name). Empty: `{{name}}` where the file's name has
   * the form `<name>-v<version>-<arch>`, else the last part of `{{repository}}`.
   */
  readonly repository: string;
  /**
   * `{{version}}`, `v{{version}}`, `{{repoTag}}`, `{{arch}}`. Empty: `v{{version}}` where the file's name has a version, else
   * `{{repoTag}}`.
   */
  readonly tag: string;
  /** More tags for the same manifest, same placeholders. */
  readonly extraTags: readonly string[];
  /** Patterns of names inside archives of several images; empty: all of them. */
  readonly images: readonly string[];
  readonly format: Format;
  readonly compression: LayerCompressionChoice;
  /** 1 to 9 for gzip, 1 to 19 for zstd; undefined: 3. */
  readonly compressionLevel: number | undefined;
  readonly preserveDigests: boolean;
  readonly onExisting: OnExisting;
  /** auto: an index where a name and version has several platforms. */
  readonly index: 'auto' | 'always' | 'never';
  /** Keep the platforms that the tag's index already has and these files lack. */
  readonly mergeIndex: boolean;
  /** Also tag each platform's image as `<tag>-<arch>`. */
  readonly archTags: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  /** References of the same registry whose layers are looked at for reuse. */
  readonly cacheFrom: readonly string[];
  /** Uploads at once. Default 4. */
  readonly concurrency: number;
  readonly verify: VerifyChoice;
  /** Bytes that one archive may unpack to. */
  readonly maxUncompressedSize: number;
}

/** What happens to one layer or blob. `reuse`: the registry has it already; found by `why`. */
export interface PlannedBlob {
  readonly digest: Digest | undefined;
  /** Undefined while its compressed size is not known. */
  readonly size: number | undefined;
  /** Of a layer that is yet to be compressed: its bytes now. */
  readonly plainSize?: number;
  readonly diffId?: Digest;
  readonly does: 'reuse' | 'mount' | 'upload' | 'compress-and-upload';
  readonly why: string;
}

export interface PlannedImage {
  readonly file: string;
  readonly platform: Platform;
  readonly configDigest: Digest | undefined;
  readonly blobs: readonly PlannedBlob[];
}

export interface PlannedTarget {
  readonly repository: string;
  readonly tags: readonly string[];
  readonly images: readonly PlannedImage[];
  readonly does: 'nothing' | 'push' | 'refuse';
  /** One line. */
  readonly why: string;
  /** True where the tag will name an index. */
  readonly index: boolean;
}

export interface PushPlan {
  readonly registry: string;
  readonly targets: readonly PlannedTarget[];
  readonly warnings: readonly string[];
}

export interface PushedImage {
  readonly platform: Platform;
  readonly digest: Digest;
  readonly configDigest: Digest;
  readonly file: string;
  /** Tags that name this image alone, beside those of the index that it is in. */
  readonly tags?: readonly string[];
}

export interface PushedTarget {
  readonly repository: string;
  readonly tags: readonly string[];
  /** What the tag names: of the manifest, or of the index. */
  readonly digest: Digest;
  /** `registry/repository:tag@digest`. */
  readonly reference: string;
  readonly changed: boolean;
  readonly images: readonly PushedImage[];
  /** Blob bytes on the wire, tries included. */
  readonly uploadedBytes: number;
  readonly reusedBlobs: number;
  readonly mountedBlobs: number;
  readonly uploadedBlobs: number;
  readonly seconds: number;
  readonly why: string;
}

export interface PushReport {
  readonly registry: string;
  readonly targets: readonly PushedTarget[];
  readonly warnings: readonly string[];
  readonly requests: number;
}
