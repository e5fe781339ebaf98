import { expect, test } from '@jest/globals';
import { requireAccess } from '../../../src/kube/access.ts';
import { PODS, SECRETS } from '../../../src/kube/resources.ts';
import { FakeKube } from './fake-kube.ts';

const MANIFEST = { manifest: 'docs/rbac/x.yml' };

test('everything that is missing is told at once, what several parts need only once', async () => {
  const kube = new FakeKube([]);
  kube.denied.add('list pods').add('create secrets');
  const questions = [
    { verb: 'list', resource: PODS },
    { verb: 'list', resource: PODS, namespace: kube.namespace },
    { verb: 'get', resource: PODS },
    { verb: 'create', resource: SECRETS },
  ];
  await expect(requireAccess(kube, questions, MANIFEST)).rejects.toMatchObject({
    code: 'KUBE_FORBIDDEN',
    message: expect.stringMatching(
      /lacks 2 of 3 permissions .*\n {2}- list pods in namespace "ci"\n {2}- create secrets in namespace "ci"$/,
    ),
    mend: expect.stringContaining('docs/rbac/x.yml'),
  });
});

test('nothing missing, nothing said', async () => {
  await expect(
    requireAccess(new FakeKube([]), [{ verb: 'get', resource: PODS }], MANIFEST),
  ).resolves.toBeUndefined();
});
