/** Programs of other projects, built from the Go module proxy in fixed versions and kept (LAB.md §6). */
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Logger } from '../../src/base/log.ts';
import { mustRun, runCommand } from '../../src/base/process.ts';
import { withTempFolder } from '../../src/base/temp.ts';

export interface GoProgram {
  readonly name: string;
  readonly version: string;
  /** As `go install` takes it; its last part is the program's name. */
  readonly package: string;
  /** How long it takes, for the log: `half a minute`. */
  readonly takes: string;
}

export interface GoBuildOptions {
  /** Where built programs are kept, in a folder per program and version; default: that of the repository. */
  readonly cache?: string;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

const DEFAULT_CACHE = resolve(import.meta.dirname, '../../.cache');

/** Why one of `programs` cannot be had on this machine, or undefined if all can. */
export async function reasonNotToBuild(
  programs: readonly GoProgram[],
  cache = DEFAULT_CACHE,
): Promise<string | undefined> {
  const missing = programs.filter((program) => !existsSync(pathOf(program, cache)));
  if (missing.length === 0 || (await runs('go', 'version'))) return undefined;
  return `Go is not installed, and ${missing.map(({ name }) => name).join(' and ')} not built yet`;
}

/** The kept program's path; built first where it is missing. Throws EnvironmentError COMMAND_FAILED. */
export async function keepGoProgram(program: GoProgram, options: GoBuildOptions): Promise<string> {
  const { log, signal, cache = DEFAULT_CACHE } = options;
  const kept = pathOf(program, cache);
  if (existsSync(kept)) return kept;
  log.info(`Building ${program.name} ${program.version} with Go; this takes ${program.takes}, once.`);
  const folder = join(kept, '..');
  await mkdir(folder, { recursive: true });
  await withTempFolder(async (bin) => {
    const source = `${program.package}@v${program.version}`;
    await mustRun('nice', ['go', 'install', '-ldflags', '-s -w', source], {
      cwd: bin,
      env: { ...process.env, CGO_ENABLED: '0', GOBIN: bin, GOFLAGS: '', GOWORK: 'off' },
      ...(signal && { signal }),
      onLine: (line) => log.debug(line),
    });
    await rename(join(bin, basename(program.package)), kept);
  }, folder);
  return kept;
}

const pathOf = ({ name, version }: GoProgram, cache: string) =>
  join(cache, 'peers', `${name}-${version}`, name);

/** Whether the command is there and answers `argument` with success. */
export async function runs(command: string, argument: string): Promise<boolean> {
  return runCommand(command, [argument]).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}
