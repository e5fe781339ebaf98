import { describe, expect, test } from '@jest/globals';
import type { MachineSpec, VirtualMachine, Volume } from '../../../../lab/harvester/objects.ts';
import { traitsOf } from '../../../../lab/harvester/version.ts';
import {
  mutateMachine,
  requestsOf,
  validateForHarvester,
  validateForKubevirt,
} from '../../../../lab/harvester/webhook/machine.ts';
import { validateNewVolume, validateVolumeDeletion } from '../../../../lab/harvester/webhook/volume.ts';

const v18 = traitsOf('1.8');
const volumes = [{ name: 'root', persistentVolumeClaim: { claimName: 'vm-root' } }];
const machine = (
  template: Partial<MachineSpec> = {},
  spec: object = { runStrategy: 'Always' },
  metadata: object = {},
) =>
  ({
    metadata: { name: 'vm', namespace: 'default', ...metadata },
    spec: {
      ...spec,
      template: {
        spec: {
          domain: {
            devices: { disks: [{ name: 'root' }], interfaces: [{ name: 'default' }] },
            resources: { limits: { cpu: '4', memory: '4Gi' } },
          },
          networks: [{ name: 'default', pod: {} }],
          volumes,
          ...template,
        },
      },
    },
  }) as unknown as VirtualMachine;
const judge =
  (subject: VirtualMachine, around: { others?: VirtualMachine[]; claims?: Volume[] } = {}) =>
  () => {
    validateForKubevirt(subject);
    validateForHarvester(subject, { others: [], claims: [], ...around }, v18);
  };

describe('a machine', () => {
  test('is admitted', () => expect(judge(machine())).not.toThrow());

  test.each<[string, VirtualMachine, string]>([
    ['both strategies', machine({}, { running: true, runStrategy: 'Always' }), 'mutually exclusive'],
    ['no strategy', machine({}, {}), 'One of Running or RunStrategy must be specified'],
    ['an unknown strategy', machine({}, { runStrategy: 'Sometimes' }), 'Invalid RunStrategy (Sometimes)'],
    ['a disk without a volume', machine({ volumes: [] }), "disks[0].Name 'root' not found."],
    ['an interface without a network', machine({ networks: [] }), "interfaces[0].name 'default' not found."],
    [
      'no memory',
      machine({ domain: { devices: {} } }),
      'either memory.guest or resources.limits.memory must be set',
    ],
    [
      'a nameless claim template',
      machine({}, undefined, { annotations: { 'harvesterhci.io/volumeClaimTemplates': '[{}]' } }),
      'the volumeClaimTemplates annotaion is invalid: PVC name is required',
    ],
    [
      'templates that are no list',
      machine({}, undefined, { annotations: { 'harvesterhci.io/volumeClaimTemplates': '{' } }),
      'the volumeClaimTemplates annotaion is invalid',
    ],
  ])('with %s is refused', (_name, subject, text) => expect(judge(subject)).toThrow(text));

  test('may share a claim with another only if it is RWX', () => {
    const claim = (accessModes: string[]) =>
      ({ metadata: { name: 'vm-root' }, spec: { accessModes } }) as Volume;
    const others = [machine()];
    expect(judge(machine(), { others, claims: [claim(['ReadWriteMany'])] })).not.toThrow();
    expect(judge(machine(), { others, claims: [claim(['ReadWriteOnce'])] })).toThrow(
      'is already used by other VM',
    );
  });
});

test('mutation keeps a MAC address that is there, and what it makes up is stable', () => {
  const given = machine({
    domain: { devices: { interfaces: [{ name: 'default', macAddress: '02:aa:aa:aa:aa:aa' }] } },
  });
  const macOf = (subject: VirtualMachine) =>
    mutateMachine(subject).spec.template.spec.domain.devices.interfaces![0]!.macAddress;
  expect(macOf(given)).toBe('02:aa:aa:aa:aa:aa');
  expect(macOf(machine())).toBe(macOf(machine()));
});

test.each([
  [
    { cpu: '4', memory: '4Gi' },
    { cpu: '250m', memory: '2863311530' },
  ],
  [{ cpu: '500m' }, { cpu: '31m' }],
  [{}, {}],
])('limits %j request %j', (limits, requests) =>
  expect(requestsOf(limits as Record<string, string>)).toEqual(requests),
);

describe('a claim', () => {
  const claim = { metadata: { name: 'vm-root', namespace: 'default' }, spec: {} } as Volume;

  test('stays while a machine refers to it', () => {
    expect(() => validateVolumeDeletion(claim, { machines: [machine()], images: [] })).toThrow(
      'can not delete the volume vm-root which is currently attached to VM: default/vm',
    );
  });

  test('goes with a machine that takes it along', () => {
    const annotations = { 'harvesterhci.io/removedPersistentVolumeClaims': 'x, vm-root' };
    const dying = machine({}, undefined, { deletionTimestamp: 'now', annotations });
    expect(() => validateVolumeDeletion(claim, { machines: [dying], images: [] })).not.toThrow();
  });

  test('of a reserved class is refused', () => {
    expect(() => validateNewVolume({ ...claim, spec: { storageClassName: 'longhorn-static' } })).toThrow(
      'reserved',
    );
  });
});
