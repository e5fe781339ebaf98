import { describe, expect, test } from '@jest/globals';
import { differences, parseIptables } from '../../../src/verify/iptables.ts';
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
