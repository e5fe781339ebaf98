import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { planJanitor } from '../../../src/golden/lifecycle/janitor.ts';
import { VIRTUAL_MACHINES as VMS } from '../../../src/harvester/resources.ts';
import {
  type NewVirtualMachine,
  superviseVirtualMachine,
  type VirtualMachine,
  virtualMachine,
} from '../../../src/harvester/virtual-machines.ts';
import type { KubeObject, Resource } from '../../../src/kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../../../src/kube/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';

const wanted: NewVirtualMachine = {
  namespace: 'ci',
  name: 'vm',
  cpu: 4,
  memory: '4Gi',
  disk: { claimName: 'vm-root-1', size: '30Gi', imageId: 'ci/base', storageClassName: 'lh-1' },
  network: 'default/vlan',
  secretName: 'vm-cloudinit',
  hasNetworkData: true,
  efi: false,
  ownership: { runId: 'run-1', recipe: 'rocky9', expiresAt: '2026-11-22T12:00:00Z' },
};

interface Spec {
  domain: {
    firmware?: object;
    devices: { logSerialConsole: boolean; interfaces: object[]; disks: { name: string }[] };
  };
  networks: object[];
  volumes: { name: string; cloudInitNoCloud?: object }[];
}

const specOf = (vm: VirtualMachine) => vm.spec.template.spec as unknown as Spec;

describe('the object', () => {
  test('the volume is a template in an annotation: Harvester makes the claim', () => {
    const [claim] = JSON.parse(
      virtualMachine(wanted).metadata.annotations!['harvesterhci.io/volumeClaimTemplates']!,
    );
    expect(claim).toMatchObject({
      metadata: { name: 'vm-root-1', annotations: { 'harvesterhci.io/imageId': 'ci/base' } },
      spec: {
        accessModes: ['ReadWriteMany'],
        volumeMode: 'Block',
        storageClassName: 'lh-1',
        resources: { requests: { storage: '30Gi' } },
      },
    });
  });

  test('the claim expires with the machine: a new expiry of that one counts for both', () => {
    const [claim] = JSON.parse(
      virtualMachine(wanted).metadata.annotations!['harvesterhci.io/volumeClaimTemplates']!,
    );
    const row = (resource: Resource, metadata: KubeObject['metadata']) => ({
      resource,
      object: { apiVersion: 'v1', kind: resource.kind, metadata },
    });
    const vm = virtualMachine(wanted).metadata;
    const objects = [row(VMS, vm), row(PERSISTENT_VOLUME_CLAIMS, { ...claim.metadata, namespace: 'ci' })];
    const removed = (at: string) => planJanitor(objects, Date.parse(at)).rows.map((one) => one.removed);
    expect(removed('2026-11-22T11:00:00Z')).toEqual([false, false]);
    expect(removed('2026-11-22T13:00:00Z')).toEqual([true, true]);
  });

  test('the console is logged, whatever the cluster says', () =>
    expect(specOf(virtualMachine(wanted)).domain.devices.logSerialConsole).toBe(true));

  test('every volume has a disk', () => {
    const { domain, volumes } = specOf(virtualMachine(wanted));
    expect(volumes.map(({ name }) => name)).toEqual(domain.devices.disks.map(({ name }) => name));
  });

  test('a VM network is bridged, the pod network masqueraded', () => {
    expect(specOf(virtualMachine(wanted)).networks).toEqual([
      { name: 'default', multus: { networkName: 'default/vlan' } },
    ]);
    const onPods = specOf(virtualMachine({ ...wanted, network: undefined }));
    expect(onPods.networks).toEqual([{ name: 'default', pod: {} }]);
    expect(onPods.domain.devices.interfaces).toEqual([{ name: 'default', model: 'virtio', masquerade: {} }]);
  });

  test('network data is referred to only if there is any', () => {
    const cloudInit = (vm: NewVirtualMachine) => specOf(virtualMachine(vm)).volumes[1]!.cloudInitNoCloud;
    expect(cloudInit(wanted)).toHaveProperty('networkDataSecretRef', { name: 'vm-cloudinit' });
    expect(cloudInit({ ...wanted, hasNetworkData: false })).not.toHaveProperty('networkDataSecretRef');
  });

  test('UEFI only when asked for', () => {
    expect(specOf(virtualMachine(wanted)).domain).not.toHaveProperty('firmware');
    expect(specOf(virtualMachine({ ...wanted, efi: true })).domain.firmware).toEqual({
      bootloader: { efi: { secureBoot: false } },
    });
  });
});

describe('superviseVirtualMachine', () => {
  function setUp() {
    const kube = new FakeKube([VMS]);
    const clock = new IdleClock();
    kube.put(VMS, virtualMachine(wanted));
    const become = (seconds: number, printableStatus: string) =>
      clock.at(seconds * 1000, () => kube.change(VMS, 'vm', { status: { printableStatus } }));
    const stop = new AbortController();
    const supervise = () =>
      superviseVirtualMachine({
        kube,
        namespace: 'ci',
        name: 'vm',
        grace: 90_000,
        clock,
        log: silentLogger,
        progress: () => {},
        signal: stop.signal,
      });
    return { kube, clock, become, stop, supervise };
  }

  test('a volume that is not there yet is no failure', async () => {
    const { clock, become, stop, supervise } = setUp();
    become(1, 'ErrorPvcNotFound');
    become(60, 'Starting');
    become(70, 'ErrImagePull');
    become(130, 'Running');
    clock.at(600_000, () => stop.abort());
    await expect(supervise()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test.each([
    'ErrorUnschedulable',
    'ErrorPvcNotFound',
    'ImagePullBackOff',
    'DataVolumeError',
    'CrashLoopBackOff',
  ])('%s that lasts is one, after the grace', async (state) => {
    const { clock, become, supervise } = setUp();
    become(10, state);
    await expect(supervise()).rejects.toMatchObject({ code: 'HARVESTER_VM_FAILED' });
    expect(clock.monotonic()).toBeGreaterThan(100_000);
    expect(clock.monotonic()).toBeLessThan(105_000);
  });

  test.each(['Stopped', 'CrashLoopBackOff'])('%s after it ran is one at once', async (state) => {
    const { clock, become, supervise } = setUp();
    become(10, 'Running');
    become(20, state);
    await expect(supervise()).rejects.toMatchObject({ code: 'HARVESTER_VM_STOPPED' });
    expect(clock.monotonic()).toBeLessThan(22_000);
  });

  test('Stopped before it ran is how a machine begins', async () => {
    const { clock, become, stop, supervise } = setUp();
    become(1, 'Stopped');
    become(5, 'Running');
    clock.at(60_000, () => stop.abort());
    await expect(supervise()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('a machine that somebody deletes', async () => {
    const { kube, clock, supervise } = setUp();
    clock.at(5000, () => kube.change(VMS, 'vm', { metadata: { deletionTimestamp: '2026-11-21T12:00:05Z' } }));
    await expect(supervise()).rejects.toMatchObject({ code: 'HARVESTER_VM_GONE' });
  });
});
