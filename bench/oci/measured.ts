/** A command with what it cost: wall and processor time as the shell's `time` tells them, and the most memory that one of its processes held. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../src/base/clock.ts';
import { EnvironmentError } from '../../src/base/errors.ts';

export interface Cost {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of all its processes, in user and system mode. */
  readonly processor: number;
  /** Bytes resident at the peak of the largest process (proc(5), VmHWM). */
  readonly memory: number;
}

export interface Outcome extends Cost {
  readonly exitCode: number;
  /** Lines of stdout and stderr. */
  readonly lines: readonly string[];
}

export interface Command {
  readonly argv: readonly string[];
  /** Besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Milliseconds; then its whole group is killed. Default: 10 minutes. */
  readonly limit?: number;
}

/** Milliseconds between looks at the memory; a peak stays visible until its process ends. */
const LOOK_EVERY = 20;
const COST_LINE = /^cost ([\d.]+) ([\d.]+) ([\d.]+)$/;

/** Runs it to its end, whatever its exit code. */
export async function measure({ argv, env, cwd, limit = 600_000 }: Command): Promise<Outcome> {
  const script = 'TIMEFORMAT="cost %R %U %S"; time "$@"';
  const child = spawn('bash', ['-c', script, 'bash', ...argv], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const ended = new AbortController();
  const memory = peakBelow(child.pid!, ended.signal);
  const killed = systemClock.sleep(limit, ended.signal).then(
    () => process.kill(-child.pid!, 'SIGKILL'),
    () => {}, // it ended in time
  );
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 137));
  });
  ended.abort();
  await killed;
  const all = Buffer.concat(output).toString().trimEnd().split('\n');
  // Of two streams, so not always at the end.
  const [, wall, user, system] =
    all.map((line) => COST_LINE.exec(line)).find((found) => found !== null) ?? [];
  const lines = all.filter((line) => !COST_LINE.test(line));
  const processor = Number(user ?? 0) + Number(system ?? 0);
  return { wall: Number(wall ?? limit / 1000), processor, memory: await memory, exitCode, lines };
}

/** As `measure`. Throws EnvironmentError BENCH_UNEXPECTED where the command fails. */
export async function mustMeasure(command: Command): Promise<Outcome> {
  const outcome = await measure(command);
  if (outcome.exitCode === 0) return outcome;
  throw new EnvironmentError(
    'BENCH_UNEXPECTED',
    `${command.argv.join(' ')} ended with ${outcome.exitCode}.`,
    {
      evidence: outcome.lines.slice(-15),
      mend: 'Run "npm run build" first; then run the command by hand.',
    },
  );
}

async function peakBelow(pid: number, signal: AbortSignal): Promise<number> {
  let peak = 0;
  while (!signal.aborted) {
    for (const child of await childrenOf(pid)) peak = Math.max(peak, await peakOf(child));
    await systemClock.sleep(LOOK_EVERY, signal).catch(() => {}); // ends with the abort
  }
  return peak;
}

/** Children, and theirs. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  const below = await Promise.all(children.map(childrenOf));
  return [...children, ...below.flat()];
}

async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Of each figure the median by itself. */
export function medianCost(costs: readonly Cost[]): Cost {
  const of = (figure: keyof Cost) => median(costs.map((cost) => cost[figure]));
  return { wall: of('wall'), processor: of('processor'), memory: of('memory') };
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
