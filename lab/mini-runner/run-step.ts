/**
 * Runs an action as the GitHub runner does: pre, main and post as processes of their own on Node 24, INPUT_* and STATE_*,
 * command files, working folder, cancellation; post runs whenever main began (facts/actions-platform.md A1, A2, A6).
 */
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { messageOf, UserError } from '../../src/base/errors.ts';
import { withTempFolder } from '../../src/base/temp.ts';
import { artifactProblems } from './artifacts.ts';
import { type CommandFiles, createCommandFiles } from './command-files.ts';
import { jobEnvironment } from './job-environment.ts';
import { type Annotation, StepLog } from './log.ts';
import { type ActionMetadata, type Condition, inputEnvironment, readAction } from './metadata.ts';
import { type Grace, RUNNER_GRACE, runProcess, type StageProcess } from './stage-process.ts';

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
  /** Called when main has ended, before post. */
  readonly onMainEnd?: () => void;
  /** Cancels main this many milliseconds after the step began. */
  readonly cancelAfter?: number;
  /** Milliseconds of the cancellation steps, where a test cannot wait for the runner's own. */
  readonly grace?: Partial<Grace>;
  /** Kills main with SIGKILL instead of cancelling, and runs no post: a runner that died. */
  readonly dieOnSignal?: boolean;
  /** Post gets nothing of what main saved: its state was lost. */
  readonly loseState?: boolean;
  readonly debug?: boolean;
  /** What the processes are run by, such as `nsenter --net=…`; it must become the process, for signals are sent to it. */
  readonly wrapper?: readonly string[];
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
  /** Lines of $GITHUB_ARTIFACTS, comments taken out. */
  readonly artifacts: readonly string[];
  /** What later steps would find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What later steps would find in front of their PATH, last added first. */
  readonly path: readonly string[];
  readonly exitCodes: Readonly<Partial<Record<StageName, number>>>;
}

type StageName = 'pre' | 'main' | 'post';

/** Variables that a step cannot hand to later ones (actions/runner FileCommandManager.cs). */
const BLOCKED = ['NODE_OPTIONS'];

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
  readonly #signal: AbortSignal;
  readonly #state: Record<string, string> = {};
  readonly #outputs: Record<string, string> = {};
  readonly #env: Record<string, string> = {};
  readonly #path: string[] = [];
  readonly #artifacts: string[] = [];
  readonly #processes: StageProcess[] = [];
  readonly #exitCodes: Partial<Record<StageName, number>> = {};
  #summary = '';
  #conclusion: Conclusion = 'success';

  constructor(action: ActionMetadata, options: StepOptions, folder: string) {
    const { onLine, debug = false, signal, cancelAfter } = options;
    this.#action = action;
    this.#options = options;
    this.#folder = folder;
    this.#log = new StepLog({ onLine, debug });
    const limit = cancelAfter === undefined ? [] : [AbortSignal.timeout(cancelAfter)];
    this.#signal = AbortSignal.any([...(signal ? [signal] : []), ...limit]);
  }

  async run(): Promise<StepResult> {
    const { pre, main, post } = this.#action;
    const { env, warnings } = inputEnvironment(this.#action, this.#options.inputs);
    for (const warning of warnings) this.#log.raise('warning', warning);
    const job = await jobEnvironment(this.#folder, this.#options.workspace);
    const variables = {
      ...job,
      ...(this.#options.debug && { RUNNER_DEBUG: '1' }),
      ...this.#options.env,
      ...env,
    };
    try {
      if (pre && this.#holds(pre.condition)) await this.#stage('pre', pre.script, variables);
      if (this.#conclusion === 'success') await this.#stage('main', main, variables);
      this.#options.onMainEnd?.();
      const died = this.#options.dieOnSignal && this.#signal.aborted;
      if (post && !died && this.#holds(post.condition)) await this.#stage('post', post.script, variables);
    } finally {
      for (const one of this.#processes) one.endOrphans();
    }
    return this.#result();
  }

  #result(): StepResult {
    return {
      conclusion: this.#conclusion,
      outputs: this.#outputs,
      lines: this.#log.lines,
      annotations: this.#log.annotations,
      summary: this.#log.masked(this.#summary),
      artifacts: this.#artifacts,
      env: this.#env,
      path: this.#path,
      exitCodes: this.#exitCodes,
    };
  }

  /** Status functions look at the job, which so far is this step. */
  #holds(condition: Condition): boolean {
    if (condition === 'always()') return true;
    return condition === 'success()' ? this.#conclusion === 'success' : this.#conclusion === 'failure';
  }

  async #stage(name: StageName, script: string, variables: Readonly<Record<string, string>>): Promise<void> {
    if (!existsSync(script))
      throw new UserError('ACTION_SCRIPT', `File not found: '${script}'`, { mend: 'Run "npm run build".' });
    const files = await createCommandFiles(this.#folder, name);
    const kept = this.#options.loseState ? {} : this.#state;
    const state = Object.entries(kept).map(([key, value]) => [`STATE_${key}`, value]);
    const env = { ...variables, ...this.#env, ...Object.fromEntries(state), ...files.env };
    const path = [...this.#path, env.PATH].join(delimiter);
    // A cancelled job still runs its post steps to their end.
    const signal = name === 'post' ? undefined : this.#signal;
    const ended = await runProcess({
      script,
      wrapper: this.#options.wrapper ?? [],
      env: { ...env, PATH: path },
      cwd: env.GITHUB_WORKSPACE!,
      grace: { ...RUNNER_GRACE, ...this.#options.grace },
      onLine: (line) => this.#log.push(line),
      signal,
      dies: this.#options.dieOnSignal ?? false,
    });
    this.#processes.push(ended);
    this.#exitCodes[name] = ended.exitCode;
    if (ended.exitCode !== 0) this.#fail();
    await this.#collect(files, env.GITHUB_WORKSPACE!);
    if (signal?.aborted) this.#conclusion = 'cancelled';
  }

  #fail(): void {
    if (this.#conclusion === 'success') this.#conclusion = 'failure';
  }

  async #collect(files: CommandFiles, workspace: string): Promise<void> {
    await this.#reading('state', async () => Object.assign(this.#state, await files.pairs('STATE')));
    await this.#reading('output', async () => this.#takeOutputs(await files.pairs('OUTPUT')));
    await this.#reading('env', async () => this.#takeVariables(await files.pairs('ENV')));
    await this.#reading('path', async () => this.#path.unshift(...(await files.lines('PATH')).reverse()));
    await this.#reading('artifacts', async () =>
      this.#takeArtifacts(await files.lines('ARTIFACTS'), workspace),
    );
    const { markdown, problem } = await files.summary();
    if (problem) this.#log.raise('error', problem);
    this.#summary += markdown;
  }

  /** A command file that cannot be read fails the step. */
  async #reading(name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.raise('error', `Unable to process file command '${name}' successfully.`);
      this.#log.raise('error', messageOf(error));
      this.#fail();
    }
  }

  #takeOutputs(pairs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(pairs)) {
      if (this.#log.holdsSecret(value))
        this.#log.raise('warning', `Skip output '${name}' since it may contain secret.`);
      else this.#outputs[name] = value;
    }
  }

  #takeVariables(pairs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(pairs)) {
      if (BLOCKED.includes(name.toUpperCase()))
        this.#log.raise('error', `Can't store ${name} output parameter using '$GITHUB_ENV' command.`);
      else this.#env[name] = value;
    }
  }

  async #takeArtifacts(lines: readonly string[], workspace: string): Promise<void> {
    if (lines.length === 0) return;
    this.#artifacts.push(...lines);
    const problems = await artifactProblems(this.#artifacts, workspace);
    if (problems.length > 0) throw new UserError('ARTIFACTS', problems.join(' '));
  }
}
