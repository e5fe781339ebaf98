/**
 * Typed inputs: one table per action, keyed by the exact input names, is the source of the TypeScript type, of the checks and
 * of the documentation. All problems are reported at once, before anything is touched (DESIGN §3 "Inputs").
 */
import { UserError } from '../base/errors.ts';
import { hideUserinfo } from '../base/url.ts';
import type { InputKind } from './input-kinds.ts';

export type InputTable = Readonly<Record<string, InputKind<unknown>>>;

/** `Inputs<typeof table>['bake-timeout']` is a number, `['layers']` a string[] and so on. */
export type Inputs<Table extends InputTable> = {
  readonly [Name in keyof Table]: Table[Name] extends InputKind<infer Value> ? Value : never;
};

/** What the runner calls an input's variable: upper case, blanks become underscores, hyphens stay (actions-platform.md A2). */
export function inputVariable(name: string): string {
  return `INPUT_${name.replace(/ /g, '_').toUpperCase()}`;
}

/** Reads and checks every input. Throws one UserError INPUT_INVALID with a line per problem. */
export function readInputs<Table extends InputTable>(
  table: Table,
  env: Readonly<Record<string, string | undefined>>,
): Inputs<Table> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(table)) {
    const text = (env[inputVariable(name)] ?? '').trim() || kind.default || '';
    if (text === '') {
      if (kind.required) problems.push(`${name}: is required.${exampleOf(name, kind)}`);
      values[name] = kind.empty;
      continue;
    }
    const result = kind.parse(text);
    if ('problem' in result) problems.push(problemLine(name, kind, text, result.problem));
    else values[name] = result.value;
  }
  if (problems.length > 0) throw inputError(problems);
  return values as Inputs<Table>;
}

/** The error for problems that only show once several inputs are seen together: same code, same shape. */
export function inputError(problems: readonly string[]): UserError {
  const count = problems.length === 1 ? 'An input is' : `${problems.length} inputs are`;
  return new UserError(
    'INPUT_INVALID',
    `${count} not valid:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    {
      mend: 'Correct them under "with:" of the step; nothing has been touched.',
    },
  );
}

function problemLine(name: string, kind: InputKind<unknown>, text: string, rule: string): string {
  const told = hideUserinfo(text);
  const shown = kind.secret ? '***' : JSON.stringify(told.length > 120 ? `${told.slice(0, 117)}…` : told);
  return `${name}: ${shown} ${rule}.${exampleOf(name, kind)}`;
}

function exampleOf(name: string, kind: InputKind<unknown>): string {
  return kind.example === undefined ? '' : ` Example: ${name}: ${JSON.stringify(kind.example)}`;
}

/** Values of the secret inputs that were given, for masking before anything else happens. */
export function secretValues(table: InputTable, env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(table)
    .filter(([, kind]) => kind.secret)
    .map(([name]) => (env[inputVariable(name)] ?? '').trim())
    .filter((value) => value !== '');
}

/** What the docs and action.yml say of an input. */
export interface InputDescription {
  readonly name: string;
  /** `duration`, `boolean`, `qcow2 | raw` … */
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly secret: boolean;
  readonly default: string | undefined;
  readonly example: string | undefined;
}

/** The table as data, in its order, for a comparison with action.yml and for the docs. */
export function describeInputs(table: InputTable): InputDescription[] {
  return Object.entries(table).map(([name, { type, description, required, secret, example, ...kind }]) => {
    return { name, type, description, required, secret, default: kind.default, example };
  });
}

/**
 * Faults of a table itself: a default or an example that its own rule refuses, a required input with a default. None in
 * a table that may ship; for tests.
 */
export function tableFaults(table: InputTable): string[] {
  return Object.entries(table).flatMap(([name, kind]) => {
    const texts = [kind.default, kind.example].filter((text) => text !== undefined && text !== '');
    const refused = texts.flatMap((text) => {
      const result = kind.parse(text!);
      return 'problem' in result ? [`${name}: ${JSON.stringify(text)} ${result.problem}`] : [];
    });
    return kind.required && kind.default !== undefined
      ? [...refused, `${name}: is required and has a default`]
      : refused;
  });
}
