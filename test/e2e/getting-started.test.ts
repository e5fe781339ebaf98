/** docs/getting-started.md, tried: its shell blocks run in order with kubectl against a real kube-apiserver with the embedded Harvester. */
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROOT } from '../../lab/rehearsal.ts';
import { runCommand } from '../../src/base/process.ts';
import type { Resource } from '../../src/kube/kube.ts';
import { describeIf } from '../requirements.ts';
import { onKubeApiserver } from './faults/cluster.ts';
import { Rig } from './faults/rig.ts';
import { questionOf, readManifest, rightsOf, roleWithout } from './rights/manifests.ts';

const MINUTE = 60_000;
const NAMESPACE = 'rke2-images';
const CONFIG_MAPS: Resource = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

const page = await readFile(join(ROOT, 'docs/getting-started.md'), 'utf8');
const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);
const sample = /^```text\n([\s\S]*?)^```$/m.exec(page)![1]!;

describeIf(['root', 'netns', 'go', 'etcd', 'kubectl', 'openssl'], "a new user's path", () => {
  let folder: string;
  let rig: Rig;

  /** The reader's shell: an administrator's kubeconfig, the repository's docs, and npx that finds this working copy. */
  const shell = (script: string) =>
    runCommand('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env: {
        ...process.env,
        KUBECONFIG: join(folder, 'admin.yaml'),
        PATH: `${folder}/bin:${process.env.PATH}`,
        RUNNER_TEMP: folder,
      },
    });
  /** What only the reader knows: where Harvester is, and the name of a network. */
  const filledIn = (text: string) =>
    text
      .replaceAll('https://harvester.example.com:6443', rig.cluster.api.url)
      .replaceAll('default/vlan-40', 'default/lab');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-path-'));
    rig = await Rig.open(onKubeApiserver, join(folder, 'rig'));
    rig.reset();
    await writeFile(join(folder, 'admin.yaml'), rig.cluster.api.adminKubeconfig, { mode: 0o600 });
    await symlink(join(ROOT, 'docs'), join(folder, 'docs'));
    await runCommand('mkdir', [join(folder, 'bin')]);
    // The shipped recipe's mirrors are on the internet: builds take a small one, as all else is the reader's.
    const recipe = `--recipe ${join(ROOT, 'test/e2e/faults/recipe.yml')} --input variables=base-url=${rig.site.baseUrl()}`;
    const npx = `shift\ncase "$1 $2" in "golden build") set -- "$@" ${recipe} ;; esac\nexec ${process.execPath} ${join(ROOT, 'src/cli/launch.js')} "$@"\n`;
    await writeFile(join(folder, 'bin', 'npx'), `#!/bin/bash\n${npx}`, { mode: 0o755 });
  }, 5 * MINUTE);

  afterAll(async () => {
    await rig?.close();
    await rm(folder, { recursive: true, force: true });
  }, MINUTE);

  test.each(blocks)(
    'block %#: %s',
    async (block) => {
      // kube-controller-manager's root CA publisher, which the lab's does not run, puts it into every namespace.
      const publish = block.includes('kube-root-ca.crt');
      if (publish)
        await rig.kube.create(CONFIG_MAPS, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'kube-root-ca.crt', namespace: NAMESPACE },
          data: { 'ca.crt': rig.cluster.api.caPem },
        } as never);
      const { exitCode, stderr } = await shell(filledIn(block));
      expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, '']);
    },
    MINUTE,
  );

  test('the kubeconfig holds a token that expires in 30 days, and nobody else can read it', async () => {
    const { stdout } = await shell(
      "kubectl --kubeconfig golden-builder.yaml config view --raw -o 'jsonpath={.users[0].user.token}'; stat -c ' %a' golden-builder.yaml",
    );
    const [token = '', mode] = stdout.trim().split(' ');
    const { exp, iat } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
    expect([exp - iat, mode]).toEqual([30 * 86_400, '600']);
  });

  test(
    'with it the first image is built',
    async () => {
      const kubeconfig = await readFile(join(folder, 'golden-builder.yaml'), 'utf8');
      const result = await rig.build({ kubeconfig, namespace: NAMESPACE, network: 'default/lab' });
      expect([result.conclusion, result.outputs['error-code']]).toEqual(['success', undefined]);
      expect(result.outputs['image-id']).toMatch(/^rke2-images\/rke2-rocky9-golden-/);
    },
    MINUTE,
  );

  test(
    'the failure that the page shows is what a reader gets to see',
    async () => {
      const objects = await readManifest('builder');
      const right = rightsOf(objects).find(
        ({ verb, resource }) => `${verb} ${resource}` === 'create secrets',
      )!;
      expect(questionOf(right).verb).toBe('create');
      await writeFile(join(folder, 'role.json'), JSON.stringify(roleWithout(objects, right)));
      const script = `kubectl apply -f role.json; sleep 1; ${blocks.find((block) => block.includes('--dry-run'))}`;
      const { exitCode, stderr } = await shell(filledIn(script));
      expect(exitCode).not.toBe(0);
      // How many rights there are changes with what builds do.
      const uncounted = (text: string) => text.replace(/of \d+ permissions/, 'of all permissions');
      for (const line of filledIn(sample).trim().split('\n'))
        expect(uncounted(stderr)).toContain(uncounted(line));
    },
    MINUTE,
  );
});
