/** The ways to read a builder and to get its image out, each through the mini runner, on machines that play their bake. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { StepResult } from '../../lab/mini-runner/run-step.ts';
import { hashFile } from '../../src/base/hash.ts';
import { mustRun } from '../../src/base/process.ts';
import type { VirtualMachineImage } from '../../src/harvester/import-state.ts';
import { VIRTUAL_MACHINE_IMAGES } from '../../src/harvester/resources.ts';
import { describeIf } from '../requirements.ts';
import { openArtifactService } from './artifact-service.ts';
import type { Census } from './faults/census.ts';
import { onLabApi } from './faults/cluster.ts';
import { Rig } from './faults/rig.ts';

const MINUTE = 60_000;
const SECRET = 'planted-secret-77aa';

/** As the UI hands it out: its server leads to the endpoint that takes uploads, too. */
function byWayOfRancher({ cluster }: Rig): string {
  const { vip } = cluster.harvester;
  const config = parse(cluster.api.adminKubeconfig) as { clusters: { name: string }[] };
  const ca = Buffer.from(vip.certificate).toString('base64');
  const way = { server: `${vip.url}/k8s/clusters/local`, 'certificate-authority-data': ca };
  return stringify({ ...config, clusters: config.clusters.map(({ name }) => ({ name, cluster: way })) });
}

describeIf(['root', 'netns'], 'a golden build', () => {
  let folder: string;
  let rig: Rig;
  let before: Census;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-ways-'));
    rig = await Rig.open(onLabApi, folder);
    rig.reset();
    before = await rig.census();
  }, 5 * MINUTE);
  afterEach(() => rig.reset());
  afterAll(async () => {
    await rig?.close();
    await rm(folder, { recursive: true, force: true });
  }, MINUTE);

  const imageOf = async ({ outputs }: StepResult) => {
    const [namespace, name] = outputs['image-id']!.split('/') as [string, string];
    return rig.kube.get<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, { namespace, name });
  };
  const storedAsBaked = async ({ outputs }: StepResult) => {
    const stored = rig.cluster.harvester.imageFile(outputs['image-id']!)!;
    expect(outputs.sha512).toBe(`sha512:${await hashFile('sha512', stored)}`);
    expect(await hashFile('sha512', stored)).toBe(await hashFile('sha512', join(folder, 'golden.qcow2')));
  };
  const nothingElseIsLeft = async ({ outputs }: StepResult) => {
    await rig.removeImage(outputs['image-id']!);
    expect(await rig.leftSince(before)).toEqual([]);
  };

  test(
    'read over HTTP gives the same image, without a look at the console',
    async () => {
      const result = await rig.build({ readiness: 'http', force: 'true' });
      expect([result.conclusion, result.outputs['error-code']]).toEqual(['success', undefined]);
      expect(result.lines.join('\n')).toMatch(/reading the builder's log from .*:8080/);
      expect(result.lines).toContainEqual(expect.stringContaining('│   hello'));
      await storedAsBaked(result);
      await nothingElseIsLeft(result);
    },
    MINUTE,
  );

  test(
    'read over HTTP fails within five seconds of the mark, with the lines before it',
    async () => {
      rig.play({ fails: { phase: 'customize', message: 'planted', lines: ['No match for argument: x'] } });
      const seen = new Map<string, number>();
      const onLine = (line: string) => {
        for (const text of ['No match for argument', 'bake: failed'])
          if (line.includes(text) && !seen.has(text)) seen.set(text, performance.now());
      };
      const result = await rig.build({ readiness: 'http', force: 'true' }, { onLine });
      expect(result.outputs['error-code']).toBe('BAKE_FAILED');
      expect(seen.get('bake: failed')! - seen.get('No match for argument')!).toBeLessThan(5000);
      expect(result.summary).toContain('No match for argument: x');
      expect(await rig.leftSince(before)).toEqual([]);
    },
    MINUTE,
  );

  test(
    'sent through the runner gives the same image, which keeps no URL',
    async () => {
      const kubeconfig = byWayOfRancher(rig);
      const result = await rig.build({ kubeconfig, 'hand-over': 'upload', force: 'true' });
      expect([result.conclusion, result.outputs['error-code']]).toEqual(['success', undefined]);
      const image = await imageOf(result);
      expect(image.spec).toMatchObject({ sourceType: 'upload' });
      expect(image.spec.url ?? '').toBe('');
      expect(result.lines.join('\n')).not.toContain('harvester#3016');
      await storedAsBaked(result);
      await nothingElseIsLeft(result);
    },
    MINUTE,
  );

  test(
    'fetched by Harvester warns that the URL of its image leads nowhere',
    async () => {
      const result = await rig.build({ force: 'true' });
      expect(result.conclusion).toBe('success');
      const warnings = result.annotations.filter(({ type }) => type === 'warning');
      expect(warnings.map(({ message }) => message).join()).toContain('harvester#3016');
      await nothingElseIsLeft(result);
    },
    MINUTE,
  );

  test(
    'with an endpoint that is no Harvester fails before anything is uploaded, and leaves nothing',
    async () => {
      const result = await rig.build({ 'hand-over': 'upload', force: 'true' });
      expect(result.outputs['error-code']).toMatch(/^UPLOAD_ENDPOINT_/);
      expect(await rig.leftSince(before)).toEqual([]);
    },
    MINUTE,
  );

  test(
    'that failed leaves its files as an artifact, without what is secret',
    async () => {
      const service = await openArtifactService();
      try {
        rig.play({ fails: { phase: 'customize', message: 'planted', lines: [`password ${SECRET}`] } });
        const inputs = { force: 'true', 'https-proxy': `http://user:${SECRET}@proxy.invalid:3128` };
        const result = await rig.build(inputs, { env: service.env });
        expect(result.outputs['error-code']).toBe('BAKE_FAILED');
        const name = result.outputs['diagnostics-artifact']!;
        expect(name).toMatch(/^golden-build-/);
        expect(result.summary).toContain('What the cluster says');
        const zip = service.artifacts.get(name)!;
        await writeFile(join(folder, 'artifact.zip'), zip);
        const { stdout } = await mustRun('python3', ['-m', 'zipfile', '-l', join(folder, 'artifact.zip')]);
        for (const file of ['console.log', 'conditions.json', 'events.json', 'build-record.json'])
          expect(stdout).toContain(file);
        await mustRun('python3', [
          '-m',
          'zipfile',
          '-e',
          join(folder, 'artifact.zip'),
          join(folder, 'artifact'),
        ]);
        const log = await readFile(join(folder, 'artifact', 'console.log'), 'utf8');
        expect(log).toContain('password ***');
        const record = await readFile(join(folder, 'artifact', 'build-record.json'), 'utf8');
        expect(`${log}${record}`).not.toContain(SECRET);
        expect(await rig.leftSince(before)).toEqual([]);
      } finally {
        await service.close();
      }
    },
    MINUTE,
  );

  test(
    'under a name that is taken gets a number',
    async () => {
      const inputs = { 'name-template': '{prefix}-{date}', force: 'true', labels: 'team=images' };
      const [first, second] = [await rig.build(inputs), await rig.build(inputs)];
      expect(second.outputs['display-name']).toBe(`${first.outputs['display-name']}-2`);
      expect((await imageOf(second)).metadata.labels).toMatchObject({ team: 'images' });
      await rig.removeImage(first.outputs['image-id']!);
      await nothingElseIsLeft(second);
    },
    MINUTE,
  );

  test(
    'that failed is left for a look at it, as long as it says',
    async () => {
      rig.play({ fails: { phase: 'customize', message: 'planted' } });
      const result = await rig.build({ debug: 'on-failure', 'debug-ttl': '2h' });
      expect([result.outputs['error-code'], result.exitCodes.post]).toEqual(['BAKE_FAILED', 0]);
      expect(result.annotations.map(({ message }) => message).join('\n')).toMatch(/virtctl .* console/);
      const left = await rig.leftSince(before);
      expect(left.join('\n')).toContain('golden-builder');
      const run = /run (\S+) in namespace/.exec(
        result.annotations.map(({ message }) => message).join('\n'),
      )![1]!;
      const removed = await rig.build({ operation: 'destroy-builder', 'run-id': run });
      expect(removed.conclusion).toBe('success');
      expect(await rig.leftSince(before)).toEqual([]);
    },
    MINUTE,
  );
});
