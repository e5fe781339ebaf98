/**
 * Variables of a recipe: typed, with defaults, put into strings as `${name}`, and asked by `when:`. Deliberately small and
 * total: no expressions beyond truth and equality, no order of evaluation to know about.
 */
import type { Position, Problems } from './problems.ts';
import { suggestion } from './problems.ts';

export type VariableType = 'string' | 'url' | 'integer' | 'boolean' | 'enum' | 'list';
export type VariableValue = string | number | boolean | readonly string[];

export interface Declaration {
  readonly type: VariableType;
  readonly description: string;
  /** Of an enum. */
  readonly values?: readonly string[] | undefined;
  /** Absent: the variable must be given. A string may refer to other variables. */
  readonly default?: VariableValue | undefined;
}

export const VARIABLE_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Scans a text: plain parts and the names between `${` and `}`; `$${` stands for a literal `${`. */
export function scan(text: string): readonly ({ text: string } | { name: string })[] {
  const parts: ({ text: string } | { name: string })[] = [];
  let rest = text;
  for (;;) {
    const match = /\$\$\{|\$\{([^}]*)\}?/.exec(rest);
    if (!match) return rest === '' && parts.length > 0 ? parts : [...parts, { text: rest }];
    if (match.index > 0) parts.push({ text: rest.slice(0, match.index) });
    parts.push(match[1] === undefined ? { text: '${' } : { name: match[1] });
    rest = rest.slice(match.index + match[0].length);
  }
}

/** The values of all variables, and a record of which ones the recipe asked for. */
export class Variables {
  readonly #declared: ReadonlyMap<string, { declaration: Declaration; at: Position }>;
  readonly #given: Readonly<Record<string, string>>;
  readonly #problems: Problems;
  readonly #values = new Map<string, VariableValue | undefined>();
  readonly #used = new Set<string>();

  constructor(
    declared: ReadonlyMap<string, { declaration: Declaration; at: Position }>,
    given: Readonly<Record<string, string>>,
    problems: Problems,
  ) {
    this.#declared = declared;
    this.#given = given;
    this.#problems = problems;
    for (const name of Object.keys(given)) {
      if (!declared.has(name))
        problems.add(undefined, `variable "${name}": the recipe has none of this name${this.#near(name)}`);
    }
    for (const { declaration, at } of declared.values()) this.#noteReferences(declaration, at);
    for (const name of declared.keys()) this.#evaluate(name, []);
  }

  declaration(name: string): Declaration | undefined {
    return this.#declared.get(name)?.declaration;
  }

  /** The value of a variable that is asked for at `at`; undefined after a complaint. */
  value(name: string, at: Position): VariableValue | undefined {
    this.#used.add(name);
    if (!this.#declared.has(name)) {
      this.#problems.add(at, this.#unknown(name));
      return undefined;
    }
    return this.#values.get(name);
  }

  /** `text` with its variables put in; a text that is one variable and nothing else gives the variable's typed value. */
  substitute(text: string, at: Position): VariableValue | undefined {
    const parts = scan(text);
    const [only] = parts;
    if (parts.length === 1 && only && 'name' in only) return this.value(only.name, at);
    const pieces = parts.map((part) => ('text' in part ? part.text : this.#asText(part.name, at)));
    return pieces.includes(undefined) ? undefined : pieces.join('');
  }

  /** Complains of each variable that was declared and never asked for. */
  reportUnused(): void {
    for (const [name, { at }] of this.#declared) {
      if (!this.#used.has(name))
        this.#problems.add(at, `the variable "${name}" is declared but not used anywhere`);
    }
  }

  #asText(name: string, at: Position): string | undefined {
    const value = this.value(name, at);
    if (!Array.isArray(value)) return value === undefined ? undefined : String(value);
    this.#problems.add(at, `the variable "${name}" is a list and cannot be part of a longer text`);
    return undefined;
  }

  /** A default that refers to a variable uses it, also where a given value takes its place. */
  #noteReferences(declaration: Declaration, at: Position): void {
    if (typeof declaration.default !== 'string') return;
    for (const part of scan(declaration.default)) if ('name' in part) this.value(part.name, at);
  }

  #evaluate(name: string, path: readonly string[]): VariableValue | undefined {
    if (this.#values.has(name)) return this.#values.get(name);
    const { declaration, at } = this.#declared.get(name)!;
    if (path.includes(name)) {
      this.#problems.add(
        at,
        `the defaults of ${[...path, name].map((step) => `"${step}"`).join(' → ')} refer to each other`,
      );
      return undefined;
    }
    const given = Object.hasOwn(this.#given, name) ? this.#given[name] : undefined;
    const value =
      given === undefined
        ? this.#default(name, declaration, at, path)
        : this.#read(name, declaration, given, undefined);
    this.#values.set(name, value);
    return value;
  }

  #default(
    name: string,
    declaration: Declaration,
    at: Position,
    path: readonly string[],
  ): VariableValue | undefined {
    const value = declaration.default;
    if (value === undefined) {
      this.#problems.addMissing(name, declaration.description);
      return undefined;
    }
    if (typeof value !== 'string') return value;
    const pieces = scan(value).map((part) =>
      'text' in part ? part.text : this.#referred(part.name, [...path, name]),
    );
    return pieces.includes(undefined) ? undefined : this.#read(name, declaration, pieces.join(''), at);
  }

  #referred(name: string, path: readonly string[]): string | undefined {
    const value = this.#declared.has(name) ? this.#evaluate(name, path) : undefined;
    return value === undefined ? undefined : String(value);
  }

  #read(
    name: string,
    declaration: Declaration,
    text: string,
    at: Position | undefined,
  ): VariableValue | undefined {
    const result = readValue(declaration, text);
    if (!('wrong' in result)) return result.value;
    this.#problems.add(at, `variable "${name}": ${result.wrong}, found ${JSON.stringify(text)}`);
    return undefined;
  }

  #unknown(name: string): string {
    if (!VARIABLE_NAME.test(name)) return `"\${${name}" is no variable; write "$\${" for a literal "\${"`;
    return `there is no variable "${name}"${this.#near(name)}`;
  }

  #near(name: string): string {
    return suggestion(name, [...this.#declared.keys()]);
  }
}

/**
 * A value as people write it: lists have one item per line or commas between them, since an action's input has a line per variable;
 * nothing is an empty list.
 */
export function readValue(
  declaration: Declaration,
  text: string,
): { readonly value: VariableValue } | { readonly wrong: string } {
  switch (declaration.type) {
    case 'string':
      return { value: text };
    case 'url':
      return text === '' || isWebUrl(text)
        ? { value: text }
        : { wrong: 'expected an http or https URL, or nothing' };
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? { value: Number(text) } : { wrong: 'expected a whole number' };
    case 'boolean':
      return text === 'true' || text === 'false'
        ? { value: text === 'true' }
        : { wrong: 'expected true or false' };
    case 'enum':
      return declaration.values?.includes(text)
        ? { value: text }
        : { wrong: `expected one of ${declaration.values?.join(', ')}` };
    case 'list':
      return {
        value: text
          .split(/[\n,]/)
          .map((item) => item.trim())
          .filter((item) => item !== ''),
      };
  }
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

/** What counts as given: true, any number but 0, a text or list that is not empty. */
export function isTruthy(value: VariableValue | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/**
 * Whether `when: <condition>` holds. The four forms: `name`, `not name`, `name == value`, `name != value`. Anything else, and
 * a comparison that can never hold, is a problem at `at`.
 */
export function holds(condition: unknown, variables: Variables, at: Position, problems: Problems): boolean {
  const match = /^(?:(not)\s+)?([a-z][a-z0-9-]*)(?:\s*(==|!=)\s*(.*))?$/.exec(String(condition).trim());
  if (!match || (match[1] && match[3])) {
    problems.add(
      at,
      `"when" takes: name, not name, name == value, name != value; found ${JSON.stringify(condition)}`,
    );
    return false;
  }
  const [, negated, name, operator, expected] = match;
  const value = variables.value(name!, at);
  if (!operator) return isTruthy(value) !== Boolean(negated);
  const declaration = variables.declaration(name!);
  const comparable = declaration && readValue(declaration, expected!);
  if (comparable && ('wrong' in comparable || declaration.type === 'list')) {
    problems.add(at, `"${name}" can never be ${JSON.stringify(expected)}: it is of type ${declaration.type}`);
    return false;
  }
  return (String(value) === expected) === (operator === '==');
}
