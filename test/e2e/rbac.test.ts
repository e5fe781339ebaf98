/**
 * Least privilege, proven on a real kube-apiserver: with the manifests of docs/rbac the actions pass; the server's audit log says
 * which rights they used, and that is what the manifests grant; without any single right an action names it at once.
 */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runStep, type StepResult } from '../../lab/mini-runner/run-step.ts';
import { ROOT } from '../../lab/rehearsal.ts';
import { EXPIRES_AT } from '../../src/harvester/labels.ts';
import { findOwn, nameOf } from '../../src/harvester/own-objects.ts';
import { describeIf } from '../requirements.ts';
import { onAuditedKubeApiserver } from './faults/cluster.ts';
import { Rig } from './faults/rig.ts';
import { Account, rightText } from './rights/account.ts';
import { bindVolume, expireAll, leaveStrays } from './rights/leftovers.ts';
import { type Right, readManifest, rightsOf } from './rights/manifests.ts';

const MINUTE = 60_000;
const NAMESPACE = 'rke2-images';
const NETWORK = 'default/lab';

/** On a node that runs pods: prober.yml in test/system/readiness/cluster.test.ts, image-pusher.yml in test/system/oci-node.test.ts. */
test('every other manifest of docs/rbac is held to its use here', () =>
  expect(readdirSync(join(ROOT, 'docs', 'rbac')).sort()).toEqual([
    'builder-options.yml',
    'builder.yml',
    'diagnostics.yml',
    'image-pusher.yml',
    'importer.yml',
    'janitor.yml',
    'prober.yml',
  ]));

const [builderRights, optionRights, importerRights, janitorRights] = await Promise.all(
  ['builder', 'builder-options', 'importer', 'janitor'].map(async (name) =>
    rightsOf(await readManifest(name)),
  ),
);

describeIf(['root', 'netns', 'go', 'etcd'], 'least privilege on a real kube-apiserver', () => {
  let folder: string;
  let rig: Rig;
  let builder: Account;
  let janitor: Account;

  const apiFolder = () => join(folder, 'api');
  const run = (account: Account, inputs: Record<string, string>, more = {}) =>
    rig.build(
      { kubeconfig: rig.gateway.kubeconfig(account.kubeconfig), namespace: NAMESPACE, ...inputs },
      more,
    );
  const build = (inputs: Record<string, string> = {}, more = {}) =>
    run(builder, { network: NETWORK, force: 'true', ...inputs }, more);
  const outcome = ({ conclusion, outputs, annotations }: StepResult) => ({
    conclusion,
    code: outputs['error-code'],
    says: annotations.map(({ message }) => message).join('\n'),
  });
  const ours = async () => (await findOwn(rig.kube, NAMESPACE)).map(nameOf);
  const temporary = async () =>
    (await findOwn(rig.kube, NAMESPACE)).filter(({ object }) => object.metadata.annotations?.[EXPIRES_AT]);
  /** A builder whose runner died: whatever it had made by then. */
  const dieInBake = async () => {
    const death = new AbortController();
    rig.play({ slow: { customize: 60_000 } });
    const onLine = (line: string) => line.includes('== customize') && death.abort();
    await build({}, { signal: death.signal, dieOnSignal: true, onLine });
    rig.reset();
  };
  const gone = async () => {
    for (const deadline = performance.now() + 20_000; ; await sleep(50)) {
      const left = (await temporary()).map(nameOf);
      if (left.length === 0 || performance.now() > deadline) return expect(left).toEqual([]);
    }
  };
  const succeeded = (result: StepResult) => {
    const { conclusion, says } = outcome(result);
    expect([conclusion, conclusion === 'success' || says]).toEqual(['success', true]);
  };
  /** A right in all namespaces covers a request in one. */
  const used = async (account: Account) =>
    (await account.requests(apiFolder()))
      .filter(({ allowed }) => allowed)
      .map((request) => {
        const everywhere = rightText({ ...request, namespace: '' });
        return account.rights.map(rightText).includes(everywhere) ? everywhere : rightText(request);
      });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-rbac-'));
    rig = await Rig.open(onAuditedKubeApiserver, folder);
    rig.reset();
    builder = await Account.open(rig, 'builder');
    janitor = await Account.open(rig, 'janitor');
  }, 5 * MINUTE);

  afterAll(async () => {
    await builder?.close();
    await janitor?.close();
    await rig?.close();
    await rm(folder, { recursive: true, force: true });
  }, MINUTE);

  describe('builder.yml', () => {
    test(
      'is enough for builds, whatever becomes of them, and for the life cycle',
      async () => {
        const first = await build();
        succeeded(first);
        rig.play({ addresses: [] }); // its address must come from the cluster then
        const second = await build();
        succeeded(second);
        rig.play({ fails: { phase: 'customize', message: 'no' } });
        expect(outcome(await build())).toMatchObject({ code: 'BAKE_FAILED' });
        rig.reset();
        const list = await run(builder, { operation: 'list' });
        const images = JSON.parse(list.outputs.images!) as { id: string }[];
        expect(images.map(({ id }) => id).sort()).toEqual(
          [first, second].map(({ outputs }) => outputs['image-id']).sort(),
        );
        await dieInBake();
        const [{ object }] = (await temporary()) as [Awaited<ReturnType<typeof temporary>>[0]];
        const runId = object.metadata.labels!['rke2-actions.io/run-id']!;
        succeeded(await run(builder, { operation: 'destroy-builder', 'run-id': runId }));
        const names = images.map(({ id }) => id.split('/')[1]).join('\n');
        succeeded(await run(builder, { operation: 'delete', images: names }));
        expect(await ours()).toEqual([]);
      },
      2 * MINUTE,
    );

    test('grants nothing that was not used, and nothing is missing but what is done without', async () => {
      expect([...new Set(await used(builder))].sort()).toEqual(builder.rights.map(rightText).sort());
      const refused = (await builder.requests(apiFolder())).filter(({ allowed }) => !allowed);
      expect(refused.map(rightText).sort()).toEqual(
        ['events', 'secrets'].map((what) => `list ${what} in ${NAMESPACE}`),
      );
    });

    test.each(builderRights!)('without $verb $resource a build says so and makes nothing', async (right) => {
      const result = await builder.without(right, () => build());
      expect(outcome(result)).toEqual({
        conclusion: 'failure',
        code: 'KUBE_FORBIDDEN',
        says: expect.stringContaining(`- ${right.verb} ${right.resource} in namespace "${right.namespace}"`),
      });
      expect(outcome(result).says).toMatch(/lacks 1 of \d+ permissions[\s\S]*docs\/rbac\/builder\.yml/);
      expect(await ours()).toEqual([]);
    });
  });

  describe('builder-options.yml', () => {
    let options: Account;
    /** The recipe of these builds has no CA of its own. */
    const trusting = () => ({ NODE_EXTRA_CA_CERTS: rig.cluster.harvester.vip.certificateFile });
    const optional = (more = {}) =>
      build(
        {
          readiness: 'pod',
          'readiness-image': `registry.invalid/curl@sha256:${'0'.repeat(64)}`,
          'hand-over': 'upload',
          'upload-endpoint': rig.cluster.harvester.vip.url,
        },
        { env: trusting(), ...more },
      );

    beforeAll(async () => {
      options = await Account.open(rig, 'builder-options', builder);
    });
    afterAll(() => options?.close());

    test(
      'with it the log is read by a pod, which goes with the build',
      async () => {
        const cancel = new AbortController();
        const onLine = (line: string) => line.includes('created pod') && cancel.abort();
        const result = await optional({ signal: cancel.signal, onLine });
        expect(outcome(result)).toMatchObject({ conclusion: 'cancelled' });
        expect(result.lines.join('\n')).toContain('created pod');
        await gone(); // it has an owner, and goes a moment after it
      },
      MINUTE,
    );

    test(
      'with it the image is uploaded',
      async () => {
        const upload = { 'hand-over': 'upload', 'upload-endpoint': rig.cluster.harvester.vip.url };
        const result = await build(upload, { env: trusting() });
        succeeded(result);
        await rig.removeImage(result.outputs['image-id']!);
      },
      MINUTE,
    );

    test('grants nothing that was not used', async () => {
      const rights = options.rights.map(rightText);
      expect((await used(options)).filter((right) => rights.includes(right)).sort()).toEqual(rights.sort());
    });

    test.each(optionRights!)('without $verb $resource such a build says so', async (right) => {
      const result = await options.without(right, () => optional());
      expect(outcome(result)).toMatchObject({
        code: 'KUBE_FORBIDDEN',
        says: expect.stringContaining(`- ${right.verb} ${right.resource} in namespace "${right.namespace}"`),
      });
      expect(outcome(result).says).toContain('builder-options.yml');
    });
  });

  test(
    'diagnostics.yml lets a failed build tell its events; without it the build fails no differently',
    async () => {
      rig.play({ fails: { phase: 'customize', message: 'no' } });
      const diagnostics = await Account.open(rig, 'diagnostics', builder);
      expect(outcome(await build())).toMatchObject({ code: 'BAKE_FAILED' });
      const [right, ...others] = diagnostics.rights;
      expect(others).toEqual([]);
      expect(await used(diagnostics)).toContain(rightText(right!));
      const result = await diagnostics.without(right!, () => build());
      expect(outcome(result)).toMatchObject({ code: 'BAKE_FAILED' });
      rig.reset();
      await diagnostics.close();
    },
    MINUTE,
  );

  describe('importer.yml', () => {
    let importer: Account;
    const importing = (inputs: Record<string, string>) =>
      runStep({
        actionFolder: join(ROOT, 'actions', 'harvester-image-import'),
        workspace: folder,
        inputs: { kubeconfig: rig.gateway.kubeconfig(importer.kubeconfig), namespace: NAMESPACE, ...inputs },
      });
    const upload = (name: string) => {
      const { vip } = rig.cluster.harvester;
      const file = join(folder, 'golden.qcow2');
      return importing({ name, file, 'upload-endpoint': vip.url, 'ca-certificates': vip.certificate });
    };
    const fails = (right: Right): Promise<StepResult> => {
      if (right.verb === 'update') return upload('denied');
      const source =
        right.resource === 'persistentvolumeclaims'
          ? { volume: `${NAMESPACE}/disk` }
          : { url: rig.site.baseUrl() };
      return importing({ name: 'denied', ...source });
    };

    beforeAll(async () => {
      importer = await Account.open(rig, 'importer');
    }, MINUTE);
    afterAll(() => importer?.close());

    test(
      'is enough for every source, and for what is done with images afterwards',
      async () => {
        const url = await importing({ name: 'from-url', url: rig.site.baseUrl() });
        succeeded(url);
        succeeded(await upload('from-file'));
        const blank = { storageClassName: 'longhorn', storage: '16Mi' };
        const free = await bindVolume(rig.kube, { name: 'disk', namespace: NAMESPACE }, blank);
        const volume = await importing({ name: 'from-volume', volume: `${NAMESPACE}/disk` });
        succeeded(volume);
        await free();
        const list = await importing({ operation: 'list' });
        expect(JSON.parse(list.outputs.images!)).toHaveLength(3);
        const none = { 'keep-last': '0', 'keep-for': '0s', 'deprecate-for': '7d' };
        succeeded(await importing({ operation: 'prune', ...none }));
        const images = 'from-url\nfrom-file\nfrom-volume';
        succeeded(await importing({ operation: 'delete', images }));
        expect(await ours()).toEqual([]);
      },
      MINUTE,
    );

    test('grants nothing that was not used, and nothing is missing but what is done without', async () => {
      expect([...new Set(await used(importer))].sort()).toEqual(importer.rights.map(rightText).sort());
      const refused = (await importer.requests(apiFolder())).filter(({ allowed }) => !allowed);
      expect(refused.map(rightText)).toEqual(['get storageclasses.storage.k8s.io in all namespaces']);
    });

    test.each(importerRights!.filter(({ namespace }) => namespace))(
      'without $verb $resource in $role an import says so and makes nothing',
      async (right) => {
        const result = await importer.without(right, () => fails(right));
        expect(outcome(result)).toEqual({
          conclusion: 'failure',
          code: 'KUBE_FORBIDDEN',
          says: expect.stringContaining(
            `- ${right.verb} ${right.resource} in namespace "${right.namespace}"`,
          ),
        });
        expect(outcome(result).says).toContain('docs/rbac/importer.yml');
        expect(await ours()).toEqual([]);
      },
    );

    test.each(importerRights!.filter(({ namespace }) => !namespace))(
      'without $verb $resource of all namespaces a list says what it did not see',
      async (right) => {
        const result = await importer.without(right, () => importing({ operation: 'list' }));
        succeeded(result);
        expect(result.summary).toContain(`${right.resource} of other namespaces`);
      },
    );
  });

  describe('janitor.yml', () => {
    const sweep = () => run(janitor, { operation: 'janitor', namespaces: NAMESPACE });

    test(
      'is enough to sweep what a dead run left',
      async () => {
        await dieInBake();
        expect((await temporary()).length).toBeGreaterThan(2);
        await leaveStrays(rig.kube, NAMESPACE);
        await expireAll(rig.kube, NAMESPACE);
        expect(outcome(await sweep())).toMatchObject({ conclusion: 'success', says: '' });
        expect(await ours()).toEqual([]);
      },
      2 * MINUTE,
    );

    test('grants nothing that was not used, and nothing is missing', async () => {
      expect([...new Set(await used(janitor))].sort()).toEqual(janitor.rights.map(rightText).sort());
      expect((await janitor.requests(apiFolder())).filter(({ allowed }) => !allowed)).toEqual([]);
    });

    test.each(janitorRights!)(
      'without $verb $resource a sweep says so and removes nothing',
      async (right) => {
        const result = await janitor.without(right, sweep);
        expect(outcome(result)).toEqual({
          conclusion: 'failure',
          code: 'KUBE_FORBIDDEN',
          says: expect.stringContaining(
            `- ${right.verb} ${right.resource} in namespace "${right.namespace}"`,
          ),
        });
        expect(outcome(result).says).toContain('docs/rbac/janitor.yml');
      },
    );
  });
});
