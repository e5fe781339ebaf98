import { expect, test } from '@jest/globals';
import type {
  InstancePhase,
  VirtualMachine,
  VirtualMachineInstance,
} from '../../../../lab/harvester/objects.ts';
import { decide, strategyOf } from '../../../../lab/harvester/vm/run-strategy.ts';

const machine = (spec: object) =>
  ({ spec: { ...spec, template: { spec: {} } } }) as unknown as VirtualMachine;
const instance = (phase: InstancePhase) => ({ status: { phase } }) as unknown as VirtualMachineInstance;

test.each([
  ['RerunOnFailure', undefined, 0, 'start', true],
  ['RerunOnFailure', 'Running', 0, 'leave', true],
  ['RerunOnFailure', 'Succeeded', 0, 'leave', true],
  ['RerunOnFailure', 'Failed', 0, 'restart', true],
  ['RerunOnFailure', 'Failed', 500, 'leave', true],
  ['Always', 'Succeeded', 0, 'restart', true],
  ['Once', 'Failed', 0, 'leave', true],
  ['Halted', 'Running', 0, 'stop', false],
  ['Halted', undefined, 0, 'leave', false],
  ['Manual', undefined, 0, 'leave', false],
] as const)('%s with an instance %s after %i ms more: %s', (runStrategy, phase, backoff, action, wanted) => {
  expect(decide(machine({ runStrategy }), phase && instance(phase), backoff)).toMatchObject({
    action,
    wanted,
  });
});

test('a crashed instance that waits is backing off, and says for how long', () => {
  expect(decide(machine({ runStrategy: 'Always' }), instance('Failed'), 500)).toMatchObject({
    backingOff: true,
    wait: 500,
  });
});

test.each([
  [{ running: true }, 'Always'],
  [{ running: false }, 'Halted'],
  [{ runStrategy: 'Manual' }, 'Manual'],
])('%j means %s', (spec, strategy) => expect(strategyOf(machine(spec))).toBe(strategy));
