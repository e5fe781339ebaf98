/**
 * Builds Kubernetes' own programs from the Go module proxy and keeps them (LAB.md §4). They are what lab/api is compared
 * with, and what lab/node is made of; without Go ≥ 1.24 that is skipped, with the reason.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from '../../src/base/log.ts';
import { mustRun, runCommand } from '../../src/base/process.ts';
import { withTempFolder } from '../../src/base/temp.ts';

export const KUBERNETES_VERSION = '1.34.4';

/** Shared by everything in this repository that is costly to make. */
export const DEFAULT_CACHE = resolve(import.meta.dirname, '../../.cache');

export type Program = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubelet';
/** A control plane without nodes. */
export const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager'] as const;
/** What a node adds to it. */
export const NODE = ['kube-scheduler', 'kubelet'] as const;
const OLDEST_GO = [1, 24] as const;

/** Paths of built programs. */
export type Programs<P extends Program> = Readonly<Record<P, string>>;

export interface BuildOptions {
  /** Where built programs are kept, in a folder per version. */
  readonly cache: string;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

/** Why the programs of a control plane cannot be built or run on this machine, or undefined if they can. */
export async function reasonToSkip(cache = DEFAULT_CACHE): Promise<string | undefined> {
  if (!(await isInstalled('etcd', ['--version']))) return 'etcd is not installed (Debian: etcd-server)';
  if (CONTROL_PLANE.every((program) => isKept(cache, program))) return undefined;
  const version = await goVersion();
  if (!version) return 'Go is not installed, and kube-apiserver is not built yet';
  const [major, minor] = version;
  const oldEnough = major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1]);
  return oldEnough
    ? undefined
    : `Go ${major}.${minor} is too old to build kube-apiserver: ${OLDEST_GO.join('.')}`;
}

/** The kept programs; built first where they are missing (minutes). Throws EnvironmentError COMMAND_FAILED. */
export async function buildPrograms<P extends Program>(
  wanted: readonly P[],
  options: BuildOptions,
): Promise<Programs<P>> {
  const { cache } = options;
  const missing = wanted.filter((program) => !isKept(cache, program));
  if (missing.length > 0) {
    await mkdir(folderOf(cache), { recursive: true });
    await withTempFolder((folder) => buildInto(missing, folder, options), folderOf(cache));
  }
  return Object.fromEntries(wanted.map((program) => [program, pathOf(cache, program)])) as Programs<P>;
}

async function buildInto(programs: readonly Program[], folder: string, options: BuildOptions): Promise<void> {
  const { log, signal, cache } = options;
  log.info(`Building ${programs.join(', ')} ${KUBERNETES_VERSION} with Go; this takes minutes, once.`);
  await writeFile(join(folder, 'go.mod'), goMod(await stagingModules(folder, signal)));
  const output = join(folder, 'bin');
  await mkdir(output);
  await mustRun(
    'nice',
    ['go', 'build', '-ldflags', linkerFlags(), '-o', output, ...programs.map(packageOf)],
    {
      cwd: folder,
      env: goEnvironment(),
      ...(signal && { signal }),
      onLine: (line) => log.debug(line),
    },
  );
  for (const program of programs) await rename(join(output, program), pathOf(cache, program));
  await rm(output, { recursive: true, force: true });
}

/** `k8s.io/kubernetes` names its staging modules by folders of its repository; outside of it they need versions. */
async function stagingModules(folder: string, signal: AbortSignal | undefined): Promise<string[]> {
  await writeFile(join(folder, 'go.mod'), 'module kubernetes-programs\n\ngo 1.24.0\n');
  const args = ['mod', 'download', '-json', `k8s.io/kubernetes@v${KUBERNETES_VERSION}`];
  const { stdout } = await mustRun('go', args, {
    cwd: folder,
    env: goEnvironment(),
    ...(signal && { signal }),
  });
  const { GoMod } = JSON.parse(stdout) as { GoMod: string };
  const text = await readFile(GoMod, 'utf8');
  return [...text.matchAll(/^\s*(k8s\.io\/[\w-]+) => \.\/staging\//gm)].map((match) => match[1]!);
}

function goMod(staging: readonly string[]): string {
  const stagingVersion = KUBERNETES_VERSION.replace(/^1\./, 'v0.');
  const replacements = staging.map((module) => `\t${module} => ${module} ${stagingVersion}`);
  return [
    'module kubernetes-programs',
    'go 1.24.0',
    `require k8s.io/kubernetes v${KUBERNETES_VERSION}`,
    `replace (\n${replacements.join('\n')}\n)\n`,
  ].join('\n\n');
}

/** Without a version of the usual form kubectl cannot parse what the server says of itself. */
function linkerFlags(): string {
  return `-s -w -X k8s.io/component-base/version.gitVersion=v${KUBERNETES_VERSION}`;
}

function packageOf(program: Program): string {
  return `k8s.io/kubernetes/cmd/${program}`;
}

function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod -buildvcs=false', GOWORK: 'off' };
}

function folderOf(cache: string): string {
  return join(cache, 'kube-apiserver', KUBERNETES_VERSION);
}

const pathOf = (cache: string, program: Program) => join(folderOf(cache), program);

const isKept = (cache: string, program: Program) => existsSync(pathOf(cache, program));

async function goVersion(): Promise<[number, number] | undefined> {
  try {
    const { stdout } = await runCommand('go', ['env', 'GOVERSION']);
    const match = /^go(\d+)\.(\d+)/.exec(stdout);
    return match ? [Number(match[1]), Number(match[2])] : undefined;
  } catch {
    return undefined;
  }
}

async function isInstalled(command: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await runCommand(command, args)).exitCode === 0;
  } catch {
    return false;
  }
}
