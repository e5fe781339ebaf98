/** What an image says of itself in labels and annotations, besides whose it is (kube/ownership.ts). */

export * from '../kube/ownership.ts';

/** Annotations; values that need not be label values. */
export const FINGERPRINT = 'rke2-actions.io/fingerprint';
/** Of the image itself, and of the base it was baked from. */
export const SHA256 = 'rke2-actions.io/sha256';
export const BASE_SHA256 = 'rke2-actions.io/base-sha256';
export const SHA512 = 'rke2-actions.io/sha512';

/** Labels: an image that users have chosen is never pruned. */
export const CHANNEL = 'rke2-actions.io/channel';
export const PROTECT = 'rke2-actions.io/protect';
/** Annotation, RFC 3339: since when an image is to go; the second step is its deletion. */
export const DEPRECATED_AT = 'rke2-actions.io/deprecated-at';
/** Annotation, JSON: who imported it, and from where. */
export const BUILD_RECORD = 'rke2-actions.io/build-record';
