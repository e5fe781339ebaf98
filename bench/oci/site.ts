/** What all parts of the benchmark stand on: archives that are kept, a registry on loopback, the peers, and fresh folders. */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeLargeArchive } from '../../lab/fixtures/archives/large.ts';
import { preparePeers, reasonToSkip as reasonToLackPeers } from '../../lab/registry/peers.ts';
import { reasonToSkip as reasonToLackRegistry, startDebianRegistry } from '../../lab/registry/real.ts';
import { EnvironmentError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/process.ts';
import { withTempFolder } from '../../src/base/temp.ts';
import {
  type Contestant,
  commandOf,
  outputsOf,
  type Peers,
  type Push,
  runnerFilesOf,
} from './contestants.ts';
import { writeMachineArchive } from './machine-archive.ts';
import { type Command, measure, mustMeasure, type Outcome } from './measured.ts';

const CACHE = join(import.meta.dirname, '../../.cache/bench-oci');

export interface Site {
  /** docker-registry 2.8, `127.0.0.1:34567`. */
  readonly host: string;
  /** A `.tar.gz` of this machine's files, some 640 MB, or one from a seed of about so many bytes before compression. */
  archive(size: number | 'machine'): Promise<string>;
  /** Runs a push in a folder of its own; throws where it fails. */
  push(contestant: Contestant, push: Omit<Push, 'folder'>): Promise<Outcome & { readonly outputs: Outputs }>;
  /** The same in a folder that stays. */
  pushIn(folder: string, contestant: Contestant, push: Omit<Push, 'folder'>): Promise<Outcome>;
  /** The same, whatever its end; killed after `limit` milliseconds. */
  tryPush(contestant: Contestant, push: Omit<Push, 'folder'>, limit: number): Promise<Outcome>;
  newFolder(): Promise<string>;
  newRepository(): string;
}

/** What each part of the benchmark gets. */
export interface PartOptions {
  readonly site: Site;
  /** The `.tar.gz`. */
  readonly archive: string;
  readonly rounds: number;
}

/** What our action said; empty for others. */
export type Outputs = Readonly<Record<string, string>>;

/** Throws EnvironmentError BENCH_IMPOSSIBLE where the machine lacks something. */
export async function withSite<T>(work: (site: Site) => Promise<T>): Promise<T> {
  const reason =
    (await reasonToLackPeers(['crane', 'regctl', 'skopeo'])) ??
    (await reasonToLackRegistry('distribution-2.8'));
  if (reason) throw new EnvironmentError('BENCH_IMPOSSIBLE', `There is nothing to compare with: ${reason}.`);
  const log = { ...silentLogger, info: (line: string) => console.log(line) };
  const peers = await preparePeers(['crane', 'regctl', 'skopeo'], { log });
  await mkdir(CACHE, { recursive: true });
  // Beside the archives, so that all of it is on one disk.
  return withTempFolder(async (folder) => {
    const registry = await startDebianRegistry({ folder: join(folder, 'registry') });
    try {
      return await work(siteIn(folder, registry.host, peers));
    } finally {
      await registry.close();
    }
  }, CACHE);
}

function siteIn(work: string, host: string, peers: Peers): Site {
  let repositories = 0;
  const newFolder = () => mkdtemp(join(work, 'run-'));
  const within = async <T>(run: (folder: string) => Promise<T>): Promise<T> => {
    const folder = await newFolder();
    try {
      return await run(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  const commandIn = async (contestant: Contestant, push: Push): Promise<Command> => {
    for (const path of runnerFilesOf(push.folder)) await appendFile(path, '');
    // What others left to be written is not this one's to wait for.
    await mustRun('sync', []);
    return commandOf(contestant, push, peers);
  };
  return {
    host,
    archive: keptArchive,
    newFolder,
    newRepository: () => `bench/app-${++repositories}`,
    push: (contestant, push) =>
      within(async (folder) => {
        const outcome = await mustMeasure(await commandIn(contestant, { ...push, folder }));
        return { ...outcome, outputs: await readOutputs(outputsOf(folder)) };
      }),
    pushIn: async (folder, contestant, push) => mustMeasure(await commandIn(contestant, { ...push, folder })),
    tryPush: (contestant, push, limit) =>
      within(async (folder) => measure({ ...(await commandIn(contestant, { ...push, folder })), limit })),
  };
}

/** As Docker 24 saves it: of the OCI layout that later ones write, regctl pushes the layers without compressing them. */
async function keptArchive(size: number | 'machine'): Promise<string> {
  const name = size === 'machine' ? 'files' : `${size / 1e6}`;
  const path = join(CACHE, `app-${name}-v1.0.0-amd64.tar.gz`);
  if (existsSync(path)) return path;
  console.log('Making an archive, once.');
  if (size === 'machine') await writeMachineArchive(`${path}.part`);
  else await writeLargeArchive(`${path}.part`, { size, writer: 'docker 24' });
  await rename(`${path}.part`, path);
  return path;
}

/** Of the runner's file: `name<<delimiter`, lines, `delimiter`. */
async function readOutputs(path: string): Promise<Outputs> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const entries = [...text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)];
  return Object.fromEntries(entries.map(([, name, , value]) => [name!, value!]));
}
