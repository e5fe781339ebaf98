/**
 * The one door to child processes. A command is judged by its exit status, never by its stderr; a secret goes in through
 * `input` or a file, never through argv. A cancelled command gets SIGTERM, then SIGKILL after a grace period.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { abortReason } from './clock.ts';
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

/** Runs a command and returns whatever exit code it gave. Throws EnvironmentError COMMAND_NOT_FOUND, or the abort reason. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { signal, onLine, keep = 1 << 20, grace = 2000 } = options;
  if (signal?.aborted) throw abortReason(signal);
  // Its own process group, so that a cancelled pipeline of children ends as a whole.
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  const killGroup = (name: NodeJS.Signals) => {
    try {
      if (child.pid) process.kill(process.platform === 'win32' ? child.pid : -child.pid, name);
    } catch {
      // Already gone.
    }
  };
  let killTimer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    killGroup('SIGTERM');
    killTimer = setTimeout(() => killGroup('SIGKILL'), grace);
  };
  signal?.addEventListener('abort', onAbort, { once: true });

  const collect = (stream: NodeJS.ReadableStream, name: 'stdout' | 'stderr') => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      while (chunks.length > 1 && size - chunks[0]!.length >= keep) size -= chunks.shift()!.length;
    });
    if (onLine) createInterface({ input: stream }).on('line', (line) => onLine(line, name));
    return () => Buffer.concat(chunks).toString('utf8').slice(-keep);
  };
  const stdout = collect(child.stdout, 'stdout');
  const stderr = collect(child.stderr, 'stderr');
  child.stdin.on('error', () => {}); // the child may end before it has read its input: its exit code tells
  child.stdin.end(options.input ?? '');

  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'ENOENT'
            ? new EnvironmentError('COMMAND_NOT_FOUND', `The command "${command}" is not installed.`, {
                cause: error,
              })
            : error,
        ),
      );
      child.once('close', (code, name) => resolve(code ?? (name === 'SIGKILL' ? 137 : 143)));
    });
    if (signal?.aborted) throw abortReason(signal);
    return { exitCode, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(killTimer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Runs a command that must exit 0; throws EnvironmentError COMMAND_FAILED with its last lines otherwise. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(command, args, options);
  if (result.exitCode !== 0) {
    const lines = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-20);
    throw new EnvironmentError(
      'COMMAND_FAILED',
      `${shellLine(command, args)} exited with ${result.exitCode}.`,
      {
        evidence: lines,
      },
    );
  }
  return result;
}

/** The command as it could be pasted into a shell. */
export function shellLine(command: string, args: readonly string[]): string {
  return [command, ...args].map(shellQuote).join(' ');
}

/** One word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
