/** Reads a command's words: `--name value`, `--name=value`, `--flag`, the rest positional. Misspelled names get a hint. */
import { UserError } from '../base/errors.ts';
import { nearest } from '../recipe/problems.ts';

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for the value in the help; without it the option is a flag. */
  readonly value?: string;
  readonly repeated?: boolean;
  readonly required?: boolean;
  readonly help: string;
}

export interface Arguments {
  flag(name: string): boolean;
  /** The last value given. */
  one(name: string): string | undefined;
  all(name: string): readonly string[];
  readonly positional: readonly string[];
}

/** Throws UserError CLI_USAGE with all that is wrong. */
export function parseArguments(words: readonly string[], options: readonly Option[]): Arguments {
  const values = new Map<string, string[]>();
  const positional: string[] = [];
  const problems: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!word.startsWith('--')) {
      positional.push(word);
      continue;
    }
    const [name, inline] = splitOnce(word.slice(2));
    const option = options.find((one) => one.name === name);
    if (!option) problems.push(unknownOption(name, options));
    else if (option.value === undefined) values.set(name, ['true']);
    else if (inline === undefined && at + 1 >= words.length)
      problems.push(`--${name} needs a value: ${option.value}`);
    else values.set(name, [...(values.get(name) ?? []), inline ?? words[++at]!]);
  }
  for (const option of options) {
    if (option.required && !values.has(option.name))
      problems.push(`--${option.name} ${option.value} is required`);
  }
  if (problems.length > 0) throw new UserError('CLI_USAGE', problems.join('\n'), { mend: 'See --help.' });
  return {
    flag: (name) => values.has(name),
    one: (name) => values.get(name)?.at(-1),
    all: (name) => values.get(name) ?? [],
    positional,
  };
}

/** `k=v` words as a record; a word without `=` is UserError CLI_USAGE. */
export function keyValues(words: readonly string[], option: string): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const [key, value] = splitOnce(word);
      if (value === undefined) throw new UserError('CLI_USAGE', `--${option} ${word}: expected name=value.`);
      return [key, value];
    }),
  );
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function unknownOption(name: string, options: readonly Option[]): string {
  const hint = nearest(
    name,
    options.map((one) => one.name),
  );
  return `--${name} is not an option${hint ? `; did you mean --${hint}?` : ''}`;
}
