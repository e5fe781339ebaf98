import { describe, expect, test } from '@jest/globals';
import { contentDigest, manifestOf, nevraOf, parseManifest } from '../../../src/verify/manifest.ts';
import { EXPECTATIONS } from './fixtures/expectations.ts';
import { add, factsWith, KERNEL, swap } from './good-image.ts';

const ORIGIN = {
  recipe: EXPECTATIONS.recipe,
  base: { url: 'https://dl.rockylinux.org/base.qcow2', sha256: 'ef'.repeat(32) },
};

describe('manifestOf', () => {
  const manifest = manifestOf(factsWith(), ORIGIN);
  test('lists packages by name, with source, signer, reason and repository', () => {
    expect(manifest.packages.map((item) => item.name)).toEqual(
      manifest.packages.map((item) => item.name).toSorted(),
    );
    expect(manifest.packages.find((item) => item.name === 'rke2-selinux')).toEqual({
      name: 'rke2-selinux',
      epoch: 0,
      version: '0.20',
      release: '1.el9',
      arch: 'noarch',
      source: 'rke2-selinux-0.20-1.el9.src.rpm',
      signer: '925ea29ae257814a',
      reason: 'user',
      repository: 'rancher-rke2-common',
    });
  });
  test('several versions of one package are in rpm’s order', () => {
    const facts = factsWith({
      packages: add('kernel-core\t0\t5.14.0\t70.el9\tx86_64\tk.src.rpm\t702d426d350d275d\t1'),
    });
    const kernels = manifestOf(facts, ORIGIN).packages.filter((item) => item.name === 'kernel-core');
    expect(kernels.map((item) => item.release)).toEqual(['70.el9', '570.52.1.el9_6']);
  });
  test('names kernel, units, repositories and written files', () => {
    expect(manifest.kernels).toEqual([
      { version: KERNEL, initramfsModules: ['ext4', 'virtio_blk', 'virtio_net', 'virtio_scsi', 'xfs'] },
    ]);
    expect(manifest.units['firewalld.service']).toBe('masked');
    expect(manifest.repositories[0]).toMatchObject({ id: 'baseos', enabled: false });
    expect(manifest.files.map((file) => file.path)).toContain('/etc/sysconfig/iptables');
  });
  test('holds no time', () => expect(JSON.stringify(manifest)).not.toContain('1795265'));
  test('is refused without a package list', () => {
    expect(() => manifestOf({ values: {}, missing: { packages: 'no rpm' } }, ORIGIN)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INCOMPLETE', message: 'There is no package list: no rpm' }),
    );
  });
});

describe('parseManifest', () => {
  const manifest = manifestOf(factsWith(), ORIGIN);
  test('reads what was written', () => expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest));
  test.each(['', '{}', '[]', JSON.stringify({ ...manifest, schemaVersion: 2 })])('refuses %.20s', (text) => {
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });
});

describe('contentDigest', () => {
  const digest = (facts = factsWith(), origin = ORIGIN) => contentDigest(manifestOf(facts, origin));
  test('is the same for another base and recipe with the same content', () => {
    expect(
      digest(factsWith(), { recipe: { ...ORIGIN.recipe, digest: '00' }, base: { url: 'x', sha256: 'y' } }),
    ).toBe(digest());
  });
  test('differs with a package', () =>
    expect(digest(factsWith({ packages: swap('570.52.1', '570.53.1') }))).not.toBe(digest()));
});

test('nevraOf shows an epoch only where there is one', () => {
  const item = { name: 'a', epoch: 2, version: '1', release: '3', arch: 'noarch', source: '' };
  expect([nevraOf(item), nevraOf({ ...item, epoch: 0 })]).toEqual(['a-2:1-3.noarch', 'a-1-3.noarch']);
});
