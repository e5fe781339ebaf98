import { describe, expect, test } from '@jest/globals';
import { staticNetworkProblems } from '../../../../src/actions/harvester-golden-build/static-network.ts';

const problems = (addresses: string[], gateway: string[] = [], nameservers: string[] = []) =>
  staticNetworkProblems({ 'static-ip': addresses, gateway, nameservers, network: 'a/b' });

describe('good ones', () => {
  test.each<[string, string[], string[]]>([
    ['nothing at all', [], []],
    ['an address without a gateway', ['10.0.40.9/24'], []],
    ['IPv4 with its gateway', ['10.0.40.9/24'], ['10.0.40.1']],
    ['IPv6 with its gateway', ['2001:db8::9/64'], ['2001:db8::1']],
    ['IPv6 with a link-local gateway', ['2001:db8::9/64'], ['fe80::1']],
    ['both families', ['10.0.40.9/24', '2001:db8::9/64'], ['10.0.40.1', '2001:db8::1']],
    ['a point-to-point network, which has no broadcast address', ['10.0.0.0/31'], ['10.0.0.1']],
    ['a wide network', ['10.1.2.255/16'], ['10.1.255.1']],
  ])('%s', (_name, addresses, gateway) => expect(problems(addresses, gateway)).toEqual([]));
});

describe('refused', () => {
  test.each<[string, string[], string[], string]>([
    ['no prefix length', ['10.0.0.5'], [], 'static-ip: "10.0.0.5" must be address/prefix length.'],
    ['too long a prefix', ['10.0.0.5/33'], [], 'static-ip: "10.0.0.5/33" must be address/prefix length.'],
    ['a name', ['builder/24'], [], 'static-ip: "builder/24" must be address/prefix length.'],
    ['prefix 0', ['10.0.0.5/0'], [], 'static-ip: "10.0.0.5/0" has no network; the prefix length is missing.'],
    ['the network', ['10.0.0.0/24'], [], 'static-ip: "10.0.0.0/24" is the address of the network itself.'],
    ['the broadcast', ['10.0.0.255/24'], [], 'static-ip: "10.0.0.255/24" is the broadcast address.'],
    [
      'two of a family',
      ['10.0.0.5/24', '10.0.0.6/24'],
      [],
      'static-ip: 10.0.0.5 and 10.0.0.6: give at most one of each family.',
    ],
    [
      'a gateway elsewhere',
      ['10.0.0.5/24'],
      ['10.0.1.1'],
      'gateway: "10.0.1.1" is not in the network of 10.0.0.5/24.',
    ],
    [
      'a gateway of the other family',
      ['10.0.0.5/24'],
      ['2001:db8::1'],
      'gateway: "2001:db8::1" has no static-ip of its family.',
    ],
    [
      'itself as gateway',
      ['10.0.0.5/24'],
      ['10.0.0.5'],
      'gateway: "10.0.0.5" is the address of the builder itself.',
    ],
    ['a gateway by name', ['10.0.0.5/24'], ['router'], 'gateway: "router" must be an IP address.'],
    [
      'two gateways',
      ['10.0.0.5/24'],
      ['10.0.0.1', '10.0.0.2'],
      'gateway: 10.0.0.1 and 10.0.0.2: give at most one of each family.',
    ],
    ['a gateway alone', [], ['10.0.0.1'], 'gateway and nameservers: only count with static-ip.'],
  ])('%s', (_name, addresses, gateway, problem) => expect(problems(addresses, gateway)).toEqual([problem]));

  test('nameservers by name', () =>
    expect(problems(['10.0.0.5/24'], [], ['10.0.0.2', 'dns'])).toEqual([
      'nameservers: "dns" must be an IP address.',
    ]));
  test('an address on the pod network', () =>
    expect(staticNetworkProblems({ 'static-ip': ['10.0.0.5/24'], gateway: [], nameservers: [] })).toEqual([
      'static-ip: needs network, the pod network gives its own addresses.',
    ]));
  test('a gateway is not blamed where the address itself cannot be read', () =>
    expect(problems(['10.0.0.5'], ['10.0.0.1'])).toHaveLength(1));
});
