/**
 * Everything in the working copy that is made from something else, except dist/ (build.ts): marked blocks in the docs,
 * in the dispatcher and in the CI workflow, the list of rules, the JSON Schemas. `--check` changes nothing and fails on drift.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../src/base/errors.ts';
import { docsTable } from '../src/recipe/docs.ts';
import { recipeJsonSchema } from '../src/recipe/json-schema.ts';
import { loadRecipe } from '../src/recipe/load.ts';
import { rulesDocument } from '../src/verify/report.ts';
import { type Block, blocksOf, fillBlocks } from './blocks.ts';
import { assertNoDrift } from './drift.ts';
import { type Action, entryPoints, MATRIX_FILE, type Matrix, matrixSchema, readMatrix } from './matrix.ts';
import { reportAndFail } from './report.ts';
import {
  type ActionMetadata,
  actionsTable,
  inputsTable,
  outputsTable,
  parseActionMetadata,
} from './tables.ts';
import { textFiles } from './tree.ts';

export interface Generated {
  readonly path: string;
  readonly content: string;
}

/** The working copy, as far as it is read. */
export interface Tree {
  /** Paths of all its text files, relative to its root. */
  readonly paths: readonly string[];
  readonly read: (path: string) => Promise<string>;
}

/** GitHub's hosted runners that CI starts an action on. */
const RUNNERS = { linux: 'ubuntu-24.04', macos: 'macos-15', windows: 'windows-2025' } as const;

/** A block in its place. */
interface Place {
  readonly argument: string;
  /** The file that the block is in. */
  readonly path: string;
  readonly matrix: Matrix;
  readonly tree: Tree;
}

/** What each kind of block holds. */
const CONTENTS: Readonly<Record<string, (place: Place) => string | Promise<string>>> = {
  actions: ({ matrix }) => actionsTable(matrix),
  inputs: async ({ argument, tree }) => inputsTable(await metadataOf(argument, tree)),
  outputs: async ({ argument, tree }) => outputsTable(await metadataOf(argument, tree)),
  example: async ({ argument, tree }) => `\`\`\`yaml\n${(await tree.read(argument)).trimEnd()}\n\`\`\``,
  recipe: ({ path, tree }) => recipeTables(basename(path, '.md'), tree),
  'entry-points': ({ matrix }) => dispatcherLines(matrix),
  'ci-matrix': ({ matrix }) => ciMatrix(matrix),
};

/** Where blocks are filled. Elsewhere, such as in this file's tests, markers are only text. */
const WITH_BLOCKS =
  /^(README\.md|docs\/(?!rules\.md).*\.md|actions\/[^/]+\/README\.md|src\/actions\/entry\.ts|\.github\/workflows\/ci\.yml)$/;

/** Every generated file of `tree` as it should be. Throws UserError where a block is unknown or an action undocumented. */
export async function planGenerated(matrix: Matrix, tree: Tree): Promise<Generated[]> {
  const paths = tree.paths.filter((path) => WITH_BLOCKS.test(path));
  const texts = await Promise.all(paths.map(async (path) => ({ path, text: await tree.read(path) })));
  assertDocumented(matrix, texts);
  for (const action of matrix.actions) assertAgrees(action, await metadataOf(action.name, tree));
  const files = texts.map(async ({ path, text }) => ({
    path,
    content: await fillBlocks(text, path, (block) => contentOf(block, { path, matrix, tree })),
  }));
  return [
    { path: 'schemas/action-matrix.schema.json', content: json(matrixSchema()) },
    { path: 'schemas/recipe.schema.json', content: json(recipeJsonSchema()) },
    { path: 'docs/rules.md', content: rulesDocument() },
    ...(await Promise.all(files)),
  ];
}

function contentOf(block: Block, place: Omit<Place, 'argument'>): string | Promise<string> {
  const content = Object.hasOwn(CONTENTS, block.name) && CONTENTS[block.name];
  if (content) return content({ ...place, argument: block.argument });
  throw new UserError(
    'BLOCK_UNKNOWN',
    `${place.path}:${block.start + 1}: nothing generates "${block.name}".`,
    {
      mend: `Known blocks: ${Object.keys(CONTENTS).join(', ')}.`,
    },
  );
}

/** The tables of docs/recipes/<name>.md: what recipes/<name>.yml puts into an image, without layers. */
async function recipeTables(name: string, tree: Tree): Promise<string> {
  return docsTable(
    await loadRecipe({ file: `recipes/${name}.yml`, readFile: tree.read, layers: [], variables: {} }),
  );
}

/** Each action's README shows all of its inputs and outputs. */
function assertDocumented(matrix: Matrix, texts: readonly { path: string; text: string }[]): void {
  for (const { name } of matrix.actions) {
    const path = `actions/${name}/README.md`;
    const shown = blocksOf(texts.find((file) => file.path === path)?.text ?? '', path);
    for (const table of ['inputs', 'outputs']) {
      if (shown.some((block) => block.name === table && block.argument === name)) continue;
      throw new UserError('ACTION_UNDOCUMENTED', `${path} does not show the ${table} of ${name}.`, {
        mend: `Put the lines <!-- generated:${table} ${name} --> and <!-- /generated --> where the table belongs.`,
      });
    }
  }
}

/** action.yml is written by hand; it says of the action what the matrix says. */
function assertAgrees(action: Action, metadata: ActionMetadata): void {
  const stages = action['entry-points'].map((stage) => [stage, `../../dist/${action.name}/${stage}.js`]);
  const wanted: Record<string, string> = { using: 'node24', ...Object.fromEntries(stages) };
  const problems = ['using', 'pre', 'main', 'post']
    .filter((name) => metadata.runs[name] !== wanted[name])
    .map((name) => `runs.${name} is ${metadata.runs[name] ?? 'missing'}, not ${wanted[name] ?? 'absent'}`);
  if (metadata.description !== action.description)
    problems.push(`description is not "${action.description}"`);
  if (problems.length === 0) return;
  throw new UserError('ACTION_DISAGREES', `actions/${action.name}/action.yml: ${problems.join('; ')}.`, {
    mend: `Make it and ${MATRIX_FILE} say the same.`,
  });
}

async function metadataOf(action: string, tree: Tree) {
  return parseActionMetadata(await tree.read(`actions/${action}/action.yml`));
}

/** The dispatcher's lines: each entry point behind its own import(), so that it becomes a chunk of its own. */
export function dispatcherLines(matrix: Matrix): string {
  return entryPoints(matrix)
    .map(({ action, stage }) => `'${action}/${stage}': () => import('./${action}/${stage}.ts'),`)
    .join('\n');
}

/** The `include:` list of the CI job that starts each action on each of its operating systems. */
export function ciMatrix(matrix: Matrix): string {
  return matrix.actions
    .flatMap((action) =>
      action['operating-systems'].map((system) => `- { action: ${action.name}, runner: ${RUNNERS[system]} }`),
    )
    .join('\n');
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** The paths in `plan` whose file differs or is not there. */
export async function driftOf(plan: readonly Generated[], tree: Tree): Promise<string[]> {
  const found = await Promise.all(plan.map((file) => tree.read(file.path).catch(() => undefined)));
  return plan.filter((file, index) => found[index] !== file.content).map((file) => file.path);
}

/** Writes what differs in the working copy at `root`; with `check`, throws UserError DRIFT on it. Returns the paths. */
export async function generate(root: string, check: boolean): Promise<string[]> {
  const tree: Tree = { paths: await textFiles(root), read: (path) => readFile(join(root, path), 'utf8') };
  const plan = await planGenerated(await readMatrix(root), tree);
  const drift = await driftOf(plan, tree);
  if (check) assertNoDrift(drift, 'generate');
  for (const { path, content } of plan.filter((file) => drift.includes(file.path))) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return drift;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  await generate(root, process.argv.includes('--check')).then(
    (paths) =>
      console.log(paths.length > 0 ? `generate: wrote ${paths.join(', ')}` : 'generate: nothing to do'),
    reportAndFail('generate'),
  );
}
