/**
 * dist/, what users run: one bundle for all actions, with each action and the Kubernetes client as chunks of their own,
 * and a stub of three lines for each entry point (facts/actions-platform.md §D). `--check` compares, and writes nothing.
 *
 * tsc compiles to build/, ncc bundles that, esbuild makes the chunks small: ncc minifies only the file it starts from.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { mustRun } from '../src/base/process.ts';
import { withTempFolder } from '../src/base/temp.ts';
import {
  assertComplete,
  assertNoPath,
  assertWithinBudget,
  type Build,
  type Dist,
  distDrift,
  sizeLine,
  startChunks,
  stubFiles,
} from './dist.ts';
import { assertNoDrift } from './drift.ts';
import { type EntryPoint, entryPoints, readMatrix } from './matrix.ts';
import { reportAndFail } from './report.ts';

const LICENCES = 'THIRD-PARTY-LICENSES.txt';

/** Builds everything that belongs into dist/, in memory. Throws where compiling or bundling fails. */
export async function build(root: string): Promise<Build> {
  const entries = entryPoints(await readMatrix(root));
  const bundle = await bundled(root, await compiled(root));
  const files = stubFiles(entries);
  files.set(LICENCES, bundle.get(LICENCES)!);
  for (const [path, content] of bundle) {
    if (path === LICENCES || path === 'package.json') continue;
    files.set(`bundle/${path}`, path.endsWith('.js') ? await minified(content) : content);
  }
  assertComplete(files);
  assertNoPath(files, root);
  return { dist: files, startSizes: startSizes(files, bundle, entries) };
}

/** Compiles src/ to build/, which is emptied first, beside files that are read as they are; returns the bundle's entry. */
async function compiled(root: string): Promise<string> {
  await rm(join(root, 'build'), { recursive: true, force: true });
  const filter = async (path: string) => !path.endsWith('.ts');
  await cp(join(root, 'src'), join(root, 'build'), { recursive: true, filter });
  const tsc = join(root, 'node_modules/@typescript/native/bin/tsc');
  await mustRun(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root });
  return join(root, 'build/actions/entry.js');
}

/** The bundle of `entry` as ncc makes it: index.js, chunks, licences. */
function bundled(root: string, entry: string): Promise<Dist> {
  return withTempFolder(async (folder) => {
    const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js');
    // Without its cache, which lies in the machine's temporary folder and is shared with whatever else uses ncc.
    const options = ['--out', folder, '--license', LICENCES, '--no-cache'];
    await mustRun(process.execPath, [ncc, 'build', entry, ...options], { cwd: root });
    return readFolder(folder);
  });
}

/** Small, but with the names of functions and classes: a stack in a user's log has to be readable. */
async function minified(content: Uint8Array): Promise<Uint8Array> {
  const { code } = await transform(content, {
    minify: true,
    keepNames: true,
    legalComments: 'none',
    target: 'node24',
  });
  return Buffer.from(code);
}

function startSizes(files: Dist, bundle: Dist, entries: readonly EntryPoint[]): Map<string, number> {
  const index = Buffer.from(bundle.get('index.js')!).toString('utf8');
  const size = (path: string) => files.get(`bundle/${path}`)!.length;
  return new Map(
    entries.map((entry) => {
      const chunks = startChunks(index, entry);
      return [
        `${entry.action}/${entry.stage}`,
        chunks.reduce((sum, path) => sum + size(path), size('index.js')),
      ];
    }),
  );
}

async function readFolder(folder: string): Promise<Dist> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = paths.map(
    async (path): Promise<[string, Uint8Array]> => [
      path.slice(folder.length + 1).replaceAll('\\', '/'),
      await readFile(path),
    ],
  );
  return new Map(await Promise.all(contents));
}

async function writeFolder(folder: string, dist: Dist): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [path, content] of dist) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** Builds dist/ of the working copy at `root`; with `check`, throws UserError DRIFT where the one there differs. */
export async function buildDist(root: string, check: boolean): Promise<Build> {
  const result = await build(root);
  assertWithinBudget(result);
  const folder = join(root, 'dist');
  if (check) assertNoDrift(distDrift(result.dist, await readFolder(folder)), 'build');
  else await writeFolder(folder, result.dist);
  return result;
}

if (import.meta.main) {
  await buildDist(join(import.meta.dirname, '..'), process.argv.includes('--check')).then(
    (result) => console.log(`build: ${sizeLine(result)}`),
    reportAndFail('build'),
  );
}
