import { describe, expect, test } from '@jest/globals';
import { diffManifests, diffMarkdown } from '../../../src/verify/diff.ts';
import { manifestOf } from '../../../src/verify/manifest.ts';
import { EXPECTATIONS } from './fixtures/expectations.ts';
import { add, factsWith, swap, without } from './good-image.ts';

const ORIGIN = { recipe: EXPECTATIONS.recipe, base: { url: 'x', sha256: 'y' } };
const manifest = (changes = {}) => manifestOf(factsWith(changes), ORIGIN);
const diff = (changes: object) => diffManifests(manifest(), manifest(changes));

describe('diffManifests', () => {
  test('an upgrade', () => {
    expect(diff({ packages: swap('570.52.1', '570.60.1') }).upgraded).toEqual([
      { name: 'kernel-core', arch: 'x86_64', from: '5.14.0-570.52.1.el9_6', to: '5.14.0-570.60.1.el9_6' },
    ]);
  });
  test('a downgrade that text order would call an upgrade', () => {
    expect(diff({ packages: swap('1.8.10\t11', '1.8.9\t11') }).downgraded).toMatchObject([
      { name: 'iptables-nft', to: '1.8.9-11.el9_5' },
    ]);
  });
  test('an epoch outranks the version', () => {
    expect(diff({ packages: swap('rke2-selinux\t0\t0.20', 'rke2-selinux\t1\t0.1') }).upgraded).toHaveLength(
      1,
    );
  });
  test('added and removed', () => {
    const { added, removed } = diff({
      packages: (text: string) =>
        add('vim\t2\t8.2\t1\tx86_64\tv.src.rpm\t\t1')(without('chrony')(without('systemd')(text))),
    });
    expect(added).toEqual(['vim-2:8.2-1.x86_64']);
    expect(removed).toEqual(['systemd-252-51.el9_6.2.rocky.0.1.x86_64']);
  });
  test('a second kernel is added, not an upgrade', () => {
    const changes = diff({ packages: add('kernel-core\t0\t5.14.0\t600.el9\tx86_64\tk.src.rpm\t\t1') });
    expect(changes).toMatchObject({ added: ['kernel-core-5.14.0-600.el9.x86_64'], upgraded: [] });
  });
  test('files, units and kernels', () => {
    const changes = diff({
      digests: (text: string) => text.replace(/[0-9a-f]{64}( {2}\/etc\/sysctl.d)/, `${'0'.repeat(64)}$1`),
      units: swap('firewalld.service\tmasked', 'firewalld.service\tenabled'),
      kernels: swap('570.52.1', '600'),
    });
    expect(changes.files).toEqual(['/etc/sysctl.d/90-arp.conf']);
    expect(changes.units).toEqual(['firewalld.service: masked → enabled']);
    expect(changes.kernels).toEqual({
      added: ['5.14.0-600.el9_6.x86_64'],
      removed: ['5.14.0-570.52.1.el9_6.x86_64'],
    });
  });
});

describe('diffMarkdown', () => {
  test('nothing changed', () =>
    expect(diffMarkdown(diffManifests(manifest(), manifest()))).toBe('Nothing changed.\n'));
  test('counts and a table, downgrades first', () => {
    const text = diffMarkdown(
      diff({ packages: (all: string) => swap('1.8.10\t11', '1.8.9\t11')(swap('252\t51', '252\t52')(all)) }),
    );
    expect(text).toContain('1 upgraded, 1 downgraded, 0 added, 0 removed');
    expect(text.indexOf('iptables-nft')).toBeLessThan(text.indexOf('systemd'));
  });
});
