/**
 * `builder: runner` through dist/: the machine of the job bakes the same recipe to the same image as a machine in Harvester, and
 * whatever ends it leaves neither processes nor files.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { leftovers } from '../../lab/demo/leftovers.ts';
import { runStep, type StepOptions, type StepResult } from '../../lab/mini-runner/run-step.ts';
import { prepareMaterial, ROOT } from '../../lab/rehearsal.ts';
import { systemClock } from '../../src/base/clock.ts';
import { hashFile } from '../../src/base/hash.ts';
import { silentLogger } from '../../src/base/log.ts';
import { markedProcesses } from '../../src/base/process-mark.ts';
import { VIRTUAL_MACHINE_IMAGES } from '../../src/harvester/resources.ts';
import { connectKube } from '../../src/kube/connect.ts';
import type { Kube, KubeObject } from '../../src/kube/kube.ts';
import { type BakeEvidence, compareBakes, comparisonLines } from '../../src/verify/compare.ts';
import { keptEvidence, keptMirrorPort, readEvidence } from '../e2e/kept-bake.ts';
import { onLabApi, type Platform } from '../e2e/platform.ts';
import { describeIf } from '../requirements.ts';

const MINUTE = 60_000;
const ACTION = join(ROOT, 'actions', 'harvester-golden-build');
const NAMESPACE = 'default';
const PLANTED = 'planted-secret-4f1d9c';

type Image = KubeObject & { readonly spec: { readonly checksum?: string; readonly sourceType: string } };

describeIf(['root', 'libguestfs', 'fixtures', 'netns'], 'harvester-golden-build with builder: runner', () => {
  let folder: string;
  let platform: Platform;
  let kube: Kube;
  let first: StepResult;

  const run = (inputs: Record<string, string>, more: Partial<StepOptions> = {}) =>
    runStep({
      actionFolder: ACTION,
      inputs: {
        ...platform.site.inputs,
        kubeconfig: fromDashboard(platform),
        namespace: NAMESPACE,
        'cache-folder': join(folder, 'cache'),
        builder: 'runner',
        ...inputs,
      },
      workspace: ROOT,
      env: { RUNNER_TEMP: join(folder, 'temp') },
      ...more,
    });

  const images = async () => (await kube.list<Image>(VIRTUAL_MACHINE_IMAGES, { namespace: NAMESPACE })).items;

  /** Folders of bakes, and processes of bakes in them. */
  async function leftHere(): Promise<string[]> {
    const names = (await readdir(join(folder, 'temp')).catch(() => [])).filter((name) =>
      /^golden-builder-/.test(name),
    );
    const processes = await Promise.all(names.map((name) => markedProcesses(join(folder, 'temp', name))));
    return [...names, ...processes.flat().map(String), ...(await bakingProcesses(join(folder, 'temp')))];
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-runner-'));
    const material = await prepareMaterial(silentLogger);
    platform = await onLabApi(material, join(folder, 'platform'), await keptMirrorPort());
    kube = await connectKube({ kubeconfig: platform.kubeconfig });
  }, 10 * MINUTE);

  afterAll(async () => {
    await kube?.close();
    await platform?.close();
    await rm(folder, { recursive: true, force: true });
  }, MINUTE);

  test(
    'bakes, proves and uploads the image, and leaves nothing here and nothing else there',
    async () => {
      first = await run({
        'output-folder': join(folder, 'runner'),
        // The mirror itself is reached without it.
        'http-proxy': `http://user:${PLANTED}@proxy.invalid:3128`,
      });
      expect([first.conclusion, first.outputs['error-code']]).toEqual(['success', undefined]);
      const [image, ...others] = await images();
      expect(others).toEqual([]);
      expect(image!.spec.sourceType).toBe('upload');
      const stored = platform.harvester.imageFile(first.outputs['image-id']!)!;
      expect(first.outputs.sha512).toBe(`sha512:${await hashFile('sha512', stored)}`);
      expect(await leftovers(kube, NAMESPACE)).toEqual([]);
      expect(await leftHere()).toEqual([]);
    },
    15 * MINUTE,
  );

  test('the password of a proxy is nowhere', async () => {
    const files = (await readdir(join(folder, 'runner'))).map((name) =>
      readFile(join(folder, 'runner', name), 'utf8'),
    );
    const { lines, summary, outputs, annotations } = first;
    const everything = [
      lines.join('\n'),
      summary,
      JSON.stringify([outputs, annotations]),
      ...(await Promise.all(files)),
    ];
    for (const text of everything) expect(text).not.toContain(PLANTED);
  });

  test(
    'it is the image that a machine in Harvester bakes, except for what the comparison names',
    async () => {
      const machine = (await keptEvidence(platform.site)) ?? (await bakeInMachine());
      const here = await readEvidence(first.outputs.manifest!, join(folder, 'runner', 'facts.json'));
      const comparison = compareBakes(machine, here);
      process.stdout.write(`${comparisonLines(comparison).join('\n')}\n`);
      expect(comparison.different).toEqual([]);
      expect(comparison.compared).toBeGreaterThan(1000);
    },
    15 * MINUTE,
  );

  test(
    'cancelled, it is gone from here at once',
    async () => {
      const cancel = new AbortController();
      let cancelledAt = 0;
      const result = await run(
        { force: 'true' },
        {
          signal: cancel.signal,
          onLine: (line) => {
            if (!line.includes('step 2 of ') || cancelledAt > 0) return;
            cancelledAt = performance.now();
            cancel.abort();
          },
        },
      );
      expect([result.conclusion, result.exitCodes.post]).toEqual(['cancelled', 0]);
      expect(await leftHere()).toEqual([]);
      expect(await leftovers(kube, NAMESPACE)).toEqual([]);
      expect(performance.now() - cancelledAt).toBeLessThan(10_000);
      expect(await images()).toHaveLength(1);
    },
    5 * MINUTE,
  );

  test(
    'killed, its processes end by themselves',
    async () => {
      const kill = new AbortController();
      await run(
        { force: 'true' },
        {
          signal: kill.signal,
          dieOnSignal: true,
          onLine: (line) => line.includes('step 2 of ') && kill.abort(),
        },
      );
      for (let tries = 0; tries < 120 && (await bakingProcesses(join(folder, 'temp'))).length > 0; tries++) {
        await systemClock.sleep(500);
      }
      expect(await bakingProcesses(join(folder, 'temp'))).toEqual([]);
      expect(await images()).toHaveLength(1);
    },
    5 * MINUTE,
  );

  async function bakeInMachine(): Promise<BakeEvidence> {
    const output = join(folder, 'machine');
    const result = await run({ builder: 'vm', 'cache-folder': '', force: 'true', 'output-folder': output });
    expect(result.conclusion).toBe('success');
    for (const image of await images()) {
      const { namespace, name } = image.metadata;
      if (`${namespace}/${name}` === result.outputs['image-id'])
        await kube.delete(VIRTUAL_MACHINE_IMAGES, { namespace: namespace!, name: name! });
    }
    return readEvidence(result.outputs.manifest!, join(output, 'facts.json'));
  }
});

/** The administrator's kubeconfig as the dashboard gives it out: through the management address, where uploads go, too. */
function fromDashboard({ kubeconfig, harvester }: Platform): string {
  const config = parse(kubeconfig) as { clusters: { cluster: Record<string, string> }[] };
  const cluster = config.clusters[0]!.cluster;
  cluster.server = `${harvester.vip.url}/k8s/clusters/local`;
  cluster['certificate-authority-data'] = Buffer.from(harvester.vip.certificate).toString('base64');
  return stringify(config);
}

/** Command lines that name something below `parent`. */
async function bakingProcesses(parent: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(`${parent}/golden-builder-`));
}
