/** The bake as somebody does it by hand: a copy of the base, the same files, and one virt-customize with the same commands. */
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fetchLocked } from '../../src/bake/fetch.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createHttp } from '../../src/base/http.ts';
import { silentLogger } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/process.ts';
import { renderCustomize, stagedDownload } from '../../src/recipe/customize.ts';
import { accelerationProbe, guestEnvironment } from '../../src/verify/acceleration.ts';
import type { Rehearsal } from './rehearsal.ts';

const acceleration = accelerationProbe();

/** Milliseconds that virt-customize takes, its appliance built before as ours is. */
export async function byHand({ recipe, base, folder }: Rehearsal): Promise<number> {
  const work = join(folder, 'by-hand');
  const image = join(work, 'image.qcow2');
  await mkdir(join(work, 'tmp'), { recursive: true });
  try {
    await stage({ recipe, folder: join(work, 'stage') });
    await copyFile(base, image);
    const kind = await acceleration({
      log: silentLogger,
      clock: systemClock,
      environment: process.env,
    });
    const env = { ...guestEnvironment(process.env, kind), TMPDIR: join(work, 'tmp') };
    await mustRun('guestfish', ['-a', '/dev/null', 'run'], { env });
    const began = performance.now();
    await mustRun('virt-customize', [...machineOptions(), '--add', image, ...commandsIn(work)], { env });
    return performance.now() - began;
  } finally {
    await rm(work, { recursive: true });
  }
}

/** The guest that the bake gives itself (src/bake/scripts/customize.ts). */
function machineOptions(): string[] {
  const memory = Math.min(4096, Math.floor(totalmem() / 1024 ** 2 / 2));
  return [
    '--format',
    'qcow2',
    '--network',
    `--smp=${Math.min(8, availableParallelism())}`,
    `--memsize=${memory}`,
  ];
}

const commandsIn = (work: string) => ['--commands-from-file', join(work, 'stage', 'commands')];

async function stage({ recipe, folder }: { recipe: Rehearsal['recipe']; folder: string }): Promise<void> {
  const { commands, files } = renderCustomize(recipe);
  const all = [...files, { name: 'commands', content: commands.replaceAll('@STAGE@', folder), mode: '0600' }];
  for (const { name, content, mode } of all) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
    await chmod(join(folder, name), Number.parseInt(mode, 8));
  }
  const http = createHttp({ ca: recipe.certificates.map(({ pem }) => pem) });
  const context = {
    http,
    clock: systemClock,
    log: silentLogger,
    progress: () => {},
    room: async () => {},
    signal: new AbortController().signal,
  };
  try {
    for (const item of recipe.downloads) {
      const path = join(folder, stagedDownload(item));
      await mkdir(dirname(path), { recursive: true });
      await fetchLocked(
        { title: item.path, url: item.url, sha256: item.sha256, qcow2: false },
        path,
        context,
      );
    }
  } finally {
    await http.close();
  }
}
