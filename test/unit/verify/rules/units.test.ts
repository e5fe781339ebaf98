import { describe, expect, test } from '@jest/globals';
import { presetOf } from '../../../../src/verify/rules/units.ts';

const file = (path: string, ...lines: string[]) => ({ path, lines });

describe('presetOf', () => {
  test('the first match in the order of file names wins', () => {
    const files = [
      file('/usr/lib/systemd/system-preset/99-z.preset', 'disable *'),
      file('/etc/systemd/system-preset/10-a.preset', 'enable sshd.service'),
    ];
    expect(presetOf(files, 'sshd.service')).toBe('enable');
    expect(presetOf(files, 'other.service')).toBe('disable');
  });
  test('/etc hides its namesake in /usr', () => {
    const files = [
      file('/usr/lib/systemd/system-preset/10-a.preset', 'disable *'),
      file('/etc/systemd/system-preset/10-a.preset', '# none'),
    ];
    expect(presetOf(files, 'sshd.service')).toBe('enable');
  });
  test('patterns', () =>
    expect(
      presetOf(
        [file('/etc/systemd/system-preset/a.preset', 'disable getty@*.service')],
        'getty@tty1.service',
      ),
    ).toBe('disable'));
  test('a dot is a dot', () =>
    expect(presetOf([file('/etc/systemd/system-preset/a.preset', 'disable a.service')], 'axservice')).toBe(
      'enable',
    ));
});
