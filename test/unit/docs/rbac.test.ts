/**
 * The manifests of docs/rbac grant what the code asks for before it begins, right by right. That it also uses all of it is
 * proven against a real API server (test/e2e/rbac.test.ts).
 */
import { expect, test } from '@jest/globals';
import { lifecycleAccess, neededAccess } from '../../../src/golden/access.ts';
import { importAccess } from '../../../src/harvester/import-access.ts';
import { type AccessQuestion, resourceName } from '../../../src/kube/kube.ts';
import { tunnelAccess } from '../../../src/oci/tunnel/access.ts';
import { workloadAccess } from '../../../src/oci/workload/access.ts';
import { type Right, readManifest, rightsOf } from '../../e2e/rights/manifests.ts';

const NAMESPACE = 'rke2-images';

async function granted(name: string, where: (right: Right) => boolean = () => true): Promise<string[]> {
  const rights = rightsOf(await readManifest(name)).filter(where);
  return rights.map(({ verb, resource, namespace }) => `${verb} ${resource} in ${namespace}`).sort();
}

function asked(...questions: readonly AccessQuestion[]): string[] {
  const texts = questions.map(({ verb, resource, subresource, namespace }) => {
    const what = [resourceName(resource), subresource].filter(Boolean).join('/');
    return `${verb} ${what} in ${namespace}`;
  });
  return [...new Set(texts)].sort();
}

const build = {
  namespace: NAMESPACE,
  network: 'default/vlan-40',
  readiness: { from: 'console' },
  handOver: 'http',
};
const plain = neededAccess(build as Parameters<typeof neededAccess>[0]).questions;
const optional = neededAccess({
  ...build,
  readiness: { from: 'pod', image: '' },
  handOver: 'upload',
} as Parameters<typeof neededAccess>[0]).questions;

test('builder.yml is what a build asks for', async () =>
  expect(await granted('builder')).toEqual(asked(...plain)));

test('builder-options.yml is what its options ask for besides', async () =>
  expect(await granted('builder-options')).toEqual(
    asked(...optional).filter((right) => !asked(...plain).includes(right)),
  ));

test('diagnostics.yml lets events be read, and nothing else', async () =>
  expect(await granted('diagnostics')).toEqual([`list events in ${NAMESPACE}`]));

test('the builder may do all of its life cycle but the sweep', async () => {
  const rights = await granted('builder');
  for (const operation of ['list', 'delete', 'destroy-builder'] as const)
    expect(rights).toEqual(
      expect.arrayContaining(asked(...lifecycleAccess(operation, [NAMESPACE]).questions)),
    );
});

test('janitor.yml is what a sweep asks for', async () =>
  expect(await granted('janitor')).toEqual(asked(...lifecycleAccess('janitor', [NAMESPACE]).questions)));

test('importer.yml is what the sources and operations ask for; what is of all namespaces only informs', async () => {
  const file = { kind: 'file', name: '', size: 0, open: () => Promise.reject(new Error()) } as const;
  const volume = { kind: 'volume', namespace: NAMESPACE, name: 'x' } as const;
  const questions = [
    ...importAccess('import', NAMESPACE, file).questions,
    ...importAccess('import', NAMESPACE, volume).questions,
    ...(['list', 'delete', 'prune'] as const).flatMap((one) => importAccess(one, NAMESPACE).questions),
  ];
  expect(await granted('importer', ({ namespace }) => namespace !== '')).toEqual(asked(...questions));
});

/** Not asked for: reading logs is done without, and create is what newer servers want instead of get. */
const UNASKED = ['get pods/log', 'create pods/exec', 'create pods/portforward'].map(
  (right) => `${right} in ${NAMESPACE}`,
);

test('image-pusher.yml is what its ways and restarts ask for, each role what it says', async () => {
  const of = async (role: string) => {
    const rights = await granted('image-pusher', (right) => right.role === `${NAMESPACE}/${role}`);
    return rights.filter((right) => !UNASKED.includes(right));
  };
  const here = (questions: readonly AccessQuestion[]) =>
    asked(...questions.map((question) => ({ namespace: NAMESPACE, ...question })));
  const target = (kind: 'service' | 'pod') =>
    ({ kind, namespace: NAMESPACE, name: 'x', port: '80' }) as const;
  const workloads = (['Deployment', 'StatefulSet', 'DaemonSet'] as const).map((kind) => ({
    kind,
    namespace: NAMESPACE,
    name: 'x',
  }));
  expect(await of('image-pusher')).toEqual(here(tunnelAccess('exec')));
  expect([...(await of('image-pusher')), ...(await of('image-pusher-login'))].sort()).toEqual(
    here(tunnelAccess('pod')),
  );
  expect(await of('image-pusher-forward')).toEqual(
    here([
      ...tunnelAccess('port-forward', target('service')),
      ...tunnelAccess('port-forward', target('pod')),
    ]),
  );
  expect(await of('image-pusher-restart')).toEqual(here(workloadAccess(workloads)));
});
