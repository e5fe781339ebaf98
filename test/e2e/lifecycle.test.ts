/**
 * The life cycle of images through both faces, the action and the command line, on lab/api and on a real kube-apiserver: what is shown
 * is what is done, what lives stays, and after a sweep the lab is as it was.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { StepResult } from '../../lab/mini-runner/run-step.ts';
import { ROOT } from '../../lab/rehearsal.ts';
import { runCommand } from '../../src/base/process.ts';
import { RUN_ID } from '../../src/harvester/labels.ts';
import { findOwn, isSwept } from '../../src/harvester/own-objects.ts';
import { describeIf, type Requirement } from '../requirements.ts';
import { onKubeApiserver, onLabApi, type StartCluster } from './faults/cluster.ts';
import { NAMESPACE, Rig } from './faults/rig.ts';
import { expireAll, leaveStrays, useImage } from './rights/leftovers.ts';

const MINUTE = 60_000;
const POST = join(ROOT, 'dist', 'harvester-golden-build', 'post.js');

lifecycleSuite("the lab's API server", [], onLabApi);
lifecycleSuite('a real kube-apiserver', ['go', 'etcd'], onKubeApiserver);

function lifecycleSuite(name: string, needs: readonly Requirement[], start: StartCluster): void {
  describeIf(['root', 'netns', ...needs], `the life cycle of golden images on ${name}`, () => {
    let folder: string;
    let rig: Rig;

    const outcome = ({ conclusion, outputs }: StepResult) => [conclusion, outputs['error-code']];
    const listOf = ({ outputs }: StepResult, output: string) =>
      JSON.parse(outputs[output] ?? 'null') as string[];
    const temporary = async () => (await findOwn(rig.kube, NAMESPACE)).filter(isSwept);
    const cli = (...words: string[]) =>
      runCommand(
        process.execPath,
        [join(ROOT, 'src/cli/launch.js'), 'golden', ...words, '--kubeconfig', join(folder, 'kubeconfig')],
        { env: { ...process.env, NODE_OPTIONS: '' } },
      );
    /** A build whose runner dies while it bakes; its id. */
    const dieInBake = async (): Promise<string> => {
      const death = new AbortController();
      rig.play({ slow: { customize: 60_000 } });
      const onLine = (line: string) => line.includes('== customize') && death.abort();
      await rig.build({ force: 'true' }, { signal: death.signal, dieOnSignal: true, onLine });
      const [first] = await temporary();
      return first!.object.metadata.labels![RUN_ID]!;
    };
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rke2-actions-lifecycle-'));
      rig = await Rig.open(start, join(folder, 'rig'));
      rig.reset();
      await writeFile(join(folder, 'kubeconfig'), rig.cluster.api.adminKubeconfig, { mode: 0o600 });
    }, 5 * MINUTE);
    afterAll(async () => {
      await rig?.close();
      await rm(folder, { recursive: true, force: true });
    }, MINUTE);
    afterEach(() => rig.reset());

    test(
      'an image is built, listed, kept while a node stands on it, and deleted by its exact name',
      async () => {
        const before = await rig.census();
        const id = (await rig.build()).outputs['image-id']!;
        const imageName = id.split('/')[1]!;
        const list = await rig.build({ operation: 'list' });
        expect(listOf(list, 'images')).toMatchObject([{ id, kind: 'golden', state: 'imported' }]);
        expect(list.summary).toContain('small');

        const planned = await rig.build({ operation: 'delete', images: imageName, 'dry-run': 'true' });
        expect([outcome(planned), planned.summary]).toEqual([
          ['success', undefined],
          expect.stringContaining('you named it'),
        ]);
        const free = await useImage(rig.kube, id, 'node-1');
        const refused = await cli('delete', imageName, '--yes');
        expect([refused.exitCode, refused.stderr]).toEqual([
          1,
          expect.stringMatching(/being used by volume default\/node-1[\s\S]*HARVESTER_IMAGE_IN_USE/),
        ]);
        await free();
        const deleted = await rig.build({ operation: 'delete', images: imageName });
        expect([outcome(deleted), listOf(deleted, 'removed')]).toEqual([
          ['success', undefined],
          [`virtualmachineimages.harvesterhci.io ${id}`],
        ]);
        const again = await rig.build({ operation: 'delete', images: imageName });
        expect([outcome(again), listOf(again, 'removed')]).toEqual([['success', undefined], []]);
        expect(await rig.leftSince(before)).toEqual([]);
      },
      2 * MINUTE,
    );

    test(
      'the janitor leaves a run alone that may live, and sweeps it once it has expired, twice without harm',
      async () => {
        const before = await rig.census();
        await dieInBake();
        const alive = (await temporary()).length;
        const early = await rig.build({ operation: 'janitor' });
        expect([outcome(early), listOf(early, 'removed')]).toEqual([['success', undefined], []]);
        expect(early.summary).toContain('may live until');
        expect(await temporary()).toHaveLength(alive);

        await leaveStrays(rig.kube, NAMESPACE);
        await expireAll(rig.kube, NAMESPACE);
        const shown = await cli('janitor', '--namespace', NAMESPACE, '--dry-run');
        expect([shown.exitCode, shown.stdout]).toEqual([0, expect.stringContaining('stray-secret')]);
        expect((await temporary()).length).toBeGreaterThan(alive);
        const late = await rig.build({ operation: 'janitor', namespaces: `${NAMESPACE}\nharvester-public` });
        expect([outcome(late), listOf(late, 'left')]).toEqual([['success', undefined], []]);
        expect(listOf(late, 'removed').length).toBeGreaterThanOrEqual(alive + 4);
        const again = await cli('janitor', '--namespace', NAMESPACE, '--yes');
        expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining('nothing to remove')]);
        expect(await rig.leftSince(before)).toEqual([]);
      },
      2 * MINUTE,
    );

    test(
      'destroy-builder asks which run, asks whether, and takes that run away',
      async () => {
        const before = await rig.census();
        const runId = await dieInBake();
        const which = await cli('destroy-builder', '--namespace', NAMESPACE, '--yes');
        expect([which.exitCode, which.stderr]).toEqual([1, expect.stringContaining(runId)]);
        const unasked = await cli('destroy-builder', '--namespace', NAMESPACE, '--run', runId);
        expect([unasked.exitCode, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
        expect(unasked.stdout).toContain('virtualmachines.kubevirt.io');
        expect(await temporary()).not.toEqual([]);
        const done = await cli('destroy-builder', '--namespace', NAMESPACE, '--run', runId, '--yes');
        const withoutAge = (text: string) =>
          text.replace(/ +([\d.]+(ms|[hms]))+\b/g, '').replace(/ +Age/, '');
        expect([done.exitCode, withoutAge(done.stdout)]).toEqual([0, withoutAge(unasked.stdout)]);
        expect(await rig.leftSince(before)).toEqual([]);
      },
      2 * MINUTE,
    );

    test(
      "post without main's state says so and touches nothing, also not a run that lives",
      async () => {
        const before = await rig.census();
        const runId = await dieInBake();
        const there = await temporary();
        for (const _ of ['once', 'twice']) {
          const env = {
            PATH: process.env.PATH,
            GITHUB_RUN_ID: runId.split('-')[0],
            GITHUB_RUN_ATTEMPT: '1',
            INPUT_KUBECONFIG: rig.cluster.api.adminKubeconfig,
          };
          const { exitCode, stdout } = await runCommand(process.execPath, [POST], { env });
          expect([exitCode, stdout]).toEqual([0, expect.stringContaining('No run was noted')]);
        }
        expect(await temporary()).toHaveLength(there.length);
        await cli('destroy-builder', '--namespace', NAMESPACE, '--run', runId, '--yes');
        expect(await rig.leftSince(before)).toEqual([]);
      },
      2 * MINUTE,
    );
  });
}
