/**
 * Part of every image's fingerprint. Raise it with a change of the bake that puts something else into images, so that
 * images baked before count as changed; not with one that only alters how the bake is told.
 */
export const BAKE_VERSION = '1';
