import { describe, expect, test } from '@jest/globals';
import { collectDiagnostics, diagnosticLines } from '../../../src/golden/diagnostics.ts';
import { type GoldenRequest, planGolden } from '../../../src/golden/plan.ts';
import {
  VIRTUAL_MACHINE_IMAGES as IMAGES,
  VIRTUAL_MACHINE_INSTANCES as INSTANCES,
  VIRTUAL_MACHINES as MACHINES,
} from '../../../src/harvester/resources.ts';
import type { KubeObject } from '../../../src/kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS as CLAIMS, EVENTS, PODS } from '../../../src/kube/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';
import { request } from './request.ts';

function setUp(changes: Partial<GoldenRequest> = {}) {
  const clock = new IdleClock();
  const plan = planGolden(request(changes), clock);
  const kube = new FakeKube([IMAGES, INSTANCES, MACHINES, CLAIMS, PODS, EVENTS]);
  const run = { 'app.kubernetes.io/managed-by': 'rke2-actions', 'rke2-actions.io/run-id': plan.runId };
  const event = (object: string, message: string, at: string) =>
    kube.put(EVENTS, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${object}.${at}` },
      type: 'Warning',
      reason: 'Failed',
      message,
      lastTimestamp: `2026-11-21T${at}Z`,
      involvedObject: { kind: 'VirtualMachine', name: object },
    } as KubeObject);
  const machine = (status: object) =>
    kube.put(MACHINES, {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachine',
      metadata: { name: plan.names.vm, labels: run },
      status,
    } as KubeObject);
  return { clock, plan, kube, run, event, machine, collect: () => collectDiagnostics(plan, { kube, clock }) };
}

test('conditions of the machine and of images of the run, and nobody else', async () => {
  const { kube, run, machine, collect, plan } = setUp();
  const conditions = [{ type: 'Ready', status: 'False', reason: 'GuestNotRunning', message: 'no memory' }];
  machine({ printableStatus: 'ErrorUnschedulable', conditions });
  for (const [name, labels] of [
    ['golden-base', run],
    ['other', {}],
  ] as const)
    kube.put(IMAGES, { apiVersion: 'v1', kind: '', metadata: { name, labels }, status: {} } as KubeObject);
  expect((await collect()).objects).toEqual([
    {
      object: `VirtualMachine ${plan.names.vm}`,
      state: 'ErrorUnschedulable',
      conditions: ['Ready=False GuestNotRunning no memory'],
    },
    { object: 'VirtualMachineImage golden-base', state: '', conditions: [] },
  ]);
});

test('events of these objects, the oldest first, and no others', async () => {
  const { plan, event, machine, collect } = setUp();
  machine({});
  event(plan.names.vm, 'second', '12:00:02');
  event(plan.names.vm, 'first', '12:00:01');
  event('somebody-else', 'third', '12:00:03');
  const { events } = await collect();
  expect(events.map((line) => line.split(': ')[1])).toEqual(['first', 'second']);
  expect(events[0]).toBe(`2026-11-21T12:00:01Z Warning VirtualMachine ${plan.names.vm} Failed: first`);
});

describe('what cannot be seen', () => {
  test('is said, and the rest is there', async () => {
    const { kube, machine, collect } = setUp();
    machine({ printableStatus: 'Running' });
    kube.refuse('list', EVENTS, 403, 'events is forbidden', 9, 'Forbidden');
    const diagnostics = await collect();
    expect(diagnostics.objects).toHaveLength(1);
    expect(diagnostics.unseen.join()).toContain('events is forbidden');
    expect(diagnosticLines(diagnostics).at(-1)).toMatch(/^not seen: events: /);
  });

  test('what is gone is no news', async () => expect((await setUp().collect()).unseen).toEqual([]));

  test('a cluster that does not answer delays the failure by five seconds, no more', async () => {
    const { clock, kube, collect } = setUp();
    const never = new Promise<never>(() => {});
    kube.list = (_resource, options) =>
      Promise.race([
        never,
        new Promise<never>((_, reject) =>
          options?.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
      ]);
    expect((await collect()).unseen.length).toBeGreaterThan(0);
    expect(clock.monotonic()).toBeLessThanOrEqual(5000);
  });
});

test('where this machine bakes there is no virtual one to ask for', async () => {
  const { kube, collect } = setUp({ runner: { folder: '/w', environment: {} } });
  await collect();
  expect(kube.calls.toSorted()).toEqual(['list events', 'list virtualmachineimages']);
});
