import { describe, expect, test } from '@jest/globals';
import { fastPace } from '../../../../lab/harvester/pace.ts';
import { type AddressLife, interfaceLife, stageAt } from '../../../../lab/harvester/vm/interface-lives.ts';

const machine = { interfaces: [{ name: 'default', macAddress: '02:00:00:00:00:01' }], address: '10.98.1.2' };
const addressesAt = (life: AddressLife, agents: number) => {
  const { stage } = stageAt(interfaceLife(life, machine, fastPace), agents * fastPace.agent);
  return stage.interfaces.map((entry) => entry.ipAddresses?.filter((address) => !address.startsWith('fe80')));
};

describe('what is reported after 0, 1, 2, 3 agent periods', () => {
  const own = ['10.98.1.2'];
  test.each<[AddressLife, unknown[]]>([
    ['ipv4', [undefined, own, own, own]],
    ['link-local', [undefined, [], [], []]],
    ['ipv6-first', [undefined, [], own, own]],
    ['flap', [undefined, own, undefined, own]],
    ['none', [undefined, undefined, undefined, undefined]],
  ])('%s', (life, expected) => {
    expect([0, 1, 2, 3].map((agents) => addressesAt(life, agents)[0])).toEqual(expected);
  });
});

test('cni: an interface of the guest’s own shows up with a private address', () => {
  expect(addressesAt('cni', 1)).toEqual([['10.98.1.2'], ['10.42.0.1']]);
});

test('before the agent speaks the interface is known from the domain only', () => {
  const { stage, next } = stageAt(interfaceLife('ipv4', machine, fastPace), 0);
  expect(stage).toMatchObject({ agent: false, interfaces: [{ infoSource: 'domain, multus-status' }] });
  expect(next).toBe(fastPace.agent);
});

test('a machine without interfaces reports none', () => {
  expect(stageAt(interfaceLife('ipv4', { ...machine, interfaces: [] }, fastPace), 1e6)).toEqual({
    stage: { after: 0, agent: false, interfaces: [] },
    next: undefined,
  });
});
