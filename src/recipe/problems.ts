/**
 * Everything that is wrong with a recipe, collected so that it can be told at once (DESIGN §3 "all problems are reported
 * at once").
 */
import { UserError } from '../base/errors.ts';

export interface Position {
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

export class Problems {
  readonly #lines: { readonly at: Position | undefined; readonly text: string }[] = [];
  readonly #missing: string[] = [];

  /** `at` is undefined for what stands in no file, such as a variable given on the command line. */
  add(at: Position | undefined, text: string): void {
    this.#lines.push({ at, text });
  }

  /** A value that whoever uses the recipe must give: no mistake of the recipe's author. */
  addMissing(name: string, description: string): void {
    this.#missing.push(`${name}: ${description}`);
  }

  get lacksValues(): boolean {
    return this.#missing.length > 0;
  }

  get count(): number {
    return this.#lines.length + this.#missing.length;
  }

  /** Whether something was said of this very place: a second complaint there would only follow from the first. */
  knows(at: Position): boolean {
    return this.#lines.some((line) => line.at && describe(line.at) === describe(at));
  }

  /** `file:line:column: text`, in the order of files and lines, each line once. */
  lines(): string[] {
    const files = [...new Set(this.#lines.map((line) => line.at?.file))];
    const order = [...this.#lines].sort(
      (a, b) =>
        files.indexOf(a.at?.file) - files.indexOf(b.at?.file) ||
        (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
        (a.at?.column ?? 0) - (b.at?.column ?? 0),
    );
    return [...new Set(order.map(({ at, text }) => (at ? `${describe(at)}: ${text}` : text)))];
  }

  /** Throws UserError RECIPE_VALUES_MISSING, or RECIPE_INVALID with every line if anything else is wrong. */
  throwIfAny(): void {
    if (this.count === 0) return;
    if (this.#lines.length === 0) throw valuesMissing(this.#missing);
    const lines = [...this.lines(), ...this.#missing.map((line) => `variable not given: ${line}`)];
    const what = lines.length === 1 ? 'The recipe has a mistake' : `The recipe has ${lines.length} mistakes`;
    throw new UserError('RECIPE_INVALID', `${what}:\n${lines.join('\n')}`, {
      mend: 'Correct the lines named above; docs/recipes/README.md describes every key.',
    });
  }
}

function valuesMissing(missing: readonly string[]): UserError {
  const what = missing.length === 1 ? 'a value' : `${missing.length} values`;
  return new UserError(
    'RECIPE_VALUES_MISSING',
    `The recipe and its layers need ${what} that have no default:\n${missing.join('\n')}`,
    { mend: 'Give each as name=value: under "variables" of the action, or with --var on the command line.' },
  );
}

/** `recipes/rocky9-rke2.yml:12:3`. */
export function describe(at: Position): string {
  return `${at.file}:${at.line}:${at.column}`;
}

/** `; did you mean "x"?` if one of `candidates` is near `word`, else nothing. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const best = nearest(word, candidates);
  return best === undefined ? '' : `; did you mean "${best}"?`;
}

/** The candidate with the fewest edits from `word`, if a third of its letters at most differ. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(normal(word), normal(candidate)) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

// checksumUrl, checksum_url and checksum-url are one word to whoever typed it.
const normal = (word: string) => word.replace(/[-_]/g, '').toLowerCase();

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
