/** `rke2-actions run`: an action through the mini runner, which runs the committed bundle as GitHub's runner does. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { UserError } from '../base/errors.ts';
import { nearest } from '../recipe/problems.ts';
import { keyValues } from './arguments.ts';
import type { CommandContext } from './commands.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Exit code 0 if the step succeeded. The step sees this folder as its workspace. */
export async function runActionCommand(context: CommandContext): Promise<number> {
  const { arguments: args, print, signal, env } = context;
  const actionFolder = await findAction(args.positional[0]);
  const inputs = { ...(await inputFile(args.one('input-file'))), ...keyValues(args.all('input'), 'input') };
  await refuseUnknown(inputs, actionFolder);
  const { runStep } = await import('../../lab/mini-runner/run-step.ts');
  const result = await runStep({
    actionFolder,
    inputs,
    env: Object.fromEntries(
      Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ),
    workspace: process.cwd(),
    signal,
    onLine: (line) => process.stderr.write(`${line}\n`),
    debug: args.flag('debug'),
  });
  if (result.summary) print(result.summary);
  for (const [name, value] of Object.entries(result.outputs)) print(`${name}=${value}`);
  return result.conclusion === 'success' ? 0 : 1;
}

async function findAction(name: string | undefined): Promise<string> {
  const names = (await readdir(join(ROOT, 'actions'))).filter((folder) =>
    existsSync(join(ROOT, 'actions', folder, 'action.yml')),
  );
  if (name !== undefined && names.includes(name)) return join(ROOT, 'actions', name);
  const hint = nearest(name ?? '', names);
  throw new UserError('CLI_USAGE', name === undefined ? 'Which action?' : `"${name}" is not an action.`, {
    mend: hint ? `Did you mean ${hint}?` : `There is: ${names.join(', ')}.`,
  });
}

async function inputFile(path: string | undefined): Promise<Record<string, string>> {
  if (path === undefined) return {};
  const map: unknown = parse(await readFile(path, 'utf8'));
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new UserError('CLI_USAGE', `${path} must be a YAML map of input names to values.`);
  }
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, String(value)]));
}

async function refuseUnknown(inputs: Readonly<Record<string, string>>, actionFolder: string): Promise<void> {
  const { readAction } = await import('../../lab/mini-runner/metadata.ts');
  const known = Object.keys((await readAction(actionFolder)).inputs);
  const problems = Object.keys(inputs)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const hint = nearest(name, known);
      return `${name} is not an input of this action${hint ? `; did you mean ${hint}?` : ''}`;
    });
  if (problems.length > 0)
    throw new UserError('CLI_USAGE', problems.join('\n'), { mend: `Inputs: ${known.join(', ')}.` });
}
