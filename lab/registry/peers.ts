/**
 * The programs that people push images with today, for comparison and to read back what was pushed: crane and regctl built from the
 * Go module proxy in fixed versions and kept, skopeo from Debian (LAB.md §6). Without Go that is skipped, with the reason.
 */
import { mustRun } from '../../src/base/process.ts';
import { type GoBuildOptions, type GoProgram, keepGoProgram, reasonNotToBuild, runs } from './go-program.ts';

export type BuiltPeer = 'crane' | 'regctl';
export type Peer = BuiltPeer | 'skopeo';

const GO_PROGRAMS: Readonly<Record<BuiltPeer, GoProgram>> = {
  crane: {
    name: 'crane',
    version: '0.22.1',
    package: 'github.com/google/go-containerregistry/cmd/crane',
    takes: 'half a minute',
  },
  regctl: {
    name: 'regctl',
    version: '0.11.7',
    package: 'github.com/regclient/regclient/cmd/regctl',
    takes: 'half a minute',
  },
};

/** Why one of `peers` cannot be had on this machine, or undefined if all can. */
export async function reasonToSkip(peers: readonly Peer[], cache?: string): Promise<string | undefined> {
  if (peers.includes('skopeo') && !(await runs('skopeo', '--version')))
    return 'skopeo is not installed (Debian: skopeo)';
  return reasonNotToBuild(
    peers.filter(isBuilt).map((peer) => GO_PROGRAMS[peer]),
    cache,
  );
}

/** Commands of `peers`; what is missing is built first (half a minute each). Throws EnvironmentError COMMAND_FAILED. */
export async function preparePeers<P extends Peer>(
  peers: readonly P[],
  options: GoBuildOptions,
): Promise<Readonly<Record<P, string>>> {
  const commands: [Peer, string][] = [];
  for (const peer of peers)
    commands.push([peer, isBuilt(peer) ? await keepGoProgram(GO_PROGRAMS[peer], options) : peer]);
  return Object.fromEntries(commands) as Record<P, string>;
}

/** `crane 0.22.1`: for the heads of tables. */
export async function peerVersion(peer: Peer): Promise<string> {
  if (isBuilt(peer)) return `${peer} ${GO_PROGRAMS[peer].version}`;
  const { stdout } = await mustRun('skopeo', ['--version']);
  return `skopeo ${/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'of unknown version'}`;
}

const isBuilt = (peer: Peer): peer is BuiltPeer => peer in GO_PROGRAMS;
