/**
 * Everything that can be said about the working copy without running it. Each check is one counted test; a failed one
 * says what is wrong and which command mends it. All checks run, whatever the others say.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, UserError } from '../src/base/errors.ts';
import { runCommand } from '../src/base/process.ts';
import { buildDist } from './build.ts';
import { generate } from './generate.ts';
import { HOUSE_RULES, type HouseRule, type SourceFile, violationsOf } from './house-rules.ts';
import { readMatrix } from './matrix.ts';
import { errorLines } from './report.ts';
import { type Outcome, tallyLine, tallyOf } from './tally.ts';
import { textFiles } from './tree.ts';

/** A check resolves if all is well, returns why it cannot run here, or throws what is wrong. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<string | undefined>;
}

/** The checks for the working copy at `root`, cheap ones first. */
export function planChecks(root: string, signal?: AbortSignal): Check[] {
  const tool = (name: string, args: readonly string[], mend: string): (() => Promise<undefined>) => {
    const script = join(root, 'node_modules', '.bin', name);
    return () => mustPass(script, args, { cwd: root, mend, signal });
  };
  return [
    { name: 'action-matrix.yml is valid', run: async () => void (await readMatrix(root)) },
    { name: 'generated files are up to date', run: async () => void (await generate(root, true)) },
    ...HOUSE_RULES.map((rule) => ({ name: rule.name, run: () => checkHouseRule(rule, root) })),
    {
      name: 'format and lint (biome)',
      run: tool('biome', ['check', '--error-on-warnings'], 'Run "npm run format"; what it leaves is yours.'),
    },
    { name: 'types (tsc)', run: tool('tsc', ['-p', 'tsconfig.json', '--noEmit'], 'Mend the types.') },
    {
      name: 'imports point down (dependency-cruiser)',
      run: tool(
        'depcruise',
        ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...SOURCE_FOLDERS],
        'docs/house.md says what may import what.',
      ),
    },
    { name: 'shell scripts (shellcheck)', run: () => checkShellScripts(root, signal) },
    { name: 'dist/ is up to date', run: async () => void (await buildDist(root, true)) },
  ];
}

const SOURCE_FOLDERS = ['src', 'lab', 'test', 'scripts', 'bench'];

async function mustPass(
  command: string,
  args: readonly string[],
  options: { cwd: string; mend: string; signal?: AbortSignal | undefined },
): Promise<undefined> {
  const { exitCode, stdout, stderr } = await runCommand(command, args, options);
  if (exitCode === 0) return;
  throw new UserError('CHECK_FAILED', `exit code ${exitCode}`, {
    evidence: `${stdout}${stderr}`.trim().split('\n'),
    mend: options.mend,
  });
}

async function checkHouseRule(rule: HouseRule, root: string): Promise<undefined> {
  const paths = (await textFiles(root)).filter((path) => rule.files.test(path));
  const files = paths.map(
    async (path): Promise<SourceFile> => ({ path, text: await readFile(join(root, path), 'utf8') }),
  );
  const evidence = violationsOf(rule, await Promise.all(files));
  if (evidence.length > 0)
    throw new UserError('HOUSE_RULE', 'These lines break it:', { evidence, mend: rule.mend });
}

/** Every committed shell script; those that are rendered are checked by the tests of what renders them. */
async function checkShellScripts(root: string, signal?: AbortSignal): Promise<string | undefined> {
  const scripts = (await textFiles(root)).filter((path) => path.endsWith('.sh') || path === '.ci/run');
  try {
    return await mustPass('shellcheck', scripts, { cwd: root, mend: 'Mend the script.', signal });
  } catch (error) {
    if (error instanceof EnvironmentError && error.code === 'COMMAND_NOT_FOUND')
      return 'shellcheck is not installed';
    throw error;
  }
}

/** Runs the checks one after the other; `onOutcome` hears of each as it ends. An aborted `signal` ends the run. */
export async function runChecks(
  checks: readonly Check[],
  onOutcome: (outcome: Outcome, index: number) => void,
  signal?: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [index, check] of checks.entries()) {
    signal?.throwIfAborted();
    const outcome = await outcomeOf(check);
    onOutcome(outcome, index);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function outcomeOf({ name, run }: Check): Promise<Outcome> {
  try {
    const reason = await run();
    return reason ? { name, status: 'skipped', detail: reason } : { name, status: 'passed' };
  } catch (error) {
    return { name, status: 'failed', detail: errorLines(error).join('\n') };
  }
}

/** Prints an outcome as a line of progress, a failure with its detail. */
export function printOutcome(part: string, outcome: Outcome, index: number, total: number): void {
  const detail = outcome.status === 'skipped' ? `: ${outcome.detail}` : '';
  console.log(`${part} [${index + 1}/${total}] ${outcome.status}: ${outcome.name}${detail}`);
  if (outcome.status === 'failed') console.log((outcome.detail ?? '').replaceAll(/^/gm, '    '));
}

/** Runs the whole of lint with live progress. */
export async function lint(root: string, signal?: AbortSignal): Promise<Outcome[]> {
  const checks = planChecks(root, signal);
  return runChecks(checks, (outcome, index) => printOutcome('lint', outcome, index, checks.length), signal);
}

if (import.meta.main) {
  const tally = tallyOf(await lint(join(import.meta.dirname, '..')));
  console.log(`lint: ${tallyLine(tally)}`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
}
