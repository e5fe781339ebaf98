import { expect, test } from '@jest/globals';
import type { VirtualMachine, VirtualMachineInstance } from '../../../../lab/harvester/objects.ts';
import { type Circumstances, printableStatus } from '../../../../lab/harvester/vm/printable-status.ts';

const usual: Circumstances = {
  instance: undefined,
  wanted: true,
  backingOff: false,
  claims: 'bound',
  missingForLong: false,
};
const instance = (status: object, metadata: object = {}) =>
  ({ metadata, status }) as unknown as VirtualMachineInstance;
const unschedulable = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];

test.each<[string, Partial<Circumstances>]>([
  ['Provisioning', { claims: 'missing' }],
  ['ErrorPvcNotFound', { claims: 'missing', missingForLong: true }],
  ['WaitingForVolumeBinding', { claims: 'pending' }],
  ['Starting', {}],
  ['Starting', { instance: instance({ phase: 'Scheduled' }) }],
  ['ErrorUnschedulable', { instance: instance({ phase: 'Scheduling', conditions: unschedulable }) }],
  ['Running', { instance: instance({ phase: 'Running' }) }],
  ['Stopped', { instance: instance({ phase: 'Succeeded' }) }],
  ['Stopped', { wanted: false }],
  ['Stopping', { wanted: false, instance: instance({ phase: 'Running' }, { deletionTimestamp: 'now' }) }],
  ['CrashLoopBackOff', { backingOff: true, instance: instance({ phase: 'Failed' }) }],
])('%s', (expected, now) => {
  expect(printableStatus({ metadata: { name: 'x' } } as VirtualMachine, { ...usual, ...now })).toBe(expected);
});

test('a machine that is being deleted is Terminating, whatever else it is', () => {
  const machine = { metadata: { name: 'x', deletionTimestamp: 'now' } } as VirtualMachine;
  expect(printableStatus(machine, { ...usual, instance: instance({ phase: 'Running' }) })).toBe(
    'Terminating',
  );
});
