/**
 * The bake on this machine, with the very scripts that the utility VM runs: staged into a private folder, run as a child
 * process, marks read from its stdout instead of a serial console. No root, no mounts, nothing outside of the folder.
 */
import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { abortReason, throwIfAborted, withTimeLimit } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError, UserError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { runCommand } from '../base/process.ts';
import { endMarked, markedProcesses, PROCESS_MARK } from '../base/process-mark.ts';
import { stagedDownload } from '../recipe/customize.ts';
import { bakeFiles } from './builder.ts';
import { type FetchContext, fetchLocked, type LockedFile } from './fetch.ts';
import { guestfsSockets, removeSockets } from './guestfs-sockets.ts';
import type { BuilderInput } from './input.ts';
import { type Machine, requireEquipped, requireSpace, thisMachine } from './machine.ts';
import type { PhaseName } from './marks.ts';
import { MINIMUM_FREE } from './settings.ts';

/** What bake.sh runs here: this machine is prepared and the downloads are made before, nobody is served after. */
const PHASES: readonly PhaseName[] = ['accelerate', 'customize', 'compress', 'probe', 'hash'];
/** Milliseconds between asking the bake's processes to end and ending them. */
const GRACE = 1500;
/** What a user may have set for libguestfs; nothing else of the environment is the bake's business. */
const PASSED_ON = /^(LIBGUESTFS|SUPERMIN)_/;

export interface LocalBakeOptions {
  readonly input: BuilderInput;
  /** Holds everything the bake writes; is made, and must not exist. */
  readonly folder: string;
  /** Downloads stay here for later runs. */
  readonly cacheFolder?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: this machine. */
  readonly machine?: Machine;
}

export type PrepareContext = Pick<FetchContext, 'http' | 'clock' | 'log' | 'progress' | 'signal'>;

export class LocalBake {
  readonly #options: LocalBakeOptions;

  constructor(options: LocalBakeOptions) {
    this.#options = options;
  }

  /** The finished image, once the bake has ended well. */
  get image(): string {
    return join(this.#options.folder, 'work', 'golden.qcow2');
  }

  /**
   * Sees that this machine can bake, makes the folder and downloads what the recipe names. UserErrors RUNNER_NOT_EQUIPPED,
   * RUNNER_DISK_FULL, BAKE_FOLDER_EXISTS; EnvironmentErrors of the downloads.
   */
  async prepare(context: PrepareContext): Promise<void> {
    const { folder, machine } = this.#options;
    requireEquipped(machine ?? (await thisMachine()));
    await makePrivateFolder(folder);
    await requireSpace([{ folder, bytes: MINIMUM_FREE }], 'begin a bake');
    await this.#stage();
    await this.#downloadInTime(context);
  }

  /**
   * Runs the bake; its lines, marks among them, until it ends. Whoever stops reading ends the bake: when the last line was
   * taken or the iterator returned, none of its processes is left.
   */
  async *lines(signal: AbortSignal): AsyncGenerator<string> {
    const { folder } = this.#options;
    throwIfAborted(signal);
    const lines = new Readable({ objectMode: true, read() {} });
    const running = runCommand('bash', ['--norc', join(folder, 'bin', 'bake.sh'), ...PHASES], {
      cwd: folder,
      env: this.#environment(),
      onLine: (line) => lines.push(line),
    }).then(
      () => lines.push(null),
      (error: Error) => lines.destroy(error),
    );
    const onAbort = () => lines.destroy(abortReason(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      yield* lines;
    } finally {
      signal.removeEventListener('abort', onAbort);
      await endProcesses(folder);
      await running;
    }
  }

  #environment(): Record<string, string> {
    const { environment, folder } = this.#options;
    const passed = Object.entries(environment).filter(
      (entry): entry is [string, string] => PASSED_ON.test(entry[0]) && entry[1] !== undefined,
    );
    return {
      ...Object.fromEntries(passed),
      RKE2A_CONSOLE: '-',
      RKE2A_LOG: '',
      RKE2A_HOME: folder,
      [PROCESS_MARK]: folder,
    };
  }

  async #stage(): Promise<void> {
    const { folder, input } = this.#options;
    for (const { name, content, mode } of bakeFiles(input)) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      await chmod(path, Number.parseInt(mode, 8)); // whatever the umask is
    }
    await mkdir(join(folder, 'work'), { recursive: true });
  }

  async #downloadInTime(context: PrepareContext): Promise<void> {
    const { download } = this.#options.input.limits;
    const limit = withTimeLimit(context.clock, download, context.signal, () => tooSlow(download));
    try {
      await this.#download({ ...context, signal: limit.signal });
    } finally {
      limit.clear();
    }
  }

  async #download(context: PrepareContext): Promise<void> {
    const { folder, input, cacheFolder } = this.#options;
    const { base, recipe } = input;
    const files: [LockedFile, string][] = [
      [{ title: 'the base image', ...base, qcow2: true }, join(folder, 'work', 'base.qcow2')],
      ...recipe.downloads.map((item): [LockedFile, string] => [
        { title: item.path, url: item.url, sha256: item.sha256, qcow2: false },
        join(folder, 'stage', stagedDownload(item)),
      ]),
    ];
    for (const [file, path] of files) {
      await mkdir(dirname(path), { recursive: true });
      const room = (bytes: number, cached: boolean) => this.#room(file, bytes, cached);
      await fetchLocked(file, path, { ...context, cacheFolder, room });
    }
  }

  /** The image is there three times over: as downloaded, changed, and written anew. */
  #room({ title, qcow2 }: LockedFile, bytes: number, cached: boolean): Promise<void> {
    const { folder, cacheFolder } = this.#options;
    const claims = [
      { folder, bytes: qcow2 ? 3 * bytes + MINIMUM_FREE : bytes },
      ...(cacheFolder && !cached ? [{ folder: cacheFolder, bytes }] : []),
    ];
    return requireSpace(claims, `download ${title} and change it`);
  }
}

function tooSlow(limit: number): EnvironmentError {
  return new EnvironmentError(
    'DOWNLOAD_TIMEOUT',
    `The downloads took longer than ${formatDuration(limit)}.`,
    {
      mend: 'Use a nearer mirror, or raise download-timeout.',
    },
  );
}

async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new UserError(
      'BAKE_FOLDER_EXISTS',
      `${folder} is there already: another build of this run bakes in it.`,
      {
        mend: 'Let one build end before the next one of the same run begins.',
        cause: error,
      },
    );
  });
}

/**
 * Ends what is left of a bake in `folder`, whoever started it, and removes the folder; true if there was something. What
 * cannot be ended within a few seconds is a warning.
 */
export async function removeLocalBake(folder: string, log: Logger): Promise<boolean> {
  const left = await endProcesses(folder);
  if (left.length > 0) log.warning(`still running: processes ${left.join(', ')} of the bake in ${folder}`);
  const was = await stat(folder).catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
  return was !== undefined;
}

/** Not by their group: `timeout` and guestfish put what they start into groups of their own. Returns who is left. */
async function endProcesses(folder: string): Promise<number[]> {
  const sockets = await guestfsSockets(await markedProcesses(folder));
  const left = await endMarked(folder, { grace: GRACE });
  await removeSockets(sockets);
  return left;
}
