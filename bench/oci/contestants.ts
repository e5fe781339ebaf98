/**
 * Who pushes: our action as the runner starts it, and what people use today, each with what it needs to begin from a `.tar.gz`
 * (facts/oci.md §1): crane and skopeo read plain tars alone, so gunzip belongs to them.
 */
import { join } from 'node:path';
import type { Peer } from '../../lab/registry/peers.ts';
import { inputVariable } from '../../src/runner/inputs.ts';
import type { Command } from './measured.ts';

export type Contestant = 'ours' | Peer;

/** One push. */
export interface Push {
  readonly archive: string;
  /** `127.0.0.1:34567`, plain HTTP. */
  readonly host: string;
  readonly repository: string;
  /** Fresh: home, caches and temporary files. */
  readonly folder: string;
}

export type Peers = Readonly<Record<Peer, string>>;

const TAG = '1.0.0';
const ROOT = join(import.meta.dirname, '../..');

/** Unpacks `$1` to `$2`, then runs the rest. */
const GUNZIP_FIRST = 'gunzip -c "$1" > "$2" && shift 2 && "$@"';

export function commandOf(contestant: Contestant, push: Push, peers: Peers): Command {
  if (contestant === 'ours') return ours(push);
  const { archive, host, repository, folder } = push;
  const target = `${host}/${repository}:${TAG}`;
  const tar = join(folder, 'archive.tar');
  const afterGunzip = (argv: readonly string[]) => [
    ...['bash', '-c', GUNZIP_FIRST, 'bash', archive, tar],
    ...argv,
  ];
  const env = { HOME: folder, TMPDIR: folder };
  switch (contestant) {
    case 'crane':
      return { argv: afterGunzip([peers.crane, 'push', '--insecure', tar, target]), env, cwd: folder };
    case 'skopeo': {
      const source = `docker-archive:${tar}`;
      const argv = [peers.skopeo, 'copy', '--quiet', '--dest-tls-verify=false', source, `docker://${target}`];
      // As any user: root's cache of blobs would be one for all rounds, outside of HOME.
      const own = { _CONTAINERS_ROOTLESS_UID: '1000', XDG_DATA_HOME: join(folder, 'share') };
      return { argv: afterGunzip(argv), env: { ...env, ...own }, cwd: folder };
    }
    case 'regctl': {
      const argv = [peers.regctl, '--host', `reg=${host},tls=disabled`, 'image', 'import', target, archive];
      return { argv, env, cwd: folder };
    }
  }
}

const RUNNER_FILES = ['OUTPUT', 'STATE', 'STEP_SUMMARY'] as const;

/** The files that a runner makes before an action starts. */
export const runnerFilesOf = (folder: string) => RUNNER_FILES.map((name) => join(folder, name));

/** Where the outputs of our action are, in the runner's format. */
export const outputsOf = (folder: string) => join(folder, 'OUTPUT');

function ours(push: Push): Command {
  const inputs = {
    files: push.archive,
    registry: push.host,
    repository: push.repository,
    tag: TAG,
    'plain-http': 'true',
  };
  const given = Object.entries(inputs).map(([name, value]) => [inputVariable(name), value]);
  const files = RUNNER_FILES.map((name) => [`GITHUB_${name}`, join(push.folder, name)]);
  return {
    argv: [process.execPath, join(ROOT, 'dist', 'oci-tarball-push', 'main.js')],
    cwd: push.folder,
    env: {
      GITHUB_ACTIONS: 'true',
      HOME: push.folder,
      RUNNER_TEMP: push.folder,
      ...Object.fromEntries(files),
      ...Object.fromEntries(given),
    },
  };
}
