import { describe, expect, test } from '@jest/globals';
import {
  AddressBook,
  httpUrl,
  reportedAddresses,
  usableAddresses,
} from '../../../src/harvester/addresses.ts';

describe('usableAddresses', () => {
  test.each<[string, string[], string[]]>([
    ['nothing', [], []],
    ['link-local IPv6 hides nothing (harvester#6955)', ['fe80::1', '10.0.0.5'], ['10.0.0.5']],
    ['IPv4 link-local and loopback', ['169.254.3.4', '127.0.0.1', '::1'], []],
    ['multicast and unspecified', ['224.0.0.1', '239.1.1.1', '0.0.0.0', '::', 'ff02::1'], []],
    ['IPv4 comes first', ['2001:db8::5', '10.0.0.5'], ['10.0.0.5', '2001:db8::5']],
    ['order is kept otherwise', ['10.0.0.9', '10.0.0.5'], ['10.0.0.9', '10.0.0.5']],
    ['each once', ['10.0.0.5', '10.0.0.5'], ['10.0.0.5']],
    ['with prefix length', ['10.0.0.5/24'], ['10.0.0.5']],
    ['not an address', ['', 'host', '10.0.0'], []],
    ['high but ordinary', ['198.51.100.2', '223.255.255.1'], ['198.51.100.2', '223.255.255.1']],
  ])('%s', (_name, given, expected) => expect(usableAddresses(given)).toEqual(expected));
});

const instance = (interfaces: { ipAddress?: string; ipAddresses?: string[] }[]) => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  metadata: { name: 'v' },
  status: { interfaces },
});

describe('reportedAddresses', () => {
  test('all interfaces, all addresses', () => {
    const found = reportedAddresses(
      instance([
        {},
        { ipAddress: 'fe80::1', ipAddresses: ['fe80::1', '10.0.0.5'] },
        { ipAddress: '10.42.0.1' },
      ]),
    );
    expect(usableAddresses(found)).toEqual(['10.0.0.5', '10.42.0.1']);
  });
  test('no instance', () => expect(reportedAddresses(undefined)).toEqual([]));
});

test('an empty report is a hiccup, not a loss (harvester#3990)', () => {
  const book = new AddressBook();
  book.note(['10.0.0.5']);
  book.note([]);
  book.note(['fe80::1']);
  expect(book.addresses).toEqual(['10.0.0.5']);
  book.note(['10.0.0.6']);
  expect(book.addresses).toEqual(['10.0.0.6']);
});

test('an IPv6 address goes into brackets', () => {
  expect(httpUrl('2001:db8::5', 8080, '/t/x')).toBe('http://[2001:db8::5]:8080/t/x');
  expect(httpUrl('10.0.0.5', 8080, '/t/x')).toBe('http://10.0.0.5:8080/t/x');
});
