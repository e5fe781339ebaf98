/** The tarballs that the lines of `files` mean: paths as they are, else globs of Node's own; `!` takes out again. */
import { glob, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UserError } from '../../base/errors.ts';

/** Names of a folder that a message tells. */
const SHOWN = 8;

/**
 * Absolute paths, in the order of the lines, those of a glob by name, each file once. Throws UserError FILES_UNMATCHED with every line
 * that means no file, and what is there instead.
 */
export async function findFiles(lines: readonly string[], workspace: string): Promise<string[]> {
  const outs = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1).trim());
  const excluded = new Set((await Promise.all(outs.map((line) => matchesOf(line, workspace)))).flat());
  const wanted = lines.filter((line) => !line.startsWith('!'));
  const found = await Promise.all(wanted.map((line) => filesOf(line, workspace, excluded)));
  const problems = found.filter((one) => typeof one === 'string');
  if (wanted.length === 0) problems.push('every line begins with !, so there is nothing to take files from');
  if (problems.length > 0) throw unmatched(problems);
  return once((found as string[][]).flat());
}

function unmatched(problems: readonly string[]): UserError {
  const lines = problems.map((problem) => `  - ${problem}`).join('\n');
  return new UserError('FILES_UNMATCHED', `files: there is nothing to push:\n${lines}`, {
    mend: 'Paths start at the workspace. Did the step before build the tarballs, or download the artifact?',
  });
}

/** The files, or why there are none. */
async function filesOf(
  line: string,
  workspace: string,
  excluded: ReadonlySet<string>,
): Promise<string[] | string> {
  const matches = await matchesOf(line, workspace);
  if (matches.length === 0) return `${line}: matches nothing; ${await whatIsThere(line, workspace)}`;
  const left = matches.filter((path) => !excluded.has(path));
  if (left.length === 0) return `${line}: all that it matches is taken out again by a line with !`;
  const files: string[] = [];
  for (const path of left) {
    const found = await stat(path).catch(() => undefined);
    if (!found) return `${line}: ${relative(workspace, path)} is a link that leads nowhere`;
    if (found.isFile()) files.push(path);
  }
  return files.length > 0
    ? files
    : `${line}: is a folder; name the tarballs in it, such as ${line.replace(/\/$/, '')}/*.tar.gz`;
}

async function matchesOf(line: string, workspace: string): Promise<string[]> {
  const literal = resolve(workspace, line);
  const isThere = await stat(literal).then(
    () => true,
    () => false,
  );
  if (isThere) return [literal];
  const matches: string[] = [];
  for await (const path of glob(line, { cwd: workspace })) matches.push(resolve(workspace, path));
  return matches.sort();
}

/** `dist/ has a.zip, b.txt`, of the nearest folder above that there is. */
async function whatIsThere(line: string, workspace: string): Promise<string> {
  const fixed = line.slice(0, line.search(/[*?[{]|$/));
  let folder = resolve(workspace, fixed.endsWith('/') ? fixed : dirname(fixed));
  for (;;) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    if (entries) {
      const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
      const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : '';
      return `${shown(folder, workspace)} has ${names.slice(0, SHOWN).join(', ') || 'nothing in it'}${more}`;
    }
    if (dirname(folder) === folder) return 'there is no such folder';
    folder = dirname(folder);
  }
}

function shown(folder: string, workspace: string): string {
  const path = relative(workspace, folder);
  if (path === '') return 'the workspace';
  return path.startsWith('..') ? folder : join(path, '/');
}

async function once(paths: readonly string[]): Promise<string[]> {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const real = await realpath(path);
    if (!seen.has(real)) seen.set(real, path);
  }
  return [...seen.values()];
}
