import { expect, test } from '@jest/globals';
import { managedByNobody } from '../../../src/verify/network-manager.ts';

const unmanaged = (...lines: string[]) => [{ path: '/etc/NetworkManager/conf.d/x.conf', lines }];

test.each([
  ['eth1', ['unmanaged-devices=interface-name:cilium*;interface-name:lxc*'], false],
  ['eth1', ['unmanaged-devices=interface-name:eth1'], true],
  ['eth1', ['unmanaged-devices=interface-name:=eth1'], true],
  ['eth1', ['unmanaged-devices = interface-name:eth?'], true],
  ['eth10', ['unmanaged-devices=interface-name:eth1'], false],
  ['eth1', ['unmanaged-devices+=interface-name:e*'], true],
  ['eth1', ['unmanaged-devices=*'], true],
  ['eth1', ['unmanaged-devices=*,except:interface-name:eth*'], false],
  ['eth1', ['unmanaged-devices=type:ethernet'], true],
  ['eth1.5', ['unmanaged-devices=interface-name:eth1x5'], false],
  ['eth1', ['managed-devices=eth1'], false],
  ['eth1', [], false],
])('%s under %j: %s', (name, lines, expected) => {
  expect(managedByNobody(unmanaged(...lines), name)).toBe(expected);
});
