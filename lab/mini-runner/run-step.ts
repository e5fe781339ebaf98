/**
 * Runs an action as the GitHub runner does: pre, main and post as processes of their own on Node 24, INPUT_* and STATE_*, command
 * files, working folder, and on cancel SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL for the process tree; post runs whenever main
 * began (facts/actions-platform.md A1, A2, A6).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../../src/base/errors.ts';
import { withTempFolder } from '../../src/base/temp.ts';
import { createCommandFiles } from './command-files.ts';
import { type Annotation, StepLog } from './log.ts';
import { type ActionMetadata, type Condition, inputEnvironment, readAction } from './metadata.ts';

export interface StepOptions {
  /** Folder with action.yml. */
  readonly actionFolder: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** The job's environment, on top of a minimal one; the caller's own is not inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working folder of the process; default: a temporary one. */
  readonly workspace?: string;
  /** Cancels main, as a user's cancel does. */
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
  /** Milliseconds of the cancellation steps. Default: the runner's 7500 and 2500. */
  readonly grace?: { readonly interrupt: number; readonly terminate: number };
  /** Kills main with SIGKILL instead of cancelling, and runs no post: a runner that died. */
  readonly dieOnSignal?: boolean;
  readonly debug?: boolean;
}

export type Conclusion = 'success' | 'failure' | 'cancelled';

export interface StepResult {
  readonly conclusion: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
  /** Masked, commands taken out. */
  readonly lines: readonly string[];
  readonly annotations: readonly Annotation[];
  /** Markdown of all stages. */
  readonly summary: string;
  readonly artifacts: readonly string[];
  readonly exitCodes: Readonly<Partial<Record<StageName, number>>>;
}

type StageName = 'pre' | 'main' | 'post';

const DEFAULT_GRACE = { interrupt: 7500, terminate: 2500 };

/** Runs pre, main and post. */
export async function runStep(options: StepOptions): Promise<StepResult> {
  const action = await readAction(options.actionFolder);
  return withTempFolder((folder) => new Step(action, options, folder).run());
}

class Step {
  readonly #action: ActionMetadata;
  readonly #options: StepOptions;
  readonly #folder: string;
  readonly #log: StepLog;
  readonly #state: Record<string, string> = {};
  readonly #outputs: Record<string, string> = {};
  readonly #artifacts: string[] = [];
  readonly #exitCodes: Partial<Record<StageName, number>> = {};
  #summary = '';
  #conclusion: Conclusion = 'success';

  constructor(action: ActionMetadata, options: StepOptions, folder: string) {
    this.#action = action;
    this.#options = options;
    this.#folder = folder;
    this.#log = new StepLog({ onLine: options.onLine, debug: options.debug ?? false });
  }

  async run(): Promise<StepResult> {
    const { pre, main, post } = this.#action;
    const { env, warnings } = inputEnvironment(this.#action, this.#options.inputs);
    for (const warning of warnings) this.#log.push(`::warning::${warning}`);
    if (pre && this.#holds(pre.condition)) await this.#stage('pre', pre.script, env);
    if (this.#conclusion === 'success') await this.#stage('main', main, env);
    const died = this.#options.dieOnSignal && this.#options.signal?.aborted;
    if (post && !died && this.#holds(post.condition)) await this.#stage('post', post.script, env);
    return {
      conclusion: this.#conclusion,
      outputs: this.#outputs,
      lines: this.#log.lines,
      annotations: this.#log.annotations,
      summary: this.#log.masked(this.#summary),
      artifacts: this.#artifacts,
      exitCodes: this.#exitCodes,
    };
  }

  #holds(condition: Condition): boolean {
    if (condition === 'always()') return true;
    return condition === 'success()' ? this.#conclusion === 'success' : this.#conclusion === 'failure';
  }

  async #stage(name: StageName, script: string, inputs: Readonly<Record<string, string>>): Promise<void> {
    if (!existsSync(script))
      throw new UserError('ACTION_SCRIPT', `File not found: '${script}'`, { mend: 'Run "npm run build".' });
    const files = await createCommandFiles(this.#folder, name);
    const state = Object.fromEntries(
      Object.entries(this.#state).map(([key, value]) => [`STATE_${key}`, value]),
    );
    const env = { ...(await this.#environment()), ...inputs, ...state, ...files.env };
    // A cancelled job still runs its post steps to their end.
    const signal = name === 'post' ? undefined : this.#options.signal;
    const exitCode = await this.#spawn(script, env, signal);
    this.#exitCodes[name] = exitCode;
    await this.#collect(files);
    if (signal?.aborted) this.#conclusion = 'cancelled';
    else if (exitCode !== 0 && this.#conclusion === 'success') this.#conclusion = 'failure';
  }

  async #environment(): Promise<Record<string, string>> {
    const workspace = this.#options.workspace ?? join(this.#folder, 'workspace');
    const temp = join(this.#folder, 'temp');
    const tools = join(this.#folder, 'tools');
    for (const folder of [workspace, temp, tools]) await mkdir(folder, { recursive: true });
    return {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? this.#folder,
      LANG: process.env.LANG ?? 'C.UTF-8',
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: workspace,
      GITHUB_RUN_ID: '1',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_REPOSITORY: 'org/repository',
      GITHUB_SERVER_URL: 'https://github.com',
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: 'X64',
      RUNNER_TEMP: temp,
      RUNNER_TOOL_CACHE: tools,
      ...(this.#options.debug && { RUNNER_DEBUG: '1' }),
      ...this.#options.env,
    };
  }

  async #spawn(
    script: string,
    env: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const child = spawn(process.execPath, [script], {
      cwd: env.GITHUB_WORKSPACE,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const readers = [child.stdout, child.stderr].map((stream) => createInterface({ input: stream }));
    for (const reader of readers) reader.on('line', (line) => this.#log.push(line));
    const cancellation = new Cancellation(
      child,
      this.#options.grace ?? DEFAULT_GRACE,
      this.#options.dieOnSignal ?? false,
    );
    const cancel = () => cancellation.start();
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    const [code, name] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    signal?.removeEventListener('abort', cancel);
    cancellation.end();
    return code ?? (name === 'SIGKILL' ? 137 : 130);
  }

  async #collect(files: Awaited<ReturnType<typeof createCommandFiles>>): Promise<void> {
    Object.assign(this.#state, await files.pairs('STATE'));
    for (const [name, value] of Object.entries(await files.pairs('OUTPUT'))) {
      if (this.#log.holdsSecret(value))
        this.#log.push(`::warning::Skip output '${name}' since it may contain secret.`);
      else this.#outputs[name] = value;
    }
    this.#artifacts.push(...(await files.lines('ARTIFACTS')));
    const { markdown, problem } = await files.summary();
    if (problem) this.#log.push(`::error::${problem}`);
    this.#summary += markdown;
  }
}

/** SIGINT to the action, then SIGTERM, then SIGKILL to its whole process group. */
class Cancellation {
  readonly #child: ChildProcess;
  readonly #grace: { readonly interrupt: number; readonly terminate: number };
  readonly #die: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, grace: { interrupt: number; terminate: number }, die: boolean) {
    this.#child = child;
    this.#grace = grace;
    this.#die = die;
  }

  start(): void {
    if (this.#die) this.#killTree();
    else this.#interrupt();
  }

  #interrupt(): void {
    this.#child.kill('SIGINT');
    this.#timer = setTimeout(() => {
      this.#child.kill('SIGTERM');
      this.#timer = setTimeout(() => this.#killTree(), this.#grace.terminate);
    }, this.#grace.interrupt);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#killTree();
  }

  /** Children that outlive the action are ended too: the runner leaves no orphans behind. */
  #killTree(): void {
    try {
      if (this.#child.pid) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // Nothing is left of the group.
    }
  }
}
