/** Digests that answer "is this the same?" — of a recipe, and of everything that goes into an image made from it. */
import { canonicalJson, hashOf } from '../base/hash.ts';
import type { ImageFile, ResolvedRecipe } from './model.ts';

/** Name of the release file's line that holds the recipe's own digest. */
export const DIGEST_FIELD = 'RECIPE_DIGEST';

/** Hex sha256 of what the recipe says; independent of the order of keys. */
export function recipeDigest(recipe: ResolvedRecipe): string {
  return hashOf('sha256', canonicalJson({ ...recipe, files: recipe.files.map(withoutDigest) }));
}

/** The release file holds this very digest, so that line cannot be part of it. */
function withoutDigest(file: ImageFile): ImageFile {
  if (file.origin !== 'release') return file;
  return { ...file, content: file.content.replace(new RegExp(`^GOLDEN_${DIGEST_FIELD}=.*\n`, 'm'), '') };
}

export interface FingerprintInput {
  readonly recipeDigest: string;
  readonly baseSha256: string;
  /** Revision of each repository's metadata, as repomd.xml gives it. */
  readonly repositories: readonly { readonly id: string; readonly revision: string }[];
  /** Changes when the baking itself changes. */
  readonly bakeVersion: string;
}

/** Hex sha256 over all inputs of a bake: equal fingerprints need no second bake (facts/golden-images.md §2.6). */
export function fingerprintOf(input: FingerprintInput): string {
  const repositories = [...input.repositories].sort((a, b) => (a.id < b.id ? -1 : 1));
  return hashOf('sha256', canonicalJson({ ...input, repositories }));
}
