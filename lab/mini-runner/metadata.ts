/** Reads an action's metadata file and works out what the runner would do with it (facts/actions-platform.md A2, A3). */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { UserError } from '../../src/base/errors.ts';

export type Condition = 'always()' | 'success()' | 'failure()';

export interface Stage {
  readonly script: string;
  readonly condition: Condition;
}

export interface ActionMetadata {
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputMetadata>>;
  readonly outputs: Readonly<Record<string, { readonly description?: string }>>;
  readonly main: string;
  readonly pre: Stage | undefined;
  readonly post: Stage | undefined;
}

export interface InputMetadata {
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: string | number | boolean;
  readonly deprecationMessage?: string;
}

interface ActionFile {
  readonly name?: string;
  readonly inputs?: Readonly<Record<string, InputMetadata>>;
  readonly outputs?: ActionMetadata['outputs'];
  readonly runs?: Readonly<Record<string, string>>;
}

/** `action.yml`, else `action.yaml`. Only JavaScript actions: the mini runner starts no containers. */
export async function readAction(folder: string): Promise<ActionMetadata> {
  const file = ['action.yml', 'action.yaml'].map((name) => join(folder, name)).find(existsSync);
  if (!file) throw new UserError('ACTION_MISSING', `There is no action.yml in ${folder}.`);
  const {
    name = '',
    inputs = {},
    outputs = {},
    runs = {},
  } = parse(await readFile(file, 'utf8')) as ActionFile;
  if (runs.using !== 'node24' || !runs.main) {
    throw new UserError(
      'ACTION_KIND',
      `${file}: runs.using must be node24 with a main script, got ${runs.using}.`,
    );
  }
  const stage = (key: 'pre' | 'post'): Stage | undefined => {
    const script = runs[key];
    return script ? { script: join(folder, script), condition: conditionOf(runs[`${key}-if`]) } : undefined;
  };
  return { name, inputs, outputs, main: join(folder, runs.main), pre: stage('pre'), post: stage('post') };
}

function conditionOf(text: string | undefined): Condition {
  const bare = (text ?? 'always()').replace(/^\$\{\{\s*|\s*\}\}$/g, '').trim();
  if (bare === 'always()' || bare === 'success()' || bare === 'failure()') return bare;
  throw new UserError('ACTION_CONDITION', `The condition "${text}" is not one the mini runner evaluates.`, {
    mend: 'Use always(), success() or failure().',
  });
}

/** INPUT_* for a step: given values, else defaults; upper case, blanks to underscores, hyphens kept. */
export function inputEnvironment(
  action: ActionMetadata,
  given: Readonly<Record<string, string>>,
): { env: Record<string, string>; warnings: string[] } {
  const known = new Map(Object.keys(action.inputs).map((name) => [name.toLowerCase(), name]));
  const unexpected = Object.keys(given).filter((name) => !known.has(name.toLowerCase()));
  const values = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const env: Record<string, string> = {};
  for (const [name, input] of Object.entries(action.inputs)) {
    const value = values[name.toLowerCase()] ?? input.default ?? '';
    env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] = String(value);
  }
  for (const name of unexpected) env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] = given[name]!;
  const list = `valid inputs are ['${[...known.values()].join("', '")}']`;
  const warnings = unexpected.length > 0 ? [`Unexpected input(s) '${unexpected.join("', '")}', ${list}`] : [];
  for (const [name, input] of Object.entries(action.inputs)) {
    if (input.deprecationMessage && values[name.toLowerCase()] !== undefined) {
      warnings.push(`Input '${name}' has been deprecated with message: ${input.deprecationMessage}`);
    }
  }
  return { env, warnings };
}
