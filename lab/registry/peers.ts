/**
 * The programs that people push images with today, for comparison and to read back what was pushed: crane and regctl built from the
 * Go module proxy in fixed versions and kept, skopeo from Debian (LAB.md §6). Without Go that is skipped, with the reason.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from '../../src/base/log.ts';
import { mustRun, runCommand } from '../../src/base/process.ts';
import { withTempFolder } from '../../src/base/temp.ts';

export type BuiltPeer = 'crane' | 'regctl';
export type Peer = BuiltPeer | 'skopeo';

interface GoProgram {
  readonly version: string;
  readonly package: string;
}

const GO_PROGRAMS: Readonly<Record<BuiltPeer, GoProgram>> = {
  crane: { version: '0.22.1', package: 'github.com/google/go-containerregistry/cmd/crane' },
  regctl: { version: '0.11.7', package: 'github.com/regclient/regclient/cmd/regctl' },
};

const DEFAULT_CACHE = resolve(import.meta.dirname, '../../.cache');

export interface PeerOptions {
  /** Where built programs are kept, in a folder per program and version; default: that of the repository. */
  readonly cache?: string;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

/** Why one of `peers` cannot be had on this machine, or undefined if all can. */
export async function reasonToSkip(
  peers: readonly Peer[],
  cache = DEFAULT_CACHE,
): Promise<string | undefined> {
  if (peers.includes('skopeo') && !(await runs('skopeo', '--version')))
    return 'skopeo is not installed (Debian: skopeo)';
  const missing = peers.filter(isBuilt).filter((peer) => !existsSync(pathOf(peer, cache)));
  if (missing.length === 0 || (await runs('go', 'version'))) return undefined;
  return `Go is not installed, and ${missing.join(' and ')} not built yet`;
}

/** Commands of `peers`; what is missing is built first (half a minute each). Throws EnvironmentError COMMAND_FAILED. */
export async function preparePeers<P extends Peer>(
  peers: readonly P[],
  options: PeerOptions,
): Promise<Readonly<Record<P, string>>> {
  const commands: [Peer, string][] = [];
  for (const peer of peers) commands.push([peer, isBuilt(peer) ? await prepare(peer, options) : peer]);
  return Object.fromEntries(commands) as Record<P, string>;
}

/** `crane 0.22.1`: for the heads of tables. */
export async function peerVersion(peer: Peer): Promise<string> {
  if (isBuilt(peer)) return `${peer} ${GO_PROGRAMS[peer].version}`;
  const { stdout } = await mustRun('skopeo', ['--version']);
  return `skopeo ${/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'of unknown version'}`;
}

async function prepare(
  peer: BuiltPeer,
  { cache = DEFAULT_CACHE, log, signal }: PeerOptions,
): Promise<string> {
  const kept = pathOf(peer, cache);
  if (existsSync(kept)) return kept;
  const { version, package: source } = GO_PROGRAMS[peer];
  log.info(`Building ${peer} ${version} with Go; this takes half a minute, once.`);
  await mkdir(join(kept, '..'), { recursive: true });
  await withTempFolder(
    async (folder) => {
      await mustRun('nice', ['go', 'install', '-ldflags', '-s -w', `${source}@v${version}`], {
        cwd: folder,
        env: { ...process.env, CGO_ENABLED: '0', GOBIN: folder, GOFLAGS: '', GOWORK: 'off' },
        ...(signal && { signal }),
        onLine: (line) => log.debug(line),
      });
      await rename(join(folder, peer), kept);
    },
    join(kept, '..'),
  );
  return kept;
}

const isBuilt = (peer: Peer): peer is BuiltPeer => peer in GO_PROGRAMS;

const pathOf = (peer: BuiltPeer, cache: string) =>
  join(cache, 'peers', `${peer}-${GO_PROGRAMS[peer].version}`, peer);

async function runs(command: string, argument: string): Promise<boolean> {
  return runCommand(command, [argument]).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}
