/**
 * What the finished image is called. Name and display name are one, so it must be a name and a label value at once; RKE2 versions
 * have a "+" and become a slug (facts/golden-images.md D13–D15).
 */
import { UserError } from '../base/errors.ts';
import { isName, LABEL_LIMIT } from '../harvester/labels.ts';

export const DEFAULT_NAME_TEMPLATE = '{prefix}-{date}-{run}';

export const PLACEHOLDERS = ['prefix', 'date', 'time', 'run', 'version', 'recipe'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** Values as they are; {@link imageName} makes slugs of version and recipe. `version` may be unknown. */
export type NameParts = Readonly<Record<Exclude<Placeholder, 'version'>, string>> & {
  readonly version?: string | undefined;
};

/** What is wrong with a template, as the end of a sentence; undefined: nothing. */
export function templateProblem(template: string): string | undefined {
  const unknown = [...template.matchAll(/\{([^}]*)\}?/g)].find(
    ([whole, name]) => !whole.endsWith('}') || !PLACEHOLDERS.includes(name as Placeholder),
  );
  if (unknown) return `has ${unknown[0]}; there are ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`;
  const literal = template.replace(/\{[a-z]+\}/g, '');
  if (!/^[a-z0-9-]*$/.test(literal))
    return 'may have only lower-case letters, digits and "-" between its placeholders';
  return template === '' ? 'is empty' : undefined;
}

/** `imageName('{prefix}-{version}', …) === 'golden-v1-34-2-rke2r1'`. Throws UserError IMAGE_NAME_INVALID. */
export function imageName(template: string, parts: NameParts): string {
  const missing = template.includes('{version}') && !parts.version;
  const problem = missing ? 'has {version}, but no version is given' : templateProblem(template);
  if (problem) throw invalid(`The template of the image name "${template}" ${problem}.`, MENDS.template);
  const values: Record<string, string> = {
    ...parts,
    version: slug(parts.version ?? ''),
    recipe: slug(parts.recipe),
  };
  const name = template.replace(/\{([a-z]+)\}/g, (_whole, placeholder: string) => values[placeholder]!);
  if (isName(name)) return name;
  throw invalid(`"${name}" cannot be the name of an image; it has ${name.length} characters.`, MENDS.name);
}

/** `withAttempt('golden-20261121', 2) === 'golden-20261121-2'`; cut so that it stays a name. The first has no mark. */
export function withAttempt(name: string, attempt: number): string {
  if (attempt <= 1) return name;
  const mark = `-${attempt}`;
  return `${name.slice(0, LABEL_LIMIT - mark.length).replace(/-+$/, '')}${mark}`;
}

/** `slug('v1.34.2+rke2r1') === 'v1-34-2-rke2r1'`. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

const MENDS = {
  template: 'Correct name-template; {version} takes image-version.',
  name: `Names have at most ${LABEL_LIMIT} lower-case letters, digits and "-", and begin and end with a letter or digit: shorten image-name-prefix or name-template.`,
} as const;

function invalid(message: string, mend: string): UserError {
  return new UserError('IMAGE_NAME_INVALID', message, { mend });
}
