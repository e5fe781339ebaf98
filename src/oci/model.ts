/**
 * The nouns of an image, as the OCI image specification has them (image-spec 1.1). What reads (archive/) makes these, what
 * writes (push/: a registry, a layout folder) takes them, and neither knows the other: the habit of google/go-containerregistry pkg/v1.
 */
import type { Readable } from 'node:stream';

/** `sha256:` and 64 lower-case hex digits; also sha512 where a registry uses it. */
export type Digest = `sha256:${string}` | `sha512:${string}`;

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** `v7`, `v8`. */
  readonly variant?: string;
  readonly 'os.version'?: string;
}

/** A reference to content, as manifests hold it. `size` in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly urls?: readonly string[];
  readonly artifactType?: string;
}

/** Bytes that can be read again and again: of an archive, a file, memory. Opening throws where the source changed meanwhile. */
export interface Blob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** The bytes, from `start` (default 0) up to but not including `end` (default: all). */
  open(range?: { readonly start?: number; readonly end?: number }): Readable;
}

/** How bytes of a layer are stored; found by looking at them, never by their name. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** A file that holds a layer compressed, with the digest of what is in the file. */
export interface CompressedFile {
  readonly path: string;
  readonly compression: 'gzip' | 'zstd';
  readonly digest: Digest;
  /** Bytes of the file. */
  readonly size: number;
  /** Rejects where the file turns out not to decompress. To be awaited before a manifest names it; undefined: there is no doubt. */
  readonly proof?: Promise<void>;
}

export interface Layer {
  /** Of the uncompressed tar; the source has verified it. */
  readonly diffId: Digest;
  /** Bytes of the uncompressed tar. */
  readonly uncompressedSize: number;
  /** The bytes as the source stores them; `digest` is of these, and verified. */
  readonly stored: Blob;
  readonly compression: Compression;
  /** As the source's manifest says; undefined for a docker-archive, which has none. */
  readonly mediaType?: string;
  /** Made on the way by the LayerCompressor that the source was given; then `stored` is decompressed from it, slowly. */
  readonly compressed?: CompressedFile;
  /** Of a layer that is not to be pushed (foreign): where it is had instead. */
  readonly urls?: readonly string[];
}

/** The bytes of a manifest or index as they are signed: never parsed and written again. */
export interface RawManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

export interface Image {
  readonly kind: 'image';
  /** What the source calls it: `registry.example.com/app:1.2`, or a tag alone (`1.2`) as OCI layouts may. */
  readonly names: readonly string[];
  readonly platform: Platform;
  /** The configuration; its digest is the image id. At most 4 MiB. */
  readonly config: Blob & { readonly bytes: Uint8Array; readonly mediaType?: string };
  readonly layers: readonly Layer[];
  /** Of an OCI layout: kept byte by byte, so that digest and signatures stay. Undefined: the sink writes one. */
  readonly manifest?: RawManifest;
}

/** A manifest that is no runnable image: an attestation, a signature, any OCI artifact. Its blobs are pushed as they are. */
export interface Artifact {
  readonly kind: 'artifact';
  readonly names: readonly string[];
  readonly manifest: RawManifest;
  readonly blobs: readonly Blob[];
}

/** Several manifests under one digest. A child that the source lists without holding it (another platform) is in `absent`. */
export interface Index {
  readonly kind: 'index';
  readonly names: readonly string[];
  readonly manifest: RawManifest;
  readonly children: readonly IndexChild[];
  readonly absent: readonly Descriptor[];
}

export interface IndexChild {
  readonly descriptor: Descriptor;
  readonly content: Content;
}

export type Content = Image | Index | Artifact;

/** A tarball, read and verified: every digest and diffID in it is right. */
export interface Archive {
  readonly path: string;
  /** Of the file as it lies on the disk, compressed or not. */
  readonly sha256: Digest;
  /** Bytes of that file. */
  readonly size: number;
  readonly format: 'docker-archive' | 'oci-layout';
  /** In the order in which the archive lists them; at least one. */
  readonly contents: readonly Content[];
  /** What is odd but harmless, one line each. */
  readonly warnings: readonly string[];
  /** Removes what was unpacked. The contents cannot be opened afterwards. */
  close(): Promise<void>;
}
