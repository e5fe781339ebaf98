/**
 * What the golden build promises, as one suite for any cluster: each case runs dist/ through the mini runner and looks at the cluster
 * itself afterwards, never at what the action says of it alone.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { leftovers } from '../../lab/demo/leftovers.ts';
import { siteRecipe } from '../../lab/demo/site-recipe.ts';
import { runStep, type StepOptions, type StepResult } from '../../lab/mini-runner/run-step.ts';
import { prepareMaterial, ROOT } from '../../lab/rehearsal.ts';
import { hashFile } from '../../src/base/hash.ts';
import { silentLogger } from '../../src/base/log.ts';
import { VIRTUAL_MACHINE_IMAGES } from '../../src/harvester/resources.ts';
import { connectKube } from '../../src/kube/connect.ts';
import type { Kube, KubeObject } from '../../src/kube/kube.ts';
import { planEgress } from '../../src/recipe/egress.ts';
import type { Requirement } from '../requirements.ts';
import { describeIf } from '../requirements.ts';
import { keepBake } from './kept-bake.ts';
import type { Platform, StartPlatform } from './platform.ts';

const MINUTE = 60_000;
const ACTION = join(ROOT, 'actions', 'harvester-golden-build');
const NAMESPACE = 'default';
/** What a step of an image may try in vain (RFC 5737, RFC 2606); it must be seen all the same. */
const LEAK = 'curl --max-time 2 http://203.0.113.9/ || :; timeout 2 getent hosts leak.example.org || :';
/** Travels as a CA comment and as a proxy password through every part of a build. */
const PLANTED = 'planted-secret-4f1d9c';

interface Image extends KubeObject {
  readonly spec: { readonly checksum?: string; readonly displayName: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly storageClassName?: string;
    readonly virtualSize?: number;
  };
}

export interface SuiteOptions {
  readonly start: StartPlatform;
  readonly needs?: readonly Requirement[];
  /** The platform's site is an air gap. */
  readonly airgap?: boolean;
}

/** A case that this site does not have. */
const absent: (...asked: Parameters<typeof test>) => void = () => {};

/** Registers the suite for one platform. */
export function goldenSuite(name: string, { start, needs = [], airgap = false }: SuiteOptions): void {
  describeIf(
    ['root', 'libguestfs', 'fixtures', 'netns', ...needs],
    `harvester-golden-build on ${name}`,
    () => {
      let folder: string;
      let platform: Platform;
      let kube: Kube;
      let first: StepResult;
      // Cases that only one of the two sites has; each bake of a real image takes minutes.
      const [airgapped, connected] = airgap ? [test, absent] : [absent, test];

      const run = (inputs: Record<string, string> = {}, more: Partial<StepOptions> = {}) =>
        runStep({
          actionFolder: ACTION,
          inputs: {
            ...platform.site.inputs,
            kubeconfig: platform.airgap?.runner.kubeconfig ?? platform.kubeconfig,
            namespace: NAMESPACE,
            ...inputs,
          },
          workspace: ROOT,
          ...(platform.airgap && { wrapper: platform.airgap.runner.wrapper }),
          ...more,
        });
      const images = async () =>
        (await kube.list<Image>(VIRTUAL_MACHINE_IMAGES, { namespace: NAMESPACE })).items;
      /** The site's own layers, and one with this command on top. */
      const withFailingLayer = async (script: string) => {
        const layer = join(folder, 'failing.yml');
        const command = `{ id: planted, title: Fail on purpose, script: ${JSON.stringify(script)} }`;
        await writeFile(
          layer,
          `layer: failing\ndescription: Fails.\noverride: { packages: { update: false } }\ncommands:\n  - ${command}\n`,
        );
        return [platform.site.inputs.layers ?? '', layer].join('\n');
      };

      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'rke2-actions-e2e-'));
        platform = await start(await prepareMaterial(silentLogger), join(folder, 'platform'));
        kube = await connectKube({ kubeconfig: platform.kubeconfig });
      }, 10 * MINUTE);

      afterAll(async () => {
        await kube?.close();
        await platform?.close();
        await rm(folder, { recursive: true, force: true });
      }, MINUTE);

      test('a dry run says what would be done and creates nothing', async () => {
        const result = await run({ 'dry-run': 'true' });
        expect(result.conclusion).toBe('success');
        expect(result.summary).toContain('A build would bake');
        expect([await images(), await leftovers(kube, NAMESPACE)]).toEqual([[], []]);
      });

      test('wrong inputs are all told at once, and nothing is touched', async () => {
        const result = await run({ 'bake-timeout': '30', 'builder-memory': '4', force: 'yes' });
        expect([result.conclusion, result.outputs['error-code']]).toEqual(['failure', 'INPUT_INVALID']);
        const message = result.annotations.map((one) => one.message).join('\n');
        for (const input of ['bake-timeout', 'builder-memory', 'force'])
          expect(message).toContain(`${input}: `);
        expect([await images(), await leftovers(kube, NAMESPACE)]).toEqual([[], []]);
      });

      test(
        'a recipe is baked, proven and imported byte for byte, and nothing else is left',
        async () => {
          first = await run({
            'output-folder': join(folder, 'output'),
            'https-proxy': `http://user:${PLANTED}@proxy.invalid:3128`,
            'no-proxy': '10.0.0.0/8',
          });
          expect([first.conclusion, first.outputs['error-code']]).toEqual(['success', undefined]);
          const { outputs } = first;
          const [image, ...others] = await images();
          expect(others).toEqual([]);
          expect(outputs['image-id']).toBe(`${NAMESPACE}/${image!.metadata.name}`);
          expect(image!.status?.conditions).toContainEqual(
            expect.objectContaining({ type: 'Imported', status: 'True' }),
          );
          expect(outputs['storage-class']).toBe(image!.status?.storageClassName);
          expect(outputs['virtual-size']).toBe(String(image!.status?.virtualSize));
          const stored = platform.harvester.imageFile(outputs['image-id']!)!;
          expect(outputs.sha512).toBe(`sha512:${await hashFile('sha512', stored)}`);
          expect(`sha512:${image!.spec.checksum}`).toBe(outputs.sha512);
          expect(await leftovers(kube, NAMESPACE)).toEqual([]);
          const verdict = JSON.parse(await readFile(outputs.verdict!, 'utf8')) as { outcome: string };
          expect(verdict.outcome).toBe('pass');
          await keepBake(platform.airgap ? 'airgap' : 'golden', stored, outputs.manifest!, platform.site);
        },
        15 * MINUTE,
      );

      airgapped('an air-gapped bake touches all that its recipe lists, and tries nothing else', async () => {
        const plan = planEgress(await siteRecipe(platform.site));
        expect(plan.open).toEqual([]);
        const account = await platform.airgap!.egress.account(plan, platform.site.mirror);
        expect({ beyond: account.beyond, untouched: account.untouched }).toEqual({
          beyond: [],
          untouched: [],
        });
      });

      test('a planted secret is in no log, output, summary or file', async () => {
        const files = ['manifest', 'verdict', 'build-record'].map((output) =>
          readFile(first.outputs[output]!, 'utf8'),
        );
        const everything = [
          first.lines.join('\n'),
          first.summary,
          JSON.stringify(first.outputs),
          JSON.stringify(first.annotations),
          ...(await Promise.all(files)),
        ];
        for (const text of everything) expect(text).not.toContain(PLANTED);
        expect(await readFile(join(folder, 'output', 'console.log'), 'utf8')).not.toContain(PLANTED);
      });

      test('the same again is skipped within ten seconds, and names the image it would have made', async () => {
        const began = performance.now();
        const again = await run({
          'https-proxy': `http://user:${PLANTED}@proxy.invalid:3128`,
          'no-proxy': '10.0.0.0/8',
        });
        expect(performance.now() - began).toBeLessThan(10_000);
        expect([again.conclusion, again.outputs.skipped]).toEqual(['success', 'true']);
        expect(again.outputs['image-id']).toBe(first.outputs['image-id']);
        expect(await images()).toHaveLength(1);
      });

      // It also leaks, for the case after it; without an air gap test/e2e/faults has it.
      airgapped(
        'a failing step fails the job within five seconds of its mark, by name, and leaves nothing',
        async () => {
          const seen = new Map<string, number>();
          const result = await run(
            { layers: await withFailingLayer(`${LEAK}; echo about-to-fail; exit 7`), force: 'true' },
            {
              onLine: (line) => {
                for (const text of ['about-to-fail', 'bake: failed'])
                  if (line.includes(text)) seen.set(text, performance.now());
              },
            },
          );
          expect([result.conclusion, result.outputs['error-code']]).toEqual(['failure', 'BAKE_FAILED']);
          expect(seen.get('bake: failed')! - seen.get('about-to-fail')!).toBeLessThan(5000);
          expect(result.annotations.map((one) => one.message).join('\n')).toContain('step "planted"');
          expect(result.summary).toContain('about-to-fail');
          expect(await leftovers(kube, NAMESPACE)).toEqual([]);
          expect(await images()).toHaveLength(1);
        },
        5 * MINUTE,
      );

      airgapped('what that step tried to reach beside the list is seen', async () => {
        const plan = planEgress(await siteRecipe(platform.site));
        const { beyond } = await platform.airgap!.egress.account(plan, platform.site.mirror);
        expect(beyond).toEqual([
          expect.stringMatching(/^tcp 203\.0\.113\.9:80, tried by the machine /),
          expect.stringMatching(/^dns leak\.example\.org, tried by the machine /),
        ]);
      });

      connected(
        'a cancelled build stops, and its post step takes everything away',
        async () => {
          const cancel = new AbortController();
          const result = await run(
            { force: 'true' },
            { signal: cancel.signal, onLine: (line) => line.includes('== download') && cancel.abort() },
          );
          expect([result.conclusion, result.exitCodes.post]).toEqual(['cancelled', 0]);
          expect(await leftovers(kube, NAMESPACE)).toEqual([]);
          expect(await images()).toHaveLength(1);
        },
        5 * MINUTE,
      );
    },
  );
}
