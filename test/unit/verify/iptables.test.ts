import { describe, expect, test } from '@jest/globals';
import { acceptedPorts, differences, parseIptables, portText } from '../../../src/verify/iptables.ts';
import { RULES_V4 } from './fixtures/expectations.ts';

const parse = (text: string) => parseIptables(text.split('\n'));
const compare = (found: string) => differences(parse(found), parse(RULES_V4));

describe('parseIptables', () => {
  test('reads policies and rules by table and chain', () => {
    expect(
      parse('*nat\n:PREROUTING ACCEPT [0:0]\n[3:180] -A PREROUTING  -j  RETURN\nCOMMIT').get(
        'nat/PREROUTING',
      ),
    ).toEqual({
      policy: 'ACCEPT',
      rules: ['-j RETURN'],
    });
  });
  test.each(['*filter\n-A INPUT -j ACCEPT', '*filter\n:INPUT DROP\n-I INPUT -j ACCEPT', 'garbage'])(
    'refuses %j',
    (text) => {
      expect(() => parse(text)).toThrow('is no line that iptables-restore accepts');
    },
  );
});

describe('differences', () => {
  test('counters, comments and the order of accepting rules do not matter', () => {
    const same = RULES_V4.replace('[0:0]', '[7:99]').replace(
      /(-A.*22.*)\n(-A.*6443.*)\n/,
      '# swapped\n$2\n$1\n',
    );
    expect(compare(same)).toEqual([]);
  });
  test.each([
    [
      'a policy',
      RULES_V4.replace('INPUT DROP', 'INPUT ACCEPT'),
      'policy of filter/INPUT is ACCEPT, not DROP',
    ],
    [
      'a lost rule',
      RULES_V4.replace(/-A.*6443.*\n/, ''),
      'filter/INPUT lacks: -p tcp --dport 6443 -j ACCEPT',
    ],
    [
      'an additional rule',
      RULES_V4.replace('COMMIT', '-A INPUT -j ACCEPT\nCOMMIT'),
      'filter/INPUT has: -j ACCEPT',
    ],
    ['a lost chain', RULES_V4.replace(':OUTPUT ACCEPT [0:0]\n', ''), 'chain filter/OUTPUT is missing'],
    ['an additional chain', RULES_V4.replace('*filter', '*nat\n:X -\n*filter'), 'chain nat/X is additional'],
    [
      'a rule before the one for established connections',
      RULES_V4.replace(/(-A.*ESTABLISHED.*)\n(-A.*lo .*)\n/, '$2\n$1\n'),
      'filter/INPUT: "-i lo -j ACCEPT" stands before the rule for established connections',
    ],
  ])('%s', (_name, text, expected) => expect(compare(text)).toEqual([expected]));
});

describe('the ports that are open', () => {
  const ports = (...rules: string[]) =>
    acceptedPorts(
      parseIptables(['*filter', ':INPUT DROP [0:0]', ...rules.map((rule) => `-A INPUT ${rule}`), 'COMMIT']),
    ).map(portText);
  test.each([
    ['-p tcp -m tcp --dport 22 -j ACCEPT', 'tcp 22'],
    ['-p udp --dport 30000:32767 -j ACCEPT', 'udp 30000-32767'],
    [
      '-s 10.0.0.0/8 -i eth0 -p tcp -m tcp --dport 2379:2380 -j ACCEPT',
      'tcp 2379-2380 from 10.0.0.0/8 on eth0',
    ],
  ])('%s: %s', (rule, text) => expect(ports(rule)).toEqual([text]));
  test.each([
    '-i lo -j ACCEPT',
    '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    '-p icmp -j ACCEPT',
    '-p ipv6-icmp -j ACCEPT',
    '-s fe80::/10 -d fe80::/10 -p udp -m udp --sport 547 --dport 546 -j ACCEPT',
    '-p tcp --dport 23 -j DROP',
  ])('%s opens none', (rule) => expect(ports(rule)).toEqual([]));
  test.each([
    '-j ACCEPT',
    '-p tcp -j ACCEPT',
    '-m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT',
    '-p tcp -m multiport --dports 1,2 -j ACCEPT',
    '-p tcp --dport 22 -m recent --set -j ACCEPT',
  ])('%s is not understood, and said so', (rule) =>
    expect(() => ports(rule)).toThrow('opens more than a port'),
  );
});
