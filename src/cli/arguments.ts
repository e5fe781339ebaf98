/** Reads a command's words: `--name value`, `--name=value`, `--flag`, the rest operands. Misspelled names get a hint. */
import { UserError } from '../base/errors.ts';
import { suggestion } from './suggestion.ts';

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for the value in the help; without it the option is a flag. */
  readonly value?: string;
  readonly repeated?: boolean;
  readonly required?: boolean;
  readonly help: string;
}

/** What a command takes: its operands by the names that the help shows (`IMAGE...`: one or more), and its options. */
export interface Syntax {
  readonly operands?: readonly string[];
  readonly options: readonly Option[];
}

export interface Arguments {
  flag(name: string): boolean;
  one(name: string): string | undefined;
  all(name: string): readonly string[];
  readonly operands: readonly string[];
}

/** What ends an operand's name that takes one word or more. */
const ANY_NUMBER = '...';

interface Found {
  readonly values: Map<string, string[]>;
  readonly operands: string[];
  readonly problems: string[];
}

/** Throws UserError CLI_USAGE with all that is wrong. */
export function parseArguments(words: readonly string[], syntax: Syntax): Arguments {
  const found = readWords(words, syntax.options);
  const { values, operands } = found;
  const problems = [...found.problems, ...missing(found, syntax), ...repeated(found, syntax.options)];
  if (problems.length > 0) throw usageError(problems.join('\n'));
  return {
    flag: (name) => values.has(name),
    one: (name) => values.get(name)?.[0],
    all: (name) => values.get(name) ?? [],
    operands,
  };
}

/** What a wrongly used command line throws; its exit code is 2. */
export function usageError(message: string, mend = 'See --help.'): UserError {
  return new UserError('CLI_USAGE', message, { mend });
}

function readWords(words: readonly string[], options: readonly Option[]): Found {
  const found: Found = { values: new Map(), operands: [], problems: [] };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (/^-./.test(word)) readOption(word, rest, options, found);
    else found.operands.push(word);
  }
  return found;
}

function readOption(word: string, rest: string[], options: readonly Option[], found: Found): void {
  const [name, inline] = splitOnce(word.replace(/^--?/, ''));
  const option = word.startsWith('--') ? options.find((one) => one.name === name) : undefined;
  const add = (value: string) => found.values.set(name, [...(found.values.get(name) ?? []), value]);
  const names = options.map((one) => one.name);
  if (!option) {
    found.problems.push(`${splitOnce(word)[0]} is not an option${suggestion(name, names, '--')}`);
    if (inline === undefined && /^[^-]/.test(rest[0] ?? '-')) rest.shift(); // most likely its value
  } else if (option.value === undefined && inline === undefined) add('');
  else if (option.value === undefined) found.problems.push(`--${name} takes no value`);
  else if (inline === undefined && rest.length === 0)
    found.problems.push(`--${name} needs a value: ${option.value}`);
  else add(inline ?? rest.shift()!);
}

function missing({ values, operands }: Found, syntax: Syntax): string[] {
  const wanted = syntax.operands ?? [];
  const options = syntax.options.filter(({ name, required }) => required && !values.has(name));
  const most = wanted.at(-1)?.endsWith(ANY_NUMBER) ? operands.length : wanted.length;
  return [
    ...wanted.slice(operands.length).map((name) => `${name} is required`),
    ...operands.slice(most).map((word) => `"${word}" is one word too many`),
    ...options.map(({ name, value }) => `--${name} ${value} is required`),
  ];
}

function repeated({ values }: Found, options: readonly Option[]): string[] {
  const once = options.filter((option) => !option.repeated && (values.get(option.name)?.length ?? 0) > 1);
  return once.map(({ name }) => `--${name} is given more than once`);
}

/** `k=v` words as a record. Throws UserError CLI_USAGE for words without `=` and for keys given twice. */
export function keyValues(words: readonly string[], option: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const word of words) {
    const [key, value] = splitOnce(word);
    if (value === undefined || key === '') throw usageError(`--${option} ${word}: expected name=value`);
    if (Object.hasOwn(pairs, key)) throw usageError(`--${option} gives "${key}" twice`);
    pairs[key] = value;
  }
  return pairs;
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
