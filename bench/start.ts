/**
 * Cold start: what a job pays before an action does anything. Each action is started without inputs, up to its first
 * validation error, and held against an empty Node script in the same run. Fails above 100 ms more than that.
 */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMatrix } from '../scripts/matrix.ts';
import { reportAndFail } from '../scripts/report.ts';
import { EnvironmentError } from '../src/base/errors.ts';
import { withTempFolder } from '../src/base/temp.ts';

/** Odd, so that the median is a measured value. */
const ROUNDS = 15;

/** Milliseconds that an action may take beyond an empty script. */
const BUDGET = 100;

export interface StartTime {
  readonly action: string;
  /** Median in milliseconds. */
  readonly time: number;
}

/** The median of an odd number of values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) / 2]!;
}

/** `harvester-golden-build  71 ms, 2.4 × an empty script (30 ms)`, and whether that is within the budget. */
export function verdictLine({ action, time }: StartTime, empty: number): { line: string; within: boolean } {
  const within = time <= empty + BUDGET;
  const ratio = (time / empty).toFixed(1);
  const limit = within ? '' : `: over the budget of ${BUDGET} ms more`;
  return {
    line: `${action}  ${time.toFixed(0)} ms, ${ratio} × an empty script (${empty.toFixed(0)} ms)${limit}`,
    within,
  };
}

/** Runs a script once as the runner would, with nothing of our own environment; returns milliseconds and its output. */
function startOnce(script: string, folder: string): { time: number; status: number | null; output: string } {
  const files = ['OUTPUT', 'ENV', 'STATE', 'PATH', 'STEP_SUMMARY'].map((name) => [
    `GITHUB_${name}`,
    join(folder, name),
  ]);
  const env = {
    PATH: process.env.PATH,
    RUNNER_TEMP: folder,
    GITHUB_ACTIONS: 'true',
    ...Object.fromEntries(files),
  };
  const started = performance.now();
  const child = spawnSync(process.execPath, [script], { env, cwd: folder, encoding: 'utf8' });
  return { time: performance.now() - started, status: child.status, output: child.stdout + child.stderr };
}

/** Milliseconds to the first validation error. Throws where the action did not end with one. */
function startAction(action: string, root: string, folder: string): number {
  const { time, status, output } = startOnce(join(root, 'dist', action, 'main.js'), folder);
  if (status === 1 && output.includes('::error')) return time;
  throw new EnvironmentError(
    'BENCH_UNEXPECTED',
    `${action} without inputs ended with ${status}, not with an error.`,
    {
      evidence: output.split('\n').slice(-10),
      mend: 'Run "npm run build" first, and see that the action has a required input.',
    },
  );
}

/** Median start times of `actions` and of an empty script. Rounds are interleaved, so that load hits all of them alike. */
export async function measureStarts(root: string, actions: readonly string[]) {
  return withTempFolder(async (folder) => {
    const empty = join(folder, 'empty.js');
    for (const file of ['empty.js', 'OUTPUT', 'ENV', 'STATE', 'PATH', 'STEP_SUMMARY'])
      await writeFile(join(folder, file), '');
    const round = () => ({
      empty: startOnce(empty, folder).time,
      actions: actions.map((action) => startAction(action, root, folder)),
    });
    round(); // fills the page cache
    const rounds = Array.from({ length: ROUNDS }, round);
    return {
      empty: median(rounds.map((times) => times.empty)),
      actions: actions.map((action, index) => ({
        action,
        time: median(rounds.map((times) => times.actions[index]!)),
      })),
    };
  });
}

async function main(root: string, only: readonly string[]): Promise<void> {
  const matrix = await readMatrix(root);
  const names = matrix.actions
    .map((action) => action.name)
    .filter((name) => only.length === 0 || only.includes(name));
  const { empty, actions } = await measureStarts(root, names);
  for (const start of actions) {
    const { line, within } = verdictLine(start, empty);
    console.log(line);
    if (!within) process.exitCode = 1;
  }
}

if (import.meta.main) {
  await main(join(import.meta.dirname, '..'), process.argv.slice(2)).catch(reportAndFail('bench:start'));
}
