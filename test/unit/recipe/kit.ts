/** Recipes from texts, and texts held against files: what the tests of this folder share. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { UserError } from '../../../src/base/errors.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';
import type { ResolvedRecipe } from '../../../src/recipe/model.ts';

/** The least a recipe must have. */
export const MINIMAL = `name: test
description: A recipe.
base: { url: "https://images.test/base.qcow2", checksum-url: "https://images.test/CHECKSUM" }
`;

interface Given {
  readonly layers?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Loads a recipe from a text; its file is called r.yml, its layers layers/<name>.yml. */
export function load(recipe: string, { layers = {}, variables = {} }: Given = {}): Promise<ResolvedRecipe> {
  const files: Record<string, string> = { 'r.yml': recipe };
  for (const [name, text] of Object.entries(layers)) files[`layers/${name}.yml`] = text;
  const readText = async (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`no such file: ${path}`);
    return text;
  };
  return loadRecipe({ file: 'r.yml', readFile: readText, layers: Object.keys(layers), variables });
}

/** The lines of the error that loading ends with, without its heading. */
export async function mistakes(recipe: string, given: Given = {}): Promise<string[]> {
  const error = await load(recipe, given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).code).toBe('RECIPE_INVALID');
  return (error as UserError).message.split('\n').slice(1);
}

/** Values for the variables of shipped layers that have no default. */
export const LAYER_VARIABLES: Readonly<Record<string, Record<string, string>>> = {
  airgap: { mirror: 'https://mirror.test', 'allowed-hosts': 'mirror.test', 'ca-certificates': '' },
  cis: {},
  harbor: { harbor: 'harbor.test' },
  'prestage-rke2': {
    'rke2-version': 'v1.34.2+rke2r1',
    'rke2-core-sha256': 'a'.repeat(64),
    'rke2-cni-sha256': 'b'.repeat(64),
    'rke2-harvester-sha256': 'c'.repeat(64),
  },
};

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Path of a file of the project. */
export const inProject = (path: string) => `${ROOT}${path}`;

/** The shipped recipe. */
export function shipped(
  layers: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): Promise<ResolvedRecipe> {
  const needed = Object.assign({}, ...layers.map((name) => LAYER_VARIABLES[name]));
  return loadRecipe({
    file: inProject('recipes/rocky9-rke2.yml'),
    readFile: (path) => readFile(path, 'utf8'),
    layers,
    variables: { ...needed, ...variables },
  });
}

/** Holds `text` against a file of the project; with UPDATE_GOLDEN=1 in the environment it writes the file instead. */
export function expectFile(path: string, text: string): void {
  const file = inProject(path);
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}

/** Whether a program can be started here. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version']).error === undefined;
}
