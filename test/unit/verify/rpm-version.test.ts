import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { compareEvr, compareVersions, parseEvr } from '../../../src/verify/rpm-version.ts';

// The cases of rpm's own tests/rpmvercmp.at; each is tried in both directions.
const CASES: readonly (readonly [string, string, number])[] = [
  ['1.0', '1.0', 0],
  ['1.0', '2.0', -1],
  ['2.0.1', '2.0.1', 0],
  ['2.0', '2.0.1', -1],
  ['2.0.1a', '2.0.1a', 0],
  ['2.0.1a', '2.0.1', 1],
  ['5.5p1', '5.5p1', 0],
  ['5.5p1', '5.5p2', -1],
  ['5.5p10', '5.5p10', 0],
  ['5.5p1', '5.5p10', -1],
  ['10xyz', '10.1xyz', -1],
  ['xyz10', 'xyz10', 0],
  ['xyz10', 'xyz10.1', -1],
  ['xyz.4', 'xyz.4', 0],
  ['xyz.4', '8', -1],
  ['xyz.4', '2', -1],
  ['5.5p2', '5.6p1', -1],
  ['5.6p1', '6.5p1', -1],
  ['6.0.rc1', '6.0', 1],
  ['10b2', '10a1', 1],
  ['10a2', '10b2', -1],
  ['1.0aa', '1.0aa', 0],
  ['1.0a', '1.0aa', -1],
  ['10.0001', '10.0001', 0],
  ['10.0001', '10.1', 0],
  ['10.0001', '10.0039', -1],
  ['4.999.9', '5.0', -1],
  ['20101121', '20101121', 0],
  ['20101121', '20101122', -1],
  ['2_0', '2_0', 0],
  ['2.0', '2_0', 0],
  ['a', 'a', 0],
  ['a+', 'a+', 0],
  ['a+', 'a_', 0],
  ['+a', '+a', 0],
  ['+a', '_a', 0],
  ['+_', '+_', 0],
  ['_+', '+_', 0],
  ['+', '_', 0],
  ['1.0~rc1', '1.0~rc1', 0],
  ['1.0~rc1', '1.0', -1],
  ['1.0~rc1', '1.0~rc2', -1],
  ['1.0~rc1~git123', '1.0~rc1~git123', 0],
  ['1.0~rc1~git123', '1.0~rc1', -1],
  ['1.0^', '1.0^', 0],
  ['1.0^', '1.0', 1],
  ['1.0^git1', '1.0^git1', 0],
  ['1.0^git1', '1.0', 1],
  ['1.0^git1', '1.0^git2', -1],
  ['1.0^git1', '1.01', -1],
  ['1.0^20160101', '1.0^20160101', 0],
  ['1.0^20160101', '1.0.1', -1],
  ['1.0^20160101^git1', '1.0^20160101^git1', 0],
  ['1.0^20160102', '1.0^20160101^git1', 1],
  ['1.0~rc1^git1', '1.0~rc1^git1', 0],
  ['1.0~rc1^git1', '1.0~rc1', 1],
  ['1.0^git1~pre', '1.0^git1~pre', 0],
  ['1.0^git1', '1.0^git1~pre', 1],
  ['1b.fc17', '1.fc17', -1],
  ['1g.fc17', '1.fc17', 1],
  ['1.1.α', '1.1.β', 0],
];

describe('compareVersions', () => {
  test.each(CASES)('%s and %s: %i', (a, b, order) => {
    expect(compareVersions(a, b)).toBe(order);
    expect(compareVersions(b, a)).toBe(order === 0 ? 0 : -order);
  });

  const rpm = spawnSync('rpm', ['--eval', '%{lua: print(rpm.vercmp("1.0^a", "1.0"))}'], { encoding: 'utf8' });
  const available = rpm.status === 0 && rpm.stdout.trim() === '1';
  (available ? test : test.skip)('agrees with the rpm that is installed here', () => {
    const program = CASES.map(([a, b]) => `print(rpm.vercmp("${a}", "${b}") .. ";")`).join(' ');
    const answer = spawnSync('rpm', ['--eval', `%{lua: ${program}}`], { encoding: 'utf8' });
    expect(answer.stdout.split(';').slice(0, -1).map(Number)).toEqual(
      CASES.map(([a, b]) => compareVersions(a, b)),
    );
  });
});

describe('compareEvr', () => {
  test.each([
    ['1:1.0-1', '2.0-9', 1],
    ['2.0-1', '2.0-2', -1],
    ['5.14.0-70.el9', '5.14.0-570.52.1.el9_6', -1],
    ['0:1.0-1', '1.0-1', 0],
    ['1.0', '1.0-1', -1],
  ])('%s and %s: %i', (a, b, order) => expect(compareEvr(a, b)).toBe(order));
});

describe('parseEvr', () => {
  test('with epoch', () =>
    expect(parseEvr('17:9.1.0-15.el9_6.9')).toEqual({ epoch: 17, version: '9.1.0', release: '15.el9_6.9' }));
  test('without release', () =>
    expect(parseEvr('2.191')).toEqual({ epoch: 0, version: '2.191', release: '' }));
});
