/**
 * Everything there is of a lab, counted: objects of every kind the server lists, disks and folders, loop devices and mounts,
 * processes, network namespaces. Taken before and after a case, it must not differ.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { readCredentials } from '../../../lab/harvester/client.ts';
import { runCommand } from '../../../src/base/process.ts';

/** Sorted lines, each one thing: `pods ns/name`, `disk volumes/x.img`, `process 12 python3 …`. */
export type Census = readonly string[];

export interface CensusPlace {
  readonly adminKubeconfig: string;
  /** The embedded Harvester's folder. */
  readonly folder: string;
  /** The lab's address. */
  readonly address: string;
  /** TMPDIR of every action. */
  readonly temp: string;
}

/** Kinds that come and go by themselves, or are the cluster's own record of what happened. */
const PASSING = new Set(['events', 'endpointslices']);

/** Names in the consoles' folder are kept by the lab on purpose: a log outlives its machine. */
const DISK_FOLDERS = ['volumes', 'images', 'machines'];

export async function takeCensus(place: CensusPlace): Promise<Census> {
  const [objects, namespaces] = await Promise.all([
    objectsOf(place.adminKubeconfig),
    networkNamespaces(place),
  ]);
  const running = await processes(place, namespaces);
  const links = namespaces.map((name) => `network namespace ${name}`);
  return [...objects, ...disks(place), ...mounts(place), ...running, ...links].sort();
}

/** What is in `after` and was not in `before`. */
export function added(before: Census, after: Census): string[] {
  const known = new Set(before);
  return after.filter((line) => !known.has(line));
}

async function objectsOf(kubeconfig: string): Promise<string[]> {
  const { server, token, connect } = readCredentials(kubeconfig);
  const dispatcher = new Agent({ connect });
  const headers = { authorization: `Bearer ${token}` };
  const get = async <T>(path: string): Promise<T> => {
    const { body } = await request(server + path, { dispatcher, headers });
    return (await body.json()) as T;
  };
  try {
    const groups = await groupPaths(get);
    const lists = await Promise.all(groups.map((path) => listGroup(path, get)));
    return [...new Set(lists.flat())];
  } finally {
    await dispatcher.destroy();
  }
}

type Get = <T>(path: string) => Promise<T>;

async function groupPaths(get: Get): Promise<string[]> {
  const { groups } = await get<{ groups: { preferredVersion: { groupVersion: string } }[] }>('/apis');
  return ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
}

async function listGroup(path: string, get: Get): Promise<string[]> {
  const { resources } = await get<{ resources: { name: string; verbs: string[] }[] }>(path);
  const listed = resources.filter(
    ({ name, verbs }) => verbs.includes('list') && !name.includes('/') && !PASSING.has(name),
  );
  const found = await Promise.all(
    listed.map(async ({ name }) => {
      const list = await get<{ items?: { metadata: { name: string; namespace?: string } }[] }>(
        `${path}/${name}`,
      );
      return (list.items ?? []).map(
        ({ metadata }) => `${name} ${metadata.namespace ?? '-'}/${metadata.name}`,
      );
    }),
  );
  return found.flat();
}

function disks({ folder, temp }: CensusPlace): string[] {
  const files = DISK_FOLDERS.filter((name) => existsSync(join(folder, name))).flatMap((name) =>
    readdirSync(join(folder, name)).map((file) => `disk ${name}/${file}`),
  );
  return [...files, ...readdirSync(temp).map((file) => `temporary file ${file}`)];
}

function mounts({ folder }: CensusPlace): string[] {
  const mounted = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => `mount ${line.split(' ')[1]}`);
  const loops = readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .flatMap((name) => {
      const file = `/sys/block/${name}/loop/backing_file`;
      const backing = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
      return backing.startsWith(folder) ? [`loop ${backing}`] : [];
    });
  return [...mounted, ...loops];
}

/** In the lab's network namespaces, or started on its folder, or by an action of this suite. */
async function processes({ folder, temp }: CensusPlace, namespaces: readonly string[]): Promise<string[]> {
  const inside = await Promise.all(namespaces.map((name) => runCommand('ip', ['netns', 'pids', name])));
  const pids = new Set(inside.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean)));
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    if (wordsOf(pid, 'cmdline').includes(folder) || wordsOf(pid, 'environ').includes(`TMPDIR=${temp} `))
      pids.add(pid);
  }
  return [...pids].map((pid) => `process ${pid} ${wordsOf(pid, 'cmdline').slice(0, 120)}`);
}

/** Empty for a process that has gone meanwhile. */
function wordsOf(pid: string, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Of this lab, not of others on the same machine. */
async function networkNamespaces({ address }: CensusPlace): Promise<string[]> {
  const prefix = `r2a-${address.split('.')[2]}-`;
  const { stdout } = await runCommand('ip', ['netns', 'list']);
  return stdout
    .split('\n')
    .map((line) => line.split(' ')[0]!)
    .filter((name) => name.startsWith(prefix));
}
