/** wait-http-ready reading a machine's serial console: in the embedded Harvester, on lab/api and on a real kube-apiserver. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { startApi } from '../../lab/api/start.ts';
import { Cluster } from '../../lab/harvester/client.ts';
import { type Harvester, startHarvester } from '../../lab/harvester/harvester.ts';
import { fastPace } from '../../lab/harvester/pace.ts';
import { startKubeApiserver } from '../../lab/kube-apiserver/start.ts';
import { runStep } from '../../lab/mini-runner/run-step.ts';
import { CACHE } from '../../lab/rehearsal.ts';
import { silentLogger } from '../../src/base/log.ts';
import { createBuilder, NAMESPACE } from '../lab/harvester/subjects.ts';
import { describeIf, type Requirement } from '../requirements.ts';

const ROOT = join(import.meta.dirname, '../..');
const MINUTE = 60_000;

interface Api {
  readonly adminKubeconfig: string;
  close(): Promise<void>;
}

type StartApi = (folder: string) => Promise<Api>;

const PLATFORMS: readonly (readonly [string, readonly Requirement[], StartApi])[] = [
  ['lab/api', [], () => startApi({ log: silentLogger })],
  [
    'a real kube-apiserver',
    ['etcd', 'go'],
    (folder) => startKubeApiserver({ folder: join(folder, 'api'), cache: CACHE, log: silentLogger }),
  ],
];

for (const [name, needs, start] of PLATFORMS) {
  describeIf(['root', 'netns', ...needs], `a console on ${name}`, () => {
    let folder: string;
    let api: Api;
    let harvester: Harvester;
    let cluster: Cluster;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rke2-actions-console-'));
      api = await start(folder);
      harvester = await startHarvester({
        kubeconfig: api.adminKubeconfig,
        version: '1.8',
        folder: join(folder, 'harvester'),
        pace: fastPace,
      });
      cluster = new Cluster(api.adminKubeconfig);
    }, 10 * MINUTE);

    afterAll(async () => {
      await harvester?.close();
      await cluster?.close();
      await api?.close();
      await rm(folder, { recursive: true, force: true });
    }, MINUTE);

    const boot = (vm: string, ...commands: string[]) =>
      createBuilder(cluster, {
        name: vm,
        userData: `#cloud-config\n${JSON.stringify({ runcmd: [...commands, 'sleep 60'] })}`,
        storageClass: 'harvester-longhorn',
        script: undefined,
      });
    const wait = (inputs: Record<string, string>) =>
      runStep({
        actionFolder: join(ROOT, 'actions/wait-http-ready'),
        inputs: {
          'probe-from': 'console',
          kubeconfig: api.adminKubeconfig,
          namespace: NAMESPACE,
          timeout: '1m',
          ...inputs,
        },
        workspace: ROOT,
      });

    test(
      'is ready with the line of the example',
      async () => {
        const workflow = parse(await readFile(join(ROOT, 'examples/wait-for-console.yml'), 'utf8'));
        const example = workflow.jobs.wait.steps[0].with as Record<string, string>;
        await boot('good', 'sleep 1', 'echo Cloud-init v. 23.4 finished at Sat, 21 Nov 2026');
        const result = await wait({
          vm: 'good',
          'expect-line': example['expect-line']!,
          'fail-fast-on-line': example['fail-fast-on-line']!,
        });
        expect(result).toMatchObject({ conclusion: 'success', outputs: { ready: 'true' } });
      },
      2 * MINUTE,
    );

    test(
      'fails with the line that means never',
      async () => {
        await boot('bad', 'echo Failed to start rke2-server.service');
        const result = await wait({
          vm: 'bad',
          'expect-line': 'finished',
          'fail-fast-on-line': 'Failed to start',
        });
        expect(result.outputs).toMatchObject({ ready: 'false', 'error-code': 'WAIT_FAIL_FAST' });
        expect(result.lines.join('\n')).toContain('| Failed to start rke2-server.service');
      },
      2 * MINUTE,
    );

    test(
      'of a machine that is not there is told so',
      async () => {
        const result = await wait({ vm: 'nobody', 'expect-line': 'x', timeout: '3s' });
        expect(result.outputs['error-code']).toMatch(/^(CONSOLE_MISSING|WAIT_LINE)$/);
      },
      MINUTE,
    );
  });
}
