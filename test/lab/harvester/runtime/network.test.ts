import { expect, test } from '@jest/globals';
import { attachCommands, labAddress, linkName } from '../../../../lab/harvester/runtime/network.ts';

test('names and addresses say which lab and which machine', () => {
  expect(linkName(250, 254)).toBe('r2a-250-254');
  expect(linkName(250, 254).length).toBeLessThanOrEqual(15); // IFNAMSIZ - 1
  expect(labAddress(7, true)).toBe('10.98.7.1');
  expect(labAddress(7, false)).toBe('127.98.7.1');
});

test('a machine is connected to its lab and to nothing else', () => {
  expect(attachCommands(7, 2, { mac: '02:00:00:00:00:01' }).map((command) => command.join(' '))).toEqual([
    'netns add r2a-7-2',
    'link add r2a-7-2 type veth peer name eth0 address 02:00:00:00:00:01 netns r2a-7-2',
    'link set r2a-7-2 up',
    '-4 route replace 10.98.7.2/32 dev r2a-7-2 src 10.98.7.1',
    '-n r2a-7-2 link set lo up',
    '-n r2a-7-2 link set eth0 up',
    '-n r2a-7-2 address add 10.98.7.2/32 dev eth0',
    '-4 -n r2a-7-2 route add 10.98.7.1 dev eth0',
    '-4 -n r2a-7-2 route add default via 10.98.7.1 dev eth0',
  ]);
});

test('a machine without IPv4 has an IPv6 address of its own, usable at once', () => {
  const commands = attachCommands(7, 10, { mac: '02:00:00:00:00:01', family: 'ipv6' }).map((command) =>
    command.join(' '),
  );
  expect(commands).toContain('-n r2a-7-10 address add fd98::7:a/128 dev eth0 nodad');
  expect(commands).toContain('address replace fd98::7:1/128 dev r2a-7-10 nodad');
  expect(commands.filter((command) => command.includes('10.98.'))).toEqual([]);
});
