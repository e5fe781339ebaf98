/** The hint for a misspelled word. */
import { nearest } from '../recipe/problems.ts';

/** `; did you mean --recipe?` if one of `candidates` is near `word`, else nothing. */
export function suggestion(word: string, candidates: readonly string[], prefix = ''): string {
  const best = nearest(word, candidates);
  return best === undefined ? '' : `; did you mean ${prefix}${best}?`;
}
