import { expect, test } from '@jest/globals';
import { CLOCK_SKEW, planJanitor } from '../../../../src/golden/lifecycle/janitor.ts';
import { EXPIRES_AT, WITH_ITS_OWNER } from '../../../../src/harvester/labels.ts';
import type { OwnObject } from '../../../../src/harvester/own-objects.ts';
import {
  VIRTUAL_MACHINE_INSTANCES as INSTANCES,
  VIRTUAL_MACHINES as VMS,
} from '../../../../src/harvester/resources.ts';
import { PERSISTENT_VOLUME_CLAIMS as CLAIMS, PODS, SECRETS } from '../../../../src/kube/resources.ts';
import { FUTURE, golden, NOW, own, ownImage } from './objects.ts';

const plan = (...objects: OwnObject[]) => planJanitor(objects, NOW).rows;
const removed = (...objects: OwnObject[]) =>
  plan(...objects)
    .filter((row) => row.removed)
    .map(({ what }) => what);

test('what has expired goes, of every kind, with the reason, the age and the size', () => {
  const claim = own(CLAIMS, 'c');
  const spec = { resources: { requests: { storage: '30Gi' } } };
  const rows = plan(own(VMS, 'vm'), { ...claim, object: { ...claim.object, spec } as OwnObject['object'] });
  expect(rows.map(({ object: _, ...row }) => row)).toEqual([
    {
      what: 'virtualmachines.kubevirt.io ci/vm',
      why: 'of run run-1, expired 1d ago',
      removed: true,
      age: 86_400_000,
      size: undefined,
    },
    {
      what: 'persistentvolumeclaims ci/c',
      why: 'of run run-1, expired 1d ago',
      removed: true,
      age: 86_400_000,
      size: 30 * 2 ** 30,
    },
  ]);
});

test('a run with anything that has not expired is left alone', () =>
  expect(
    removed(own(VMS, 'vm', { expiresAt: FUTURE }), own(CLAIMS, 'c'), own(SECRETS, 's', { runId: 'run-2' })),
  ).toEqual(['secrets ci/s']));

test('the same run in another namespace counts by itself', () =>
  expect(removed(own(VMS, 'vm', { expiresAt: FUTURE, namespace: 'other' }), own(VMS, 'vm'))).toEqual([
    'virtualmachines.kubevirt.io ci/vm',
  ]));

test('a volume goes with its machine, and alone when that has gone', () => {
  const claim = own(CLAIMS, 'c', { expiresAt: WITH_ITS_OWNER });
  expect(removed(own(VMS, 'vm', { expiresAt: FUTURE }), claim)).toEqual([]);
  expect(plan(claim)[0]).toMatchObject({ removed: true, why: 'of run run-1, left without its owner' });
});

test('what has no expiry is not even in the plan: the finished image', () =>
  expect(plan(ownImage(golden('golden')))).toEqual([]));

test.each([
  [CLOCK_SKEW - 1000, false],
  [CLOCK_SKEW + 1000, true],
])('%d ms after the expiry: removed is %s, because clocks differ', (after, expected) => {
  const expiresAt = new Date(NOW - after).toISOString();
  expect(plan(own(VMS, 'vm', { expiresAt }))[0]!.removed).toBe(expected);
});

test('an expiry that is no time keeps the object and its run, and is told', () => {
  const rows = plan(own(VMS, 'vm', { expiresAt: 'soon' }), own(CLAIMS, 'c'));
  expect(rows.map(({ removed: gone, why }) => [gone, why])).toEqual([
    [false, 'its expiry is not a time'],
    [false, 'run run-1 has an object whose expiry is not a time'],
  ]);
});

test('launcher pods and instances go with what owns them; alone they are swept', () => {
  const ownerReferences = [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u' }];
  const owned = { metadata: { ownerReferences } };
  const withAnnotations = (one: OwnObject) => {
    expect(one.object.metadata.annotations).toHaveProperty([EXPIRES_AT]);
    return one;
  };
  expect(
    removed(
      own(PODS, 'virt-launcher', owned),
      own(INSTANCES, 'vm', owned),
      withAnnotations(own(PODS, 'check')),
      own(INSTANCES, 'orphan'),
      own(SECRETS, 'cloudinit', owned),
    ),
  ).toEqual(['pods ci/check', 'virtualmachineinstances.kubevirt.io ci/orphan', 'secrets ci/cloudinit']);
});
