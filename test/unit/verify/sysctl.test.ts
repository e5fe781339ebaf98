import { describe, expect, test } from '@jest/globals';
import { effectiveSysctl } from '../../../src/verify/sysctl.ts';

const KEY = 'net.ipv4.conf.all.rp_filter';
const file = (path: string, ...lines: string[]) => ({ path, lines });

describe('effectiveSysctl', () => {
  test('the later name wins, whatever its folder', () => {
    const files = [
      file('/etc/sysctl.d/10-a.conf', `${KEY} = 1`),
      file('/usr/lib/sysctl.d/50-b.conf', `${KEY}=2`),
    ];
    expect(effectiveSysctl(files, KEY)).toEqual({ value: '2', path: '/usr/lib/sysctl.d/50-b.conf' });
  });
  test('/etc hides its namesake in /usr', () => {
    const files = [
      file('/etc/sysctl.d/50-a.conf', '# nothing'),
      file('/usr/lib/sysctl.d/50-a.conf', `${KEY}=2`),
    ];
    expect(effectiveSysctl(files, KEY)).toBeUndefined();
  });
  test('/etc/sysctl.conf comes last', () => {
    const files = [file('/etc/sysctl.conf', `${KEY}=0`), file('/etc/sysctl.d/99-z.conf', `${KEY}=2`)];
    expect(effectiveSysctl(files, KEY)?.value).toBe('0');
  });
  test('an explicit setting beats a later pattern', () => {
    const files = [
      file('/etc/sysctl.d/10-a.conf', `${KEY}=1`),
      file('/etc/sysctl.d/50-b.conf', 'net.ipv4.conf.*.rp_filter=2'),
    ];
    expect(effectiveSysctl(files, KEY)?.value).toBe('1');
  });
  test.each([
    ['a pattern', 'net.ipv4.conf.*.rp_filter = 2', '2'],
    ['slashes', 'net/ipv4/conf/all/rp_filter = 2', '2'],
    ['a failure that is passed over', '-net.ipv4.conf.all.rp_filter = 2', '2'],
  ])('%s', (_name, line, value) =>
    expect(effectiveSysctl([file('/etc/sysctl.d/a.conf', line)], KEY)?.value).toBe(value),
  );
});
