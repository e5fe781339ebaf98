/** `rke2-actions run`: an action through the mini runner, which runs the bundle as GitHub's runner does. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { parseInputFile, refuseUnknownInputs } from './action-inputs.ts';
import { keyValues, usageError } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { readTextFile } from './load-recipe.ts';
import { withBars } from './progress.ts';
import { suggestion } from './suggestion.ts';

const ACTIONS = join(import.meta.dirname, '..', '..', 'actions');

/** Exit code of the action; 130 if it was cancelled. */
export async function runActionCommand(context: CommandContext): Promise<number> {
  const { arguments: args, print, signal, env } = context;
  const actionFolder = await findAction(args.operands[0]!);
  const inputs = await readGivenInputs(context);
  const { readAction } = await import('../../lab/mini-runner/metadata.ts');
  refuseUnknownInputs(Object.keys(inputs), Object.keys((await readAction(actionFolder)).inputs));
  const { runStep } = await import('../../lab/mini-runner/run-step.ts');
  const terminal = process.stderr.isTTY && env.TERM !== 'dumb' ? process.stderr : undefined;
  const result = await withBars({ terminal, clock: systemClock }, (bars) =>
    runStep({
      actionFolder,
      inputs,
      env: { ...definedOnly(env), ...bars.env },
      workspace: process.cwd(),
      signal,
      onLine: bars.line ?? ((line) => void process.stderr.write(`${line}\n`)),
      debug: args.flag('debug'),
    }),
  );
  if (result.summary) print(result.summary.trimEnd());
  for (const line of outputLines(result.outputs)) print(line);
  if (result.conclusion === 'cancelled') return 130;
  return result.conclusion === 'success' ? 0 : result.exitCodes.main || 1;
}

async function findAction(name: string): Promise<string> {
  const folders = existsSync(ACTIONS) ? await readdir(ACTIONS) : [];
  const names = folders.filter((folder) => existsSync(join(ACTIONS, folder, 'action.yml')));
  if (names.includes(name)) return join(ACTIONS, name);
  throw usageError(`"${name}" is not an action${suggestion(name, names)}`, `There is: ${names.join(', ')}.`);
}

/** What `--input` says wins over the file. */
async function readGivenInputs({ arguments: args }: CommandContext): Promise<Record<string, string>> {
  const file = args.one('input-file');
  const fromFile = file === undefined ? {} : parseInputFile(await readTextFile(file), file);
  return { ...fromFile, ...keyValues(args.all('input'), 'input') };
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** `name=value`; a value of several lines in the form of $GITHUB_OUTPUT. */
export function outputLines(outputs: Readonly<Record<string, string>>): string[] {
  return Object.entries(outputs).map(([name, value]) =>
    value.includes('\n') ? `${name}<<EOF\n${value}\nEOF` : `${name}=${value}`,
  );
}
