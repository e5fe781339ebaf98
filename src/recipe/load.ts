/**
 * Reads a recipe and its layers into one resolved recipe, or says everything that is wrong with them in one error:
 * text → tree → layers merged → variables put in → checked against the schema → resolved.
 */
import { dirname, join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { applyLayer } from './merge.ts';
import type { ResolvedRecipe } from './model.ts';
import { Problems } from './problems.ts';
import { resolve } from './resolve.ts';
import { recipeSchema, validate, variablesSchema } from './schema.ts';
import { keyPositionAt, type MapNode, parseSource, plain, withoutEntry } from './source.ts';
import { substitute } from './substitute.ts';
import { type Declaration, readValue, Variables } from './variables.ts';

export interface LoadOptions {
  /** Path of the recipe. */
  readonly file: string;
  readonly readFile: (path: string) => Promise<string>;
  /** Names of files in `layers/` beside the recipe, or paths; applied in this order. */
  readonly layers: readonly string[];
  /** Values for the recipe's variables, as text. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Throws one UserError: RECIPE_VALUES_MISSING with every variable that must be given, or RECIPE_INVALID whose message has a
 * line `file:line:column: …` for every problem.
 */
export async function loadRecipe(options: LoadOptions): Promise<ResolvedRecipe> {
  const problems = new Problems();
  const recipe = await readSource(options.file, options, problems);
  const layers: MapNode[] = [];
  for (const name of options.layers) {
    const layer = await readSource(layerPath(options.file, name), options, problems);
    if (layer) layers.push(layer);
  }
  problems.throwIfAny();
  const merged = layers.reduce(
    (tree, layer) => applyLayer(tree, checkLayer(layer, problems), problems),
    recipe!,
  );
  const tree = putVariablesIn(merged, options.variables, problems);
  // What the schema would say of values that were not given only follows from their absence.
  if (problems.lacksValues) problems.throwIfAny();
  const document = validate(recipeSchema, tree, problems);
  problems.throwIfAny();
  const names = layers.map((layer) => String(plain(layer.entries.get('layer')!.value)));
  const resolved = resolve({ document: document!, tree, layers: names, problems });
  problems.throwIfAny();
  return resolved;
}

/** `cis` → `recipes/layers/cis.yml`; what looks like a path is taken as one. */
export function layerPath(recipeFile: string, name: string): string {
  return /[/\\]|\.ya?ml$/.test(name) ? name : join(dirname(recipeFile), 'layers', `${name}.yml`);
}

async function readSource(
  path: string,
  options: LoadOptions,
  problems: Problems,
): Promise<MapNode | undefined> {
  try {
    return parseSource(path, await options.readFile(path), problems);
  } catch (error) {
    problems.add({ file: path, line: 1, column: 1 }, `the file cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

function checkLayer(layer: MapNode, problems: Problems): MapNode {
  const name = layer.entries.get('layer');
  if (!name) problems.add(layer.at, 'a layer begins with "layer: <name>"');
  const recipeName = layer.entries.get('name');
  if (recipeName) problems.add(recipeName.keyAt, 'a layer has no "name" of its own, only "layer: <name>"');
  return withoutEntry(layer, 'name');
}

function putVariablesIn(
  merged: MapNode,
  given: Readonly<Record<string, string>>,
  problems: Problems,
): MapNode {
  const section = merged.entries.get('variables')?.value;
  const declared = section ? readDeclarations(section as MapNode, problems) : new Map();
  const variables = new Variables(declared, given, problems);
  const tree = substitute(withoutEntry(merged, 'variables'), variables, problems);
  variables.reportUnused();
  return tree;
}

function readDeclarations(section: MapNode, problems: Problems) {
  const declarations = section.kind === 'map' ? validate(variablesSchema, section, problems) : undefined;
  if (section.kind !== 'map') problems.add((section as MapNode).at, '"variables" is a map of names');
  // What is declared wrongly still counts as declared, so that its uses are not complained of as well.
  const names = section.kind === 'map' ? [...section.entries.keys()] : [];
  return new Map(
    names.map((name) => {
      const at = keyPositionAt(section, [name]);
      const declaration: Declaration = declarations?.[name] ?? {
        type: 'string',
        description: '',
        default: '',
      };
      checkDefault(name, declaration, (text) => problems.add(at, text));
      return [name, { declaration, at }] as const;
    }),
  );
}

function checkDefault(name: string, declaration: Declaration, complain: (text: string) => void): void {
  const { type, values } = declaration;
  if ((type === 'enum') !== (values !== undefined)) {
    complain(`"${name}": "values" belongs to variables of type enum, and only to them`);
  }
  const wrong = wrongDefault(declaration);
  if (wrong) complain(`"${name}": the default is wrong: ${wrong}`);
}

const DEFAULT_TYPES: Readonly<Record<string, string>> = {
  integer: 'number',
  boolean: 'boolean',
  list: 'object',
};

function wrongDefault(declaration: Declaration): string | undefined {
  const { type, default: value } = declaration;
  // A default that refers to other variables is read when they are known.
  if (value === undefined || (typeof value === 'string' && value.includes('${'))) return undefined;
  if (typeof value !== (DEFAULT_TYPES[type] ?? 'string')) return `it is not of type ${type}`;
  if (type === 'list') return undefined;
  const result = readValue(declaration, String(value));
  return 'wrong' in result ? result.wrong : undefined;
}
