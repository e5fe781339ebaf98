/** The customize phase twice over: as the bake runs it, and as somebody runs the same commands by hand. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { BuilderInput } from '../../src/bake/input.ts';
import { DEFAULT_LIMITS } from '../../src/bake/limits.ts';
import { LocalBake, removeLocalBake } from '../../src/bake/local.ts';
import { systemClock } from '../../src/base/clock.ts';
import { EnvironmentError } from '../../src/base/errors.ts';
import { hashFile } from '../../src/base/hash.ts';
import { createHttp } from '../../src/base/http.ts';
import { silentLogger } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/process.ts';
import { PROCESS_MARK } from '../../src/base/process-mark.ts';
import { renderCustomize } from '../../src/recipe/customize.ts';
import { expectationsOf } from '../../src/recipe/expectations.ts';
import { accelerationProbe, guestEnvironment } from '../../src/verify/acceleration.ts';
import { probeFiles } from '../../src/verify/probe.ts';
import { withProcessorTime } from './processor-time.ts';
import type { Rehearsal } from './rehearsal.ts';

/** Milliseconds. */
export interface Cost {
  readonly elapsed: number;
  readonly processor: number;
}

const acceleration = accelerationProbe();

/** From the bake's own "== customize" to its "== compress". */
export function bakedByUs(rehearsal: Rehearsal): Promise<Cost> {
  return withPreparedBake(rehearsal, async (bake, folder) => {
    const lines = bake.lines(new AbortController().signal);
    await until(lines, '== customize');
    const cost = await timed(folder, () => until(lines, '== compress'));
    await lines.return(undefined);
    return cost;
  });
}

async function until(lines: AsyncGenerator<string>, wanted: string): Promise<void> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done || value.startsWith('FAILED'))
      throw new EnvironmentError('BENCH_UNEXPECTED', `The bake ended before "${wanted}": ${value ?? ''}`);
    if (value === wanted) return;
  }
}

/** One virt-customize on the same base with the same files and the same guest, its appliance built before, as the bake's is. */
export function bakedByHand(rehearsal: Rehearsal): Promise<Cost> {
  return withPreparedBake(rehearsal, async (_bake, folder) => {
    const image = join(folder, 'work', 'image.qcow2');
    const commands = join(folder, 'commands-by-hand');
    await rename(join(folder, 'work', 'base.qcow2'), image);
    const text = await readFile(join(folder, 'commands'), 'utf8');
    await writeFile(commands, text.replaceAll('@STAGE@', join(folder, 'stage')));
    const env = await environment(folder);
    await mustRun('guestfish', ['-a', '/dev/null', 'run'], { env });
    const args = [...guestOptions(), '--add', image, '--commands-from-file', commands];
    return timed(folder, () => mustRun('virt-customize', args, { env }));
  });
}

async function environment(folder: string): Promise<NodeJS.ProcessEnv> {
  const found = await acceleration({ log: silentLogger, clock: systemClock, environment: process.env });
  return { ...guestEnvironment(process.env, found), TMPDIR: join(folder, 'work'), [PROCESS_MARK]: folder };
}

/** What src/bake/scripts/customize.ts gives the guest. */
function guestOptions(): string[] {
  const memory = Math.min(4096, Math.floor(totalmem() / 1024 ** 2 / 2));
  const cpus = Math.min(8, availableParallelism());
  return ['--format', 'qcow2', '--network', '--smp', String(cpus), '--memsize', String(memory)];
}

async function timed(folder: string, work: () => Promise<unknown>): Promise<Cost> {
  const began = performance.now();
  const { processor, outcome: elapsed } = await withProcessorTime(folder, async () => {
    await work();
    return performance.now() - began;
  });
  return { elapsed, processor };
}

async function withPreparedBake<T>(
  rehearsal: Rehearsal,
  work: (bake: LocalBake, folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(rehearsal.folder, 'overhead');
  const http = createHttp({ ca: rehearsal.recipe.certificates.map(({ pem }) => pem) });
  const signal = new AbortController().signal;
  const context = { http, clock: systemClock, log: silentLogger, progress: () => {}, signal };
  try {
    const bake = new LocalBake({ input: await inputOf(rehearsal), folder, environment: process.env });
    await bake.prepare(context);
    return await work(bake, folder);
  } finally {
    await http.close();
    await removeLocalBake(folder, silentLogger);
  }
}

async function inputOf({ recipe, base }: Rehearsal): Promise<BuilderInput> {
  const { name, certificates, downloads, image } = recipe;
  return {
    recipe: { name, certificates, downloads, virtualSize: image.virtualSize },
    customize: renderCustomize(recipe),
    probe: probeFiles(expectationsOf(recipe)),
    base: { url: recipe.base.url, sha256: await hashFile('sha256', base) },
    token: 'no-image-is-served',
    port: 8080,
    runId: 'bench',
    limits: DEFAULT_LIMITS,
    emulationFactor: 6,
    compress: true,
    sshAuthorizedKeys: [],
  };
}
