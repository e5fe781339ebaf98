import { expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { deleteImage } from '../../../src/harvester/image-deletion.ts';
import type { VirtualMachineImage } from '../../../src/harvester/import-state.ts';
import { VIRTUAL_MACHINE_IMAGES as IMAGES } from '../../../src/harvester/resources.ts';
import { STORAGE_CLASSES } from '../../../src/kube/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';

function setUp({ finalizers = [] as string[], parameters = {} as Record<string, string> } = {}) {
  const kube = new FakeKube([IMAGES, STORAGE_CLASSES]);
  const clock = new IdleClock();
  const image = kube.put(IMAGES, {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineImage',
    metadata: { name: 'rocky', namespace: 'ci', finalizers },
    spec: { displayName: 'rocky', sourceType: 'download' },
    status: { storageClassName: 'any-name' },
  } as never) as VirtualMachineImage;
  kube.put(STORAGE_CLASSES, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'any-name' },
    parameters,
  } as never);
  const run = () =>
    deleteImage(image, { kube, clock, log: silentLogger, progress: () => {}, goneWithin: 30_000 });
  return { kube, clock, run };
}

test('waits until the image is gone', async () => {
  const { kube, clock, run } = setUp({ finalizers: ['harvester'] });
  clock.at(8000, () => kube.drop(IMAGES, 'rocky'));
  expect(await run()).toEqual({ outcome: 'deleted' });
  expect(clock.monotonic()).toBeGreaterThanOrEqual(8000);
});

test('takes away the storage class that was made for it and stayed', async () => {
  const { kube, run } = setUp({ parameters: { backingImage: 'vmi-1' } });
  await run();
  expect(kube.names(STORAGE_CLASSES)).toEqual([]);
});

test('leaves a storage class that images share', async () => {
  const { kube, run } = setUp();
  await run();
  expect(kube.names(STORAGE_CLASSES)).toEqual(['any-name']);
});

test('a storage class that may not be deleted is no failure', async () => {
  const { kube, run } = setUp({ parameters: { backingImage: 'vmi-1' } });
  kube.refuse('delete', STORAGE_CLASSES, 403, 'forbidden');
  expect(await run()).toEqual({ outcome: 'deleted' });
});

test('gone already is fine', async () => {
  const { kube, run } = setUp();
  kube.drop(IMAGES, 'rocky');
  expect(await run()).toEqual({ outcome: 'gone already' });
});

test.each([
  [
    422,
    'admission webhook denied the request: Cannot delete image ci/rocky: being used by volume a/b',
    'being used by volume a/b',
  ],
  [500, 'backing image vmi-1 still has replicas using it', 'replicas using it'],
])('"in use" (%i) is an answer', async (status, message, by) => {
  const { kube, run } = setUp();
  kube.refuse('delete', IMAGES, status, message);
  expect(await run()).toMatchObject({
    outcome: 'in use',
    by: expect.stringContaining(by),
  });
});

test('another refusal is an error', async () => {
  const { kube, run } = setUp();
  kube.refuse('delete', IMAGES, 403, 'forbidden');
  await expect(run()).rejects.toMatchObject({ code: 'KUBE_FORBIDDEN' });
});

test('says what an image waits for that does not go', async () => {
  const { run } = setUp({ finalizers: ['wrangler.cattle.io/vm-image-controller'] });
  await expect(run()).rejects.toMatchObject({
    code: 'HARVESTER_IMAGE_STUCK',
    evidence: ['waits for finalizer wrangler.cattle.io/vm-image-controller'],
  });
});
