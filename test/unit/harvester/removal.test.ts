import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { downloadImage, keepImage } from '../../../src/harvester/images.ts';
import { ownershipMeta } from '../../../src/harvester/labels.ts';
import { OWN_KINDS } from '../../../src/harvester/own-objects.ts';
import { removeObjects, removeRun } from '../../../src/harvester/removal.ts';
import {
  VIRTUAL_MACHINE_IMAGES as IMAGES,
  VIRTUAL_MACHINES as VMS,
} from '../../../src/harvester/resources.ts';
import { cloudInitSecret } from '../../../src/harvester/secrets.ts';
import { type VirtualMachine, virtualMachine } from '../../../src/harvester/virtual-machines.ts';
import { PERSISTENT_VOLUME_CLAIMS as CLAIMS, PODS, SECRETS } from '../../../src/kube/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';

const own = (runId: string) => ({ runId, recipe: 'rocky9', expiresAt: '2026-11-22T12:00:00Z' });

/** A cluster with everything a run makes; the controllers' part is in `on`. */
function setUp(runId = 'run-1') {
  const kube = new FakeKube(OWN_KINDS);
  const clock = new IdleClock();
  const ownership = own(runId);
  const disk = { claimName: 'vm-root', size: '30Gi', imageId: 'ci/base', storageClassName: 'lh-1' };
  const common = { namespace: 'ci', ownership };
  kube.put(IMAGES, downloadImage({ ...common, name: 'base', url: 'http://x/base', retry: 3 }));
  kube.put(SECRETS, cloudInitSecret({ ...common, name: 'vm-cloudinit', userData: '#cloud-config' }));
  const vm = { cpu: 2, memory: '4Gi', secretName: 'vm-cloudinit', hasNetworkData: false, efi: false };
  kube.put(VMS, virtualMachine({ ...common, ...vm, name: 'vm', disk }));
  // Harvester makes the claim; whether it copies the template's labels differs, so it has none here.
  kube.put(CLAIMS, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'vm-root' } });
  const remove = (limits = {}) =>
    removeRun({
      kube,
      namespace: 'ci',
      runId: 'run-1',
      clock,
      log: silentLogger,
      progress: () => {},
      limits,
    });
  const changes = () => kube.calls.filter((call) => /^(patch|delete)/.test(call));
  return { kube, clock, remove, changes };
}

const KINDS = [VMS, CLAIMS, SECRETS, IMAGES];

test('takes everything away in the order that Harvester demands', async () => {
  const { kube, remove, changes } = setUp();
  const report = await remove();
  expect(changes()).toEqual([
    'patch virtualmachines vm',
    'delete virtualmachines vm',
    'delete persistentvolumeclaims vm-root',
    'delete secrets vm-cloudinit',
    'delete virtualmachineimages base',
  ]);
  expect(report.left).toEqual([]);
  expect(report.removed).toHaveLength(4);
  expect(KINDS.flatMap((kind) => kube.names(kind))).toEqual([]);
});

test('asks the controller to remove the volumes with the machine', async () => {
  const { kube, remove } = setUp();
  let claims: string | undefined;
  kube.on('delete', VMS, ({ metadata }) => {
    claims = metadata.annotations?.['harvesterhci.io/removedPersistentVolumeClaims'];
    kube.drop(CLAIMS, 'vm-root');
  });
  expect((await remove()).left).toEqual([]);
  expect(claims).toBe('vm-root');
});

test('a second time finds nothing and changes nothing', async () => {
  const { remove, changes } = setUp();
  await remove();
  const before = changes().length;
  expect(await remove()).toEqual({ removed: [], left: [] });
  expect(changes()).toHaveLength(before);
});

test("another run's objects stay", async () => {
  const { remove, changes } = setUp('run-2');
  expect(await remove()).toEqual({ removed: [], left: [] });
  expect(changes()).toEqual([]);
});

test('what lost its expiry stays: the finished image', async () => {
  const { kube, remove } = setUp();
  kube.put(
    IMAGES,
    downloadImage({ namespace: 'ci', name: 'golden', url: 'http://x', retry: 3, ownership: own('run-1') }),
  );
  await keepImage(kube, { namespace: 'ci', name: 'golden' });
  await remove();
  expect(kube.names(IMAGES)).toEqual(['golden']);
});

test('waits until the machine is really gone before it touches the volume', async () => {
  const { kube, clock, remove, changes } = setUp();
  kube.change(VMS, 'vm', { metadata: { finalizers: ['kubevirt.io/virtualMachineControllerFinalize'] } });
  kube.on('delete', VMS, () => clock.at(clock.monotonic() + 20_000, () => kube.drop(VMS, 'vm')));
  expect((await remove()).left).toEqual([]);
  expect(clock.monotonic()).toBeGreaterThanOrEqual(20_000);
  expect(changes()[2]).toBe('delete persistentvolumeclaims vm-root');
});

const IN_USE = 'Cannot delete image ci/base: being used by volume ci/vm-root';

test('an image in use is tried again until its volume is gone', async () => {
  const { kube, remove } = setUp();
  kube.refuse('delete', IMAGES, 422, IN_USE, 10);
  expect((await remove()).left).toEqual([]);
});

test('an image that stays in use is left, with the reason', async () => {
  const { kube, clock, remove } = setUp();
  kube.refuse('delete', IMAGES, 422, IN_USE, 1000);
  const { left } = await remove();
  expect(left).toEqual([
    {
      what: 'virtualmachineimages.harvesterhci.io ci/base',
      why: expect.stringContaining('being used by volume'),
      inUse: true,
    },
  ]);
  expect(clock.monotonic()).toBeGreaterThanOrEqual(120_000);
  expect(clock.monotonic()).toBeLessThan(130_000);
});

test('a volume that is still attached is tried again', async () => {
  const { kube, remove } = setUp();
  kube.refuse(
    'delete',
    CLAIMS,
    409,
    'can not delete the volume vm-root which is currently attached to VM: ci/vm',
    3,
  );
  expect((await remove()).left).toEqual([]);
});

test('an object that never goes is left, with what holds it', async () => {
  const { kube, remove } = setUp();
  kube.change(VMS, 'vm', {
    metadata: { finalizers: ['wrangler.cattle.io/VMController.CleanupPVCAndSnapshot'] },
  });
  const { left } = await remove({ gone: 10_000 });
  expect(left[0]).toMatchObject({
    what: 'virtualmachines.kubevirt.io ci/vm',
    why: expect.stringMatching(/finalizers: wrangler/),
  });
});

test('what may not be deleted is left, and the rest goes on', async () => {
  const { kube, remove } = setUp();
  kube.refuse('delete', VMS, 403, 'User "u" cannot delete resource');
  const { left, removed } = await remove();
  expect(left.map(({ what }) => what)).toEqual(['virtualmachines.kubevirt.io ci/vm']);
  expect(removed).toContain('secrets ci/vm-cloudinit');
});

test('Secrets that may not be listed are known from the machine', async () => {
  const { kube, remove } = setUp();
  kube.refuse('list', SECRETS, 403, 'User "u" cannot list resource "secrets"');
  expect(await remove()).toMatchObject({
    left: [],
    removed: expect.arrayContaining(['secrets ci/vm-cloudinit']),
  });
});

test('a patch that fails does not keep the machine', async () => {
  const { kube, remove } = setUp();
  kube.refuse('patch', VMS, 422, 'no');
  expect((await remove()).left).toEqual([]);
});

test('a volume that someone attached to the machine is not ours to remove', async () => {
  const { kube, remove } = setUp();
  const vm = kube.peek<VirtualMachine>(VMS, 'vm')!;
  const volumes = [
    ...vm.spec.template.spec.volumes!,
    { name: 'data', persistentVolumeClaim: { claimName: 'my-data' } },
  ];
  kube.change(VMS, 'vm', { spec: { template: { spec: { volumes } } } });
  kube.put(CLAIMS, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'my-data' } });
  let claims: string | undefined;
  kube.on('delete', VMS, ({ metadata }) => {
    claims = metadata.annotations?.['harvesterhci.io/removedPersistentVolumeClaims'];
  });
  expect((await remove()).left).toEqual([]);
  expect([claims, kube.names(CLAIMS)]).toEqual(['vm-root', ['my-data']]);
});

test('a check pod of the run goes, a launcher pod goes with its machine', async () => {
  const { kube, remove, changes } = setUp();
  const { labels, annotations } = ownershipMeta(own('run-1'));
  const owner = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', name: 'vm', uid: 'u' };
  const pod = (name: string, more = {}) =>
    kube.put(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels, annotations, ...more } });
  pod('check');
  pod('virt-launcher-vm', { ownerReferences: [owner] });
  await remove();
  expect(changes().filter((call) => call.includes('pods'))).toEqual(['delete pods check']);
});

test('what another object has the name of since it was found stays', async () => {
  const { kube, clock } = setUp();
  const found = { resource: SECRETS, object: kube.peek(SECRETS, 'vm-cloudinit')! };
  kube.refuse('delete', SECRETS, 409, 'Precondition failed: UID in precondition: a, UID in object meta: b');
  kube.change(SECRETS, 'vm-cloudinit', { metadata: { uid: 'b' } });
  const options = { kube, clock, log: silentLogger, progress: () => {} };
  expect(await removeObjects([found], options)).toEqual({ removed: [], left: [] });
  expect(kube.names(SECRETS)).toEqual(['vm-cloudinit']);
});

test('an abort ends it with its reason', async () => {
  const { kube, clock } = setUp();
  const stop = new AbortController();
  kube.refuse('delete', IMAGES, 422, IN_USE, 1000);
  clock.at(5000, () => stop.abort());
  const options = { kube, namespace: 'ci', runId: 'run-1', clock, log: silentLogger, progress: () => {} };
  await expect(removeRun({ ...options, signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
});

describe('the machine and its Secret', () => {
  test('a Secret above 1 MiB is our own fault', () =>
    expect(() =>
      cloudInitSecret({ namespace: 'ci', name: 's', userData: 'x'.repeat(1_100_000), ownership: own('r') }),
    ).toThrow(expect.objectContaining({ code: 'CLOUD_INIT_TOO_LARGE' })));
});

test('a claim that bears no labels is known by its name when the machine is gone', async () => {
  const { kube, clock } = setUp();
  kube.drop(VMS, 'vm');
  const options = { kube, namespace: 'ci', runId: 'run-1', clock, log: silentLogger, progress: () => {} };
  const { left } = await removeRun({ ...options, known: { secrets: [], claims: ['vm-root'] } });
  expect(left).toEqual([]);
  expect(kube.names(CLAIMS)).toEqual([]);
});

test('a Secret of another run is not taken for ours because of its name', async () => {
  const { kube, clock } = setUp('run-2');
  kube.refuse('list', SECRETS, 403, 'User "u" cannot list resource "secrets"');
  const options = { kube, namespace: 'ci', runId: 'run-1', clock, log: silentLogger, progress: () => {} };
  await removeRun({ ...options, known: { secrets: ['vm-cloudinit'], claims: [] } });
  expect(kube.names(SECRETS)).toEqual(['vm-cloudinit']);
});
