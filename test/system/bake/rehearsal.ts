/**
 * Runs a rendered builder on this machine instead of in a virtual one: same files, same scripts, another root folder, the
 * console a file, the server on loopback.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { BUILDER_ROOT, renderBuilder } from '../../../src/bake/builder.ts';
import type { BuilderInput } from '../../../src/bake/input.ts';
import { type ConsoleEvent, ConsoleReader, type Mark, type MarkOf } from '../../../src/bake/marks.ts';

export const TOKEN = 'rehearsal-token-0123456789';
/** Milliseconds that the relay may take to write what the script said last. */
const RELAY_LIMIT = 30_000;

export interface Rehearsal {
  readonly exitCode: number;
  readonly console: string;
  readonly log: string;
  readonly events: readonly ConsoleEvent[];
  readonly lines: readonly string[];
  readonly phases: readonly string[];
  marks<Kind extends Mark['mark']>(kind: Kind): MarkOf<Kind>[];
  document(name: string): string | undefined;
  /** Milliseconds the script ran. */
  readonly duration: number;
}

export interface RehearsalOptions {
  /** Empty folder for everything the bake writes. */
  readonly folder: string;
  readonly phases?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What bash is run by, such as `unshare --mount`. */
  readonly wrapper?: readonly string[];
  /** Settings that replace those of settings.env. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A whole input with small values; `base.url` and `base.sha256` are what tests differ in. */
export function inputWith(
  changes: Partial<BuilderInput> & Pick<BuilderInput, 'base' | 'port'>,
): BuilderInput {
  return {
    recipe: { name: 'rehearsal', certificates: [], downloads: [] },
    customize: { commands: '', files: [], steps: [] },
    probe: {
      files: [{ name: 'probe/probe.sh', content: 'stat -c \'{"size": %s}\' "$1"\n', mode: '0755' }],
      entry: 'probe/probe.sh',
    },
    token: TOKEN,
    runId: 'run-1',
    limits: { download: 60_000, customize: 120_000, probe: 60_000, compress: 120_000 },
    emulationFactor: 5,
    compress: true,
    sshAuthorizedKeys: [],
    ...changes,
  };
}

/** A loopback port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return (address as { port: number }).port;
}

/** Runs the bake to its end; the image server, if it was started, goes on until {@link stopServer}. */
export async function rehearse(input: BuilderInput, options: RehearsalOptions): Promise<Rehearsal> {
  const root = join(options.folder, 'root');
  const [consoleFile, log] = [join(options.folder, 'console'), join(options.folder, 'log')];
  await writeFiles(input, root, options.settings ?? {});
  const began = performance.now();
  const exitCode = await run(
    [...(options.wrapper ?? []), 'bash', '--norc', join(root, 'bin/bake.sh'), ...(options.phases ?? [])],
    {
      ...process.env,
      RKE2A_CONSOLE: consoleFile,
      RKE2A_LOG: log,
      RKE2A_BIND: '127.0.0.1',
      ...options.environment,
    },
  );
  const duration = performance.now() - began;
  const text = await settled(consoleFile, root, options.phases?.at(-1));
  return { exitCode, duration, console: text, log: await readFile(log, 'utf8'), ...read(text) };
}

async function writeFiles(
  input: BuilderInput,
  root: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<void> {
  for (const file of renderBuilder(input).files) {
    const path = join(root, file.name.slice(BUILDER_ROOT.length));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content, { mode: Number.parseInt(file.mode, 8) });
  }
  const extra = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  await writeFile(join(root, 'settings.env'), extra.join(''), { flag: 'a' });
}

function run(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), { env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 128));
  });
}

/** The relay writes on its own, and ends after the script; a server that was started keeps it, then the last mark says it all. */
async function settled(path: string, root: string, last = 'serve'): Promise<string> {
  for (const deadline = performance.now() + RELAY_LIMIT; ; ) {
    const ended = !relayRuns(root);
    const text = await readFile(path, 'utf8').catch(() => '');
    const whole = last !== 'serve' && text.includes(`"phase":"${last}","percent":100`);
    if (ended || whole || (text.match(/"mark":"(error|result)"/g)?.length ?? 0) === 2) return text;
    if (performance.now() > deadline) throw new Error('the relay goes on, and no mark ended the bake');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Or the shell that is about to become it. */
function relayRuns(root: string): boolean {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(root, 'bin/'));
    } catch {
      return false; // it has gone meanwhile
    }
  });
}

function read(text: string) {
  const reader = new ConsoleReader();
  const events = [...reader.push(text), ...reader.end()];
  const marks = <Kind extends Mark['mark']>(kind: Kind) =>
    events.flatMap((event) =>
      event.kind === 'mark' && event.mark.mark === kind ? [event.mark as MarkOf<Kind>] : [],
    );
  return {
    events,
    marks,
    lines: events.flatMap((event) => (event.kind === 'line' ? [event.text] : [])),
    phases: [...new Set(marks('phase').map(({ phase }) => phase))],
    document: (name: string) =>
      events.flatMap((event) => (event.kind === 'document' && event.name === name ? [event.text] : []))[0],
  };
}

/** Ends the image server of a rehearsal, and its relay with it. */
export async function stopServer(folder: string): Promise<void> {
  const pid = Number(await readFile(join(folder, 'root/server.pid'), 'utf8').catch(() => '0'));
  if (pid > 1) {
    try {
      process.kill(pid);
    } catch {
      // It has ended already.
    }
  }
}
