/**
 * How late readiness is seen and what waiting costs: wait-http-ready as the runner starts it, npm's wait-on, and a poll every
 * 15 s, all at the same time against the same servers that become ready at random times. One run; goals are printed with
 * ok or over. `npm run bench:readiness`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reportAndFail } from '../scripts/report.ts';
import { systemClock } from '../src/base/clock.ts';
import { EnvironmentError } from '../src/base/errors.ts';
import { mustRun } from '../src/base/process.ts';
import { withTempFolder } from '../src/base/temp.ts';
import { measureStarts, median } from './start.ts';

const WAIT_ON = 'wait-on@9.5.1';
/** Odd, so that the median is a measured value. */
const ROUNDS = 21;
/** Milliseconds between the starts of two rounds, which overlap. */
const NEXT_ROUND = 3000;
/** The poll of the first guide: kubectl exec curl, every 15 s. */
const POLL = 15_000;
/** Milliseconds in which a server becomes ready; all of them once over, so that a poll's phase is a random one. */
const READY_FROM = 3000;
const READY_WITHIN = POLL;
/** Milliseconds of the wait whose cost is measured. */
const COST_OF = 60_000;
const MANY = 200;

const GOALS = { latency: 250, cpu: 1, start: 80, code: 600_000, many: 1 };

/** `ok` or `over`, and a line that says what was measured. Exported for its test. */
export function goalLine(
  name: string,
  value: number,
  goal: number,
  unit: string,
): { line: string; within: boolean } {
  const within = value <= goal;
  return {
    line: `${within ? 'ok  ' : 'over'} ${name}: ${round(value)} ${unit}, goal ${goal} ${unit}`,
    within,
  };
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

interface Cost {
  /** CPU seconds of the whole process. */
  readonly cpu: number;
  /** Bytes of our bundle that it loaded. */
  readonly code: number;
}

/** Loaded in front of what is measured: writes CPU time and the size of loaded bundle files at the end. */
const METER = `
import { statSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
let code = 0;
registerHooks({ load(url, context, next) {
  if (url.includes('/dist/')) code += statSync(fileURLToPath(url)).size;
  return next(url, context);
} });
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.METER_FILE, JSON.stringify({ cpu: (user + system) / 1e6, code }));
});
`;

interface Bench {
  readonly root: string;
  readonly folder: string;
  readonly meter: string;
  readonly waitOn: string;
}

let count = 0;

/** A waiter as a process of its own, and what it cost. */
function start(bench: Bench, script: string, args: readonly string[], inputs: Record<string, string> = {}) {
  const file = join(bench.folder, `meter-${count++}.json`);
  const child = spawn(process.execPath, ['--import', bench.meter, script, ...args], {
    env: {
      PATH: process.env.PATH,
      METER_FILE: file,
      GITHUB_ACTIONS: 'true',
      ...Object.fromEntries(
        Object.entries(inputs).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]),
      ),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const cost = async () => JSON.parse(await readFile(file, 'utf8')) as Cost;
  return { child, cost };
}

const ours = (bench: Bench, inputs: Record<string, string>) =>
  start(bench, join(bench.root, 'dist/wait-http-ready/main.js'), [], inputs);
const waitOn = (bench: Bench, url: string) =>
  start(bench, bench.waitOn, ['--timeout', String(COST_OF * 2), url.replace('http:', 'http-get:')]);

/** Milliseconds at which the process ended well. */
async function ended(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'exit')) as [number | null];
  const now = performance.now();
  if (code === 0) return now;
  throw new EnvironmentError('BENCH_UNEXPECTED', `A waiter ended with ${code}.`);
}

/**
 * Nothing listens at first, then it answers 503, then 200. `at`: the moment from which it is ready; `seen`: by path, the
 * moment of the first request that found it so.
 */
async function becomeReady(port: number, after: number) {
  await systemClock.sleep(after / 2);
  let ready = false;
  const seen = new Map<string, number>();
  const server = createServer(({ url = '' }, response) => {
    if (ready && !seen.has(url)) seen.set(url, performance.now());
    response.writeHead(ready ? 200 : 503).end();
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  await systemClock.sleep(after / 2);
  ready = true;
  return { server, seen, at: performance.now() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Milliseconds at which a poll every 15 s, begun now, sees the server ready. */
async function poll(url: string): Promise<number> {
  for (;;) {
    const status = await new Promise((resolve) => {
      get(url, (response) => resolve(response.resume().statusCode)).on('error', resolve);
    });
    if (status === 200) return performance.now();
    await systemClock.sleep(POLL);
  }
}

const WAITERS = ['wait-http-ready', WAIT_ON, 'a poll every 15 s'] as const;

/** Milliseconds since readiness, in the order of {@link WAITERS}. */
interface Latencies {
  /** At which the server was asked and said so. */
  readonly seen: readonly number[];
  /** At which the waiter's process had ended, and a job could go on. */
  readonly ended: readonly number[];
}

async function measureRound(bench: Bench, after: number): Promise<Latencies> {
  const port = await freePort();
  const url = (index: number) => `http://127.0.0.1:${port}/${index}`;
  const waiters = [
    ended(ours(bench, { urls: url(0), timeout: '2m' }).child),
    ended(waitOn(bench, url(1)).child),
    poll(url(2)),
  ];
  const { server, seen, at } = await becomeReady(port, after);
  const ends = await Promise.all(waiters);
  server.close();
  return { seen: WAITERS.map((_, index) => seen.get(`/${index}`)! - at), ended: ends.map((end) => end - at) };
}

async function measureLatencies(bench: Bench): Promise<readonly Latencies[]> {
  const rounds = Array.from({ length: ROUNDS }, async (_, index) => {
    await systemClock.sleep(index * NEXT_ROUND);
    // One in each part of the time, at random within it: 21 draws are too few to be even by themselves.
    return measureRound(bench, READY_FROM + ((index + Math.random()) / ROUNDS) * READY_WITHIN);
  });
  return Promise.all(rounds);
}

/** CPU seconds of a minute of waiting beyond what the start costs: a wait that goes on, less one that is over at once. */
async function measureCost(bench: Bench) {
  const [never, now] = await Promise.all([serve(503), serve(200)]);
  const url = (port: number, path = '') => `http://127.0.0.1:${port}/${path}`;
  const many = (port: number) =>
    Array.from({ length: MANY }, (_, index) => url(port, String(index))).join('\n');
  const timeout = `${COST_OF}ms`;
  const short = [
    ours(bench, { urls: url(now.port) }),
    ours(bench, { urls: many(now.port) }),
    waitOn(bench, url(now.port)),
  ];
  await Promise.all(short.map(({ child }) => once(child, 'exit')));
  const long = [
    ours(bench, { urls: url(never.port), timeout }),
    ours(bench, { urls: many(never.port), timeout }),
    waitOn(bench, url(never.port)),
  ];
  await Promise.all(long.slice(0, 2).map(({ child }) => once(child, 'exit')));
  now.server.close();
  never.becomeReady();
  await once(long[2]!.child, 'exit');
  never.server.close();
  const costs = await Promise.all([...short, ...long].map(({ cost }) => cost()));
  const [one, several, other] = [0, 1, 2].map((index) => costs[index + 3]!.cpu - costs[index]!.cpu);
  return { one: one!, several: several!, other: other!, code: costs[0]!.code };
}

async function serve(status: number) {
  let current = status;
  const server = createServer((_request, response) => response.writeHead(current).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    becomeReady: () => {
      current = 200;
    },
  };
}

function latencyLines(rounds: readonly Latencies[]): string[] {
  const middles = WAITERS.map((_, index) => median(rounds.map(({ seen }) => seen[index]!)));
  return WAITERS.map((name, index) => {
    const longest = Math.max(...rounds.map(({ seen }) => seen[index]!));
    const end = median(rounds.map(({ ended: ends }) => ends[index]!));
    const ratio = (middles[index]! / middles[0]!).toFixed(1);
    return `${name.padEnd(18)} seen after ${ms(middles[index]!)} (longest ${ms(longest)}), ended after ${ms(end)}; ${ratio} × ours`;
  });
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}

async function main(root: string): Promise<void> {
  await withTempFolder(async (folder) => {
    await mustRun('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', WAIT_ON]);
    const meter = join(folder, 'meter.mjs');
    await writeFile(meter, METER);
    const waitOnScript = join(folder, 'node_modules/wait-on/bin/wait-on');
    const bench = { root, folder, meter: pathToFileURL(meter).href, waitOn: waitOnScript };
    const rounds = await measureLatencies(bench);
    const cost = await measureCost(bench);
    const starts = await measureStarts(root, ['wait-http-ready']);
    console.log(
      `medians of ${rounds.length} rounds; an empty script takes ${starts.empty.toFixed(0)} ms here:`,
    );
    for (const line of latencyLines(rounds)) console.log(line);
    const share = (seconds: number) => (seconds * 1e5) / COST_OF;
    console.log(`a minute of waiting: ${WAIT_ON} takes ${(cost.other / cost.one).toFixed(1)} × our CPU time`);
    const goals = [
      goalLine('longest latency', Math.max(...rounds.map(({ seen }) => seen[0]!)), GOALS.latency, 'ms'),
      goalLine('CPU while waiting', share(cost.one), GOALS.cpu, '%'),
      goalLine(`CPU of a minute for ${MANY} URLs`, cost.several, GOALS.many, 's'),
      goalLine('cold start over an empty script', starts.actions[0]!.time - starts.empty, GOALS.start, 'ms'),
      goalLine('code that is loaded', cost.code, GOALS.code, 'bytes'),
    ];
    for (const { line } of goals) console.log(line);
    if (goals.some(({ within }) => !within)) process.exitCode = 1;
  });
}

if (import.meta.main) {
  await main(join(import.meta.dirname, '..')).catch(reportAndFail('bench:readiness'));
}
