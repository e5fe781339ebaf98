/** What a reader of hostile archives keeps to: none of it depends on what the archive says of itself (facts/oci.md §3). */

/** Members of one archive; with {@link MAX_NAME} the bound of the index in memory. Docker's old layout has four per layer. */
export const MAX_MEMBERS = 20_000;
/** Bytes of one member's name or link target. */
export const MAX_NAME = 4096;
/** Folders in one another. Layouts have two. */
export const MAX_DEPTH = 32;
/** Bytes of PAX records or a long name before one member. */
export const MAX_EXTENSION = 1 << 20;
/** Bytes of a configuration, a manifest, an index: what registries take (facts/oci.md §2.1). */
export const MAX_JSON = 4 << 20;
/** Bytes of all of these in one archive: the bound of what is held of them in memory. */
export const MAX_JSON_TOTAL = 64 << 20;
/** Links from one to the next. Writers make one. */
export const MAX_LINKS = 8;
/** Indexes within indexes. Writers make two. */
export const MAX_INDEX_DEPTH = 4;
/** Manifests that are listed, each as often as one comes to it: lists of the same list multiply. */
export const MAX_MANIFESTS = 10_000;
/** Output per input that no honest archive has; deflate reaches 1032 with nothing but zeros. */
export const MAX_RATIO = 1000;
/** Bytes of output from which the ratio counts. */
export const RATIO_FLOOR = 16 << 20;
/** Frames of one zstd stream: each costs a decoder. Parallel writers make one per MiB or more. */
export const MAX_FRAMES = 1 << 18;
/** Bytes that are read, decompressed and handed on at a time. */
export const CHUNK = 256 * 1024;
/** Bytes below which a layer is not worth compressing on the way. */
export const SMALLEST_LAYER = 4096;
