/**
 * `npm test`: sets up what the machine lacks, runs the parts one after the other with live progress, and ends with one
 * line, the sum of their counts. A failed part fails the whole, but not the parts after it.
 * `npm test -- unit lab` runs only these; `npm test -- long` what takes too long for every change.
 */
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { buildPrograms, CONTROL_PLANE, NODE, reasonToSkip } from '../lab/kube-apiserver/build.ts';
import { preparePeers, reasonToSkip as reasonToLackPeers } from '../lab/registry/peers.ts';
import { systemClock, withTimeLimit } from '../src/base/clock.ts';
import { EnvironmentError, UserError } from '../src/base/errors.ts';
import { silentLogger } from '../src/base/log.ts';
import { runCommand } from '../src/base/process.ts';
import { withTempFolder } from '../src/base/temp.ts';
import { type JestReport, tallyOfRun } from './jest-report.ts';
import { lint } from './lint.ts';
import { preparePackages, unpackedCommands } from './packages.ts';
import { errorLines, reportAndFail } from './report.ts';
import { NOTHING, sumOf, type Tally, tallyLine, tallyOf } from './tally.ts';

const MINUTE = 60_000;

/** The parts in their order, and how long each may take: a test that hangs must not hang the whole. */
const PARTS = {
  lint: 5 * MINUTE,
  unit: 5 * MINUTE,
  lab: 15 * MINUTE,
  e2e: 60 * MINUTE,
  system: 60 * MINUTE,
  long: 60 * MINUTE,
} as const;

type Part = keyof typeof PARTS;

/** Whole bakes on the machine of the job, a second time what `e2e` and `system` prove in a virtual machine: only when asked for. */
const ON_DEMAND: ReadonlySet<Part> = new Set(['long']);

/** Parts with tests on a real kube-apiserver. */
const CONTROL_PLANE_PARTS: ReadonlySet<Part> = new Set(['lab', 'e2e', 'system']);

/** What jest says of itself. */
const NOT_PROGRESS = /^(Running one project: |Test results written to: )/;

const ROOT = join(import.meta.dirname, '..');

/** The parts that the arguments name, in their order; without arguments all but `long`. Throws UserError PART_UNKNOWN. */
export function chosenParts(args: readonly string[]): Part[] {
  const parts = Object.keys(PARTS) as Part[];
  const unknown = args.filter((arg) => !parts.includes(arg as Part));
  if (unknown.length > 0) {
    throw new UserError('PART_UNKNOWN', `There is no part ${unknown.join(', ')}.`, {
      mend: `Parts: ${parts.join(', ')}.`,
    });
  }
  return parts.filter((part) => (args.length > 0 ? args.includes(part) : !ON_DEMAND.has(part)));
}

/** Runs one of jest's projects; its progress goes to our own output. */
async function jest(part: Part, signal: AbortSignal): Promise<Tally> {
  return withTempFolder(async (folder) => {
    const file = join(folder, 'report.json');
    const args = [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'node_modules/jest/bin/jest.js'),
      ...[
        '--selectProjects',
        part,
        '--json',
        '--outputFile',
        file,
        '--reporters',
        './scripts/jest-progress.ts',
      ],
      // Beyond unit tests, what runs are servers, virtual machines and namespaces: one file at a time.
      ...(part === 'unit' ? ['--maxWorkers=100%'] : ['--runInBand']),
    ];
    const onLine = (line: string) => NOT_PROGRESS.test(line) || console.log(line);
    const { exitCode } = await runCommand(process.execPath, args, { cwd: ROOT, signal, onLine });
    const report = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as JestReport,
      () => undefined,
    );
    if (!report) console.log(`${part}: jest ended with exit code ${exitCode} and left no report.`);
    return tallyOfRun(exitCode, report);
  });
}

async function runPart(part: Part, signal: AbortSignal): Promise<Tally> {
  if (part === 'lint') return tallyOf(await lint(ROOT, signal));
  return jest(part, signal);
}

/** Runs a part within its time limit. A part that ends with an error instead of counts is one failed test. */
async function countPart(part: Part, parent: AbortSignal): Promise<Tally> {
  const started = systemClock.monotonic();
  const limit = withTimeLimit(systemClock, PARTS[part], parent, () => {
    return new EnvironmentError(
      'PART_TIMEOUT',
      `${part} took longer than ${PARTS[part] / MINUTE} minutes and was ended.`,
    );
  });
  try {
    const tally = await runPart(part, limit.signal);
    console.log(
      `${part}: ${tallyLine(tally)} in ${Math.round((systemClock.monotonic() - started) / 1000)} s`,
    );
    return tally;
  } catch (error) {
    if (parent.aborted) throw error;
    return failed(part, error);
  } finally {
    limit.clear();
  }
}

/** Prepares the machine. What could not be installed is one failed test, and the parts still run. */
async function setUp(parts: readonly Part[], signal: AbortSignal): Promise<Tally> {
  try {
    await preparePackages(parts, signal);
    process.env.PATH = [process.env.PATH, ...unpackedCommands()].join(delimiter);
    if (parts.some((part) => CONTROL_PLANE_PARTS.has(part))) await prepareControlPlane(signal);
    if (parts.includes('system')) await prepareRegistryPeers(signal);
    return NOTHING;
  } catch (error) {
    if (signal.aborted) throw error;
    return failed('setup', error);
  }
}

/** Built before the parts, whose own limits do not allow for minutes of compiling. Tests say themselves why they skip. */
async function prepareControlPlane(signal: AbortSignal): Promise<void> {
  const cache = join(ROOT, '.cache');
  const reason = await reasonToSkip(cache);
  if (reason) return console.log(`setup: no real kube-apiserver: ${reason}`);
  const log = { ...silentLogger, info: (line: string) => console.log(`setup: ${line}`) };
  await buildPrograms([...CONTROL_PLANE, ...NODE], { cache, log, signal });
}

/** What reads back the images that system tests push. */
async function prepareRegistryPeers(signal: AbortSignal): Promise<void> {
  const reason = await reasonToLackPeers(['crane', 'regctl']);
  if (reason) return console.log(`setup: no crane and no regctl: ${reason}`);
  const log = { ...silentLogger, info: (line: string) => console.log(`setup: ${line}`) };
  await preparePeers(['crane', 'regctl'], { log, signal });
}

function failed(part: string, error: unknown): Tally {
  console.log(`${part}: ${errorLines(error).join('\n')}`);
  return { ...NOTHING, failed: 1 };
}

/** Runs `parts` and prints the final line; resolves with the sum. */
async function main(parts: readonly Part[], signal: AbortSignal): Promise<Tally> {
  const tallies = [await setUp(parts, signal)];
  for (const part of parts) tallies.push(await countPart(part, signal));
  const sum = sumOf(tallies);
  console.log(tallyLine(sum));
  return sum;
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  try {
    const sum = await main(chosenParts(process.argv.slice(2)), stop.signal);
    process.exitCode = sum.failed > 0 ? 1 : 0;
  } catch (error) {
    reportAndFail('test')(error);
  }
}
