/** Templates of repositories and tags: `{{name}}`, `v{{version}}`, `{{repoTag}}`. What cannot be filled is named, never left empty. */

export const PLACEHOLDERS = ['name', 'version', 'arch', 'repository', 'repoTag'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
export type TemplateValues = { readonly [key in Placeholder]?: string | undefined };

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The placeholders of a template that {@link PLACEHOLDERS} has. */
export function placeholdersOf(template: string): ReadonlySet<Placeholder> {
  return new Set(
    [...template.matchAll(PLACEHOLDER)]
      .map(([, word]) => word as Placeholder)
      .filter((it) => PLACEHOLDERS.includes(it)),
  );
}

/** One line for each thing that no value can mend: an unknown placeholder (with the nearest one), a brace too many or too few. */
export function templateProblems(template: string): string[] {
  const unknown = [...template.matchAll(PLACEHOLDER)]
    .map(([, word = '']) => word)
    .filter((word) => !PLACEHOLDERS.includes(word as Placeholder))
    .map((word) => `"${template}": {{${word}}} is unknown; ${suggestion(word)}`);
  const rest = template.replaceAll(PLACEHOLDER, '');
  return /[{}]/.test(rest) ? [...unknown, `"${template}": braces come in pairs, as in {{version}}`] : unknown;
}

/** The template with its values put in, or the placeholders that have none. */
export function fillTemplate(
  template: string,
  values: TemplateValues,
): { readonly text: string } | { readonly missing: readonly Placeholder[] } {
  const missing = [...placeholdersOf(template)].filter((it) => !values[it]);
  if (missing.length > 0) return { missing };
  return { text: template.replaceAll(PLACEHOLDER, (_all, word: Placeholder) => values[word] ?? '') };
}

function suggestion(word: string): string {
  const plain = word.toLowerCase().replaceAll(/[^a-z]/g, '');
  const near = PLACEHOLDERS.find((it) => distance(plain, it.toLowerCase()) <= 2) ?? SYNONYMS[plain];
  return near ? `did you mean {{${near}}}?` : `known are ${PLACEHOLDERS.map((it) => `{{${it}}}`).join(', ')}`;
}

/** What other tools call these. */
const SYNONYMS: Readonly<Record<string, Placeholder>> = {
  tag: 'repoTag',
  architecture: 'arch',
  platform: 'arch',
  semver: 'version',
  image: 'name',
  imagename: 'name',
  repo: 'repository',
};

/** Edits between two short words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries())
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === other ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}
