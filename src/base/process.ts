/**
 * The one door to child processes. A command is judged by its exit status, never by its stderr; a secret goes in through
 * `input` or a file, never through argv. A cancelled command gets SIGTERM, then SIGKILL after a grace period.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { systemClock, throwIfAborted } from './clock.ts';
import { EnvironmentError } from './errors.ts';

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment of the child; default: ours. */
  readonly env?: NodeJS.ProcessEnv;
  /** Fed to stdin, which is then closed. Without it stdin is empty. */
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Called for each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Bytes of stdout and of stderr that are kept; the front is dropped beyond. Default 1 MiB. */
  readonly keep?: number;
  /** Milliseconds between SIGTERM and SIGKILL. Default 2000. */
  readonly grace?: number;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command and returns whatever exit code it gave, 128 + n if signal n ended it. Throws EnvironmentError
 * COMMAND_NOT_FOUND or COMMAND_NOT_STARTED, or the abort reason.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { signal, onLine, keep = 1 << 20 } = options;
  throwIfAborted(signal);
  // Its own process group, so that a cancelled pipeline of children ends as a whole.
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  const ended = new AbortController();
  const onAbort = () => void stopGroup(child, options.grace ?? 2000, ended.signal);
  signal?.addEventListener('abort', onAbort, { once: true });
  const stdout = keptEnd(child.stdout, keep);
  const stderr = keptEnd(child.stderr, keep);
  if (onLine) {
    createInterface({ input: child.stdout }).on('line', (line) => onLine(line, 'stdout'));
    createInterface({ input: child.stderr }).on('line', (line) => onLine(line, 'stderr'));
  }
  child.stdin.on('error', () => {}); // the child may end before it has read its input: its exit code tells
  child.stdin.end(options.input ?? '');
  try {
    const exitCode = await exitCodeOf(child, command, options.cwd);
    throwIfAborted(signal);
    return { exitCode, stdout: stdout(), stderr: stderr() };
  } finally {
    ended.abort();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Asks the child's group to end, and ends it after `grace` milliseconds unless `ended` comes first. */
async function stopGroup(child: ChildProcess, grace: number, ended: AbortSignal): Promise<void> {
  const kill = (name: NodeJS.Signals) => {
    try {
      if (child.pid) process.kill(process.platform === 'win32' ? child.pid : -child.pid, name);
    } catch {
      // Already gone.
    }
  };
  kill('SIGTERM');
  await systemClock.sleep(grace, ended).then(
    () => kill('SIGKILL'),
    () => {},
  );
}

/** Collects a stream; the outcome gives its last `keep` bytes as text. */
function keptEnd(stream: NodeJS.ReadableStream, keep: number): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    while (chunks.length > 1 && size - chunks[0]!.length >= keep) size -= chunks.shift()!.length;
  });
  return () => Buffer.concat(chunks).subarray(-keep).toString('utf8');
}

function exitCodeOf(child: ChildProcess, command: string, cwd: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(error, command, cwd)));
    child.once('close', (code, name) => resolve(code ?? 128 + (name ? constants.signals[name] : 0)));
  });
}

function notStarted(
  error: NodeJS.ErrnoException,
  command: string,
  cwd: string | undefined,
): EnvironmentError {
  // Node reports a missing folder as if the command were missing.
  if (error.code === 'ENOENT' && cwd !== undefined && !existsSync(cwd)) {
    const message = `The command "${command}" cannot run in ${cwd}: there is no such folder.`;
    return new EnvironmentError('COMMAND_NOT_STARTED', message, { cause: error });
  }
  return error.code === 'ENOENT'
    ? new EnvironmentError('COMMAND_NOT_FOUND', `The command "${command}" is not installed.`, {
        cause: error,
      })
    : new EnvironmentError('COMMAND_NOT_STARTED', `The command "${command}" could not be started.`, {
        cause: error,
      });
}

/** Runs a command that must exit 0; throws EnvironmentError COMMAND_FAILED with its last lines otherwise. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(command, args, options);
  if (result.exitCode !== 0) {
    throw failed(command, args, result.exitCode, `${result.stdout}\n${result.stderr}`);
  }
  return result;
}

function failed(
  command: string,
  args: readonly string[],
  exitCode: number,
  output: string,
): EnvironmentError {
  return new EnvironmentError('COMMAND_FAILED', `${shellLine(command, args)} exited with ${exitCode}.`, {
    evidence: output.trim().split('\n').slice(-20),
  });
}

/** The command as it could be pasted into a shell. */
export function shellLine(command: string, args: readonly string[]): string {
  return [command, ...args].map(shellQuote).join(' ');
}

/** One word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Sends `input` through a command and yields what it writes, with backpressure both ways. Throws EnvironmentError COMMAND_NOT_FOUND or
 * COMMAND_FAILED (with its last lines), the abort reason, or what `input` throws. Ends the command if the reader stops early.
 */
export async function* filterCommand(
  command: string,
  args: readonly string[],
  input: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  throwIfAborted(signal);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const stop = () => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  const stderr = keptEnd(child.stderr, 1 << 16);
  const exited = exitCodeOf(child, command, undefined);
  exited.catch(() => {}); // awaited below, after the output
  let inputError: unknown;
  // A command that has had enough closes its input: its exit code tells whether that is a failure.
  const fed = pipeline(input, child.stdin).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    inputError = error;
    stop();
  });
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const exitCode = await exited;
    await fed;
    throwIfAborted(signal);
    if (inputError) throw inputError;
    if (exitCode !== 0) throw failed(command, args, exitCode, stderr());
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}
