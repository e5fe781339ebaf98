/**
 * cloud-init for lab VMs: Debian's package and what it needs beyond the host's own, unpacked into a cached folder that is laid over
 * a machine's root. It is never installed on the host, where it would run at the next boot (LAB.md §7).
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError } from '../../../src/base/errors.ts';
import type { Logger } from '../../../src/base/log.ts';
import { mustRun, runCommand } from '../../../src/base/process.ts';

/** `~/.cache/rke2-actions`: what is fetched once per machine. */
export function defaultCacheFolder(): string {
  return join(homedir(), '.cache', 'rke2-actions');
}

/**
 * The folder with cloud-init's files; undefined if the host has cloud-init itself. A cached folder belongs to one exact list of
 * packages. Throws EnvironmentError LAB_CLOUD_INIT if it can be had neither way.
 */
export async function cloudInitLayer(cacheFolder: string, log: Logger): Promise<string | undefined> {
  if (existsSync('/usr/bin/cloud-init')) return undefined;
  const packages = await missingPackages();
  const digest = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 16);
  const layer = join(cacheFolder, `cloud-init-${digest}`);
  if (existsSync(layer)) return layer;
  log.info(
    `cloud-init for the lab's machines: fetching ${packages.length} Debian packages (not installed on this host)`,
  );
  await unpack(packages.length, layer);
  return layer;
}

async function missingPackages(): Promise<string[]> {
  const list = await simulate();
  const found = list.length > 0 ? list : await updateAndSimulate();
  if (found.length > 0) return found;
  throw new EnvironmentError('LAB_CLOUD_INIT', 'cloud-init is not installed and apt-get cannot fetch it.', {
    mend: 'Install cloud-init with your package manager, or run the lab on Debian or Ubuntu.',
  });
}

async function updateAndSimulate(): Promise<string[]> {
  await runCommand('apt-get', ['update', '-qq']).catch(() => undefined);
  return simulate();
}

/** `name version` of each package that installing cloud-init would add. */
async function simulate(): Promise<string[]> {
  const result = await runCommand('apt-get', [
    '--simulate',
    'install',
    '--no-install-recommends',
    'cloud-init',
  ]).catch(() => undefined);
  if (result?.exitCode !== 0) return [];
  return [...result.stdout.matchAll(/^Inst (\S+) \((\S+)/gm)]
    .map(([, name, version]) => `${name} ${version}`)
    .sort();
}

async function unpack(count: number, layer: string): Promise<void> {
  const work = `${layer}.${process.pid}`;
  const archives = join(work, 'archives');
  await mkdir(join(archives, 'partial'), { recursive: true });
  try {
    const fetch = ['install', '--download-only', '--no-install-recommends', '--yes', '-qq'];
    await mustRun('apt-get', [...fetch, '-o', `Dir::Cache::archives=${archives}`, 'cloud-init']);
    const packages = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
    if (packages.length < count) {
      throw new EnvironmentError(
        'LAB_CLOUD_INIT',
        `apt-get fetched ${packages.length} of ${count} packages.`,
      );
    }
    for (const name of packages) await mustRun('dpkg-deb', ['-x', join(archives, name), join(work, 'root')]);
    await mergeUsr(join(work, 'root'));
    await rename(join(work, 'root'), layer);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Packages still ship /lib; on the host that is a link to /usr/lib, which a folder in an overlay would hide. */
async function mergeUsr(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    if (!existsSync(join(root, name))) continue;
    await cp(join(root, name), join(root, 'usr', name), { recursive: true, verbatimSymlinks: true });
    await rm(join(root, name), { recursive: true });
  }
}
