/**
 * One process of an action on the Node that runs us, and how the runner ends it: SIGINT, 7.5 s, SIGTERM, 2.5 s, then SIGKILL
 * for the whole tree (facts/actions-platform.md A2; actions/runner ProcessInvoker.cs).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds after SIGINT, after SIGTERM, and for outputs that stay open after the process has ended. */
export interface Grace {
  readonly interrupt: number;
  readonly terminate: number;
  readonly drain: number;
}

export const RUNNER_GRACE: Grace = { interrupt: 7500, terminate: 2500, drain: 5000 };

export interface StageProcessOptions {
  readonly script: string;
  readonly wrapper?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly grace: Grace;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal | undefined;
  /** SIGKILL at once: the runner's machine has gone. */
  readonly dies: boolean;
}

export interface StageProcess {
  readonly exitCode: number;
  /** Ends whatever the process left running; the runner does so when the job is over. */
  readonly endOrphans: () => void;
}

/** Runs a script to its end; `exitCode` is 128 + n if signal n ended it. */
export async function runProcess(options: StageProcessOptions): Promise<StageProcess> {
  const { script, wrapper = [], env, cwd, grace, signal } = options;
  const [command, ...words] = [...wrapper, process.execPath, script];
  const child = spawn(command!, words, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', options.onLine);
  }
  const closed = once(child, 'close');
  const ended = new AbortController();
  const cancel = () => void (options.dies ? killTree(child) : cancelProcess(child, grace, ended.signal));
  if (signal?.aborted) cancel();
  else signal?.addEventListener('abort', cancel, { once: true });
  const [code, name] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  ended.abort();
  signal?.removeEventListener('abort', cancel);
  if (signal?.aborted) killTree(child);
  await Promise.race([closed, sleep(grace.drain, undefined, { ref: false })]);
  return { exitCode: code ?? 128 + constants.signals[name!], endOrphans: () => killTree(child) };
}

async function cancelProcess(child: ChildProcess, grace: Grace, ended: AbortSignal): Promise<void> {
  const wait = (ms: number) => sleep(ms, true, { signal: ended }).catch(() => false);
  child.kill('SIGINT');
  if (!(await wait(grace.interrupt))) return;
  child.kill('SIGTERM');
  if (await wait(grace.terminate)) killTree(child);
}

function killTree(child: ChildProcess): void {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing is left of the group.
  }
}
