import { expect, test } from '@jest/globals';
import { staticAddressOf } from '../../../../lab/harvester/vm/user-data.ts';

test.each([
  ['nothing', '', undefined],
  ['version 2', 'version: 2\nethernets: {eth0: {addresses: [fd00::1/64, 10.98.1.20/24]}}', '10.98.1.20'],
  [
    'version 2 under "network"',
    'network: {version: 2, ethernets: {eth0: {addresses: [10.98.1.20/24]}}}',
    '10.98.1.20',
  ],
  [
    'version 1',
    'version: 1\nconfig: [{type: physical, subnets: [{type: static, address: 10.98.1.20/24}]}]',
    '10.98.1.20',
  ],
  ['DHCP', 'version: 2\nethernets: {eth0: {dhcp4: true}}', undefined],
])('the static address of %s', (_name, text, address) => expect(staticAddressOf(text)).toBe(address));
