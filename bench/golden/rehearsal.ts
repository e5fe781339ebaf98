/** What the golden build is measured on: a lab with a mirror, and dist/ run as the runner runs it. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { siteRecipe } from '../../lab/demo/site-recipe.ts';
import { fastPace } from '../../lab/harvester/pace.ts';
import { type Lab, startLab } from '../../lab/lab.ts';
import { runStep, type StepResult } from '../../lab/mini-runner/run-step.ts';
import { CACHE, openSite, prepareMaterial, ROOT, type Site } from '../../lab/rehearsal.ts';
import { EnvironmentError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/log.ts';
import { withTempFolder } from '../../src/base/temp.ts';
import type { ResolvedRecipe } from '../../src/recipe/model.ts';

export interface Rehearsal {
  readonly recipe: ResolvedRecipe;
  /** The base image's file. */
  readonly base: string;
  /** Where measurements may write; removed in the end. */
  readonly folder: string;
  /** Runs harvester-golden-build; how long the whole step took, and when its main part ended (milliseconds since the epoch). */
  run(inputs: Readonly<Record<string, string>>): Promise<Run>;
  /** A run that must succeed. */
  succeed(inputs: Readonly<Record<string, string>>): Promise<Run>;
  /** When the console of the latest machine got its error mark, in milliseconds since the epoch. */
  errorMarkTime(): Promise<number>;
}

export interface Run {
  readonly result: StepResult;
  /** Milliseconds. */
  readonly duration: number;
  readonly endedAt: number;
}

/** Starts all that is needed, and takes it away again. */
export function withRehearsal(work: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  return withTempFolder(async (folder) => {
    const material = await prepareMaterial(silentLogger);
    const lab = await startLab({
      dataFolder: join(folder, 'lab'),
      pace: fastPace,
      additionalCa: material.ca,
      cacheFolder: CACHE,
    });
    try {
      const site = await openSite(material, lab.address, 0);
      try {
        await work(await rehearsalOf({ lab, site, folder, base: material.fixtures.image }));
      } finally {
        await site.close();
      }
    } finally {
      await lab.close();
    }
  });
}

async function rehearsalOf({ lab, site, folder, base }: Parts): Promise<Rehearsal> {
  const common = { ...site.inputs, kubeconfig: fromDashboard(lab), namespace: 'default' };
  const run = async (inputs: Readonly<Record<string, string>>): Promise<Run> => {
    const began = performance.now();
    let endedAt = 0;
    const result = await runStep({
      actionFolder: join(ROOT, 'actions', 'harvester-golden-build'),
      inputs: { ...common, ...inputs },
      workspace: ROOT,
      env: { RUNNER_TOOL_CACHE: join(folder, 'tools') },
      // What post says comes after; it is counted, for a job has failed when its steps are over.
      onLine: () => {
        endedAt = Date.now();
      },
    });
    return { result, duration: performance.now() - began, endedAt };
  };
  return {
    recipe: await siteRecipe(site),
    base,
    folder,
    run,
    succeed: async (inputs) => {
      const done = await run(inputs);
      if (done.result.conclusion === 'success') return done;
      const evidence = done.result.lines.slice(-30);
      throw new EnvironmentError('BENCH_UNEXPECTED', 'A build that is measured failed.', { evidence });
    },
    errorMarkTime: () => errorMarkTime(dirname(lab.harvester.consoleFile('any'))),
  };
}

interface Parts {
  readonly lab: Lab;
  readonly site: Site;
  readonly folder: string;
  readonly base: string;
}

/** The kubeconfig as the dashboard gives it out: through the management address, where uploads go, too. */
function fromDashboard({ kubeconfig, harvester }: Lab): string {
  const config = parse(kubeconfig.text) as { clusters: { cluster: Record<string, string> }[] };
  const { cluster } = config.clusters[0]!;
  cluster.server = `${harvester.vip.url}/k8s/clusters/local`;
  cluster['certificate-authority-data'] = Buffer.from(harvester.vip.certificate).toString('base64');
  return stringify(config);
}

/** Console logs are container logs: each line begins with its time. */
async function errorMarkTime(folder: string): Promise<number> {
  const names = (await readdir(folder)).map((name) => join(folder, name));
  const times = await Promise.all(names.map(async (name) => ({ name, at: (await stat(name)).mtimeMs })));
  const newest = times.toSorted((a, b) => b.at - a.at)[0]?.name;
  const lines = newest ? (await readFile(newest, 'utf8')).split('\n') : [];
  const mark = lines.find((line) => line.includes('"mark":"error"'));
  if (mark) return Date.parse(mark.slice(0, mark.indexOf(' ')));
  throw new EnvironmentError('BENCH_UNEXPECTED', 'There is no error mark on the console.');
}
