/**
 * The manifests of docs/rbac grant what the code asks for before it begins, right by right. That it also uses all of it is
 * proven against a real API server (test/e2e/rbac.test.ts).
 */
import { expect, test } from '@jest/globals';
import { lifecycleAccess, neededAccess } from '../../../src/golden/access.ts';
import { importAccess } from '../../../src/harvester/import-access.ts';
import { type AccessQuestion, resourceName } from '../../../src/kube/kube.ts';
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
