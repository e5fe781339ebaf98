import { describe, expect, test } from '@jest/globals';
import { type BakeEvidence, compareBakes, comparisonLines } from '../../../src/verify/compare.ts';
import type { FactValues } from '../../../src/verify/facts.ts';
import type { Manifest } from '../../../src/verify/manifest.ts';

const MANIFEST: Manifest = {
  schemaVersion: 1,
  recipe: { name: 'rocky9-rke2', digest: 'd', layers: [] },
  base: { url: 'https://mirror.example/base.qcow2', sha256: 'a' },
  system: { name: 'rocky', version: '9.6' },
  packages: [{ name: 'bash', epoch: 0, version: '5', release: '1', arch: 'x86_64', source: 'bash' }],
  kernels: [],
  units: { 'sshd.service': 'enabled' },
  repositories: [],
  files: [],
};

const VALUES: Partial<FactValues> = {
  imageSize: 1024,
  packages: [
    { name: 'a', epoch: 0, version: '1', release: '1', arch: 'noarch', source: 's', installed: 10 },
    { name: 'b', epoch: 0, version: '1', release: '1', arch: 'noarch', source: 's', installed: 10 },
  ],
  paths: new Map([
    ['/etc/fstab', { kind: 'file', mode: '0644', owner: 'root', group: 'root', size: 5, target: '' }],
  ]),
};

const evidence = (values: Partial<FactValues> = {}, manifest: Partial<Manifest> = {}): BakeEvidence => ({
  manifest: { ...MANIFEST, ...manifest },
  facts: { values: { ...VALUES, ...values }, missing: {} },
});

describe('compareBakes', () => {
  test('an image is equal to itself', () => {
    expect(compareBakes(evidence(), evidence())).toMatchObject({ equal: true, different: [], excused: [] });
  });

  test('what no two bakes share is excused, and named', () => {
    const later = VALUES.packages!.map((item) => ({ ...item, installed: 20 }));
    const comparison = compareBakes(evidence(), evidence({ imageSize: 2048, packages: later }));
    expect(comparison).toMatchObject({ equal: true, different: [] });
    expect(comparison.excused.map(({ field }) => field)).toEqual([
      'facts.imageSize',
      'facts.packages[a.noarch].installed',
      'facts.packages[b.noarch].installed',
    ]);
    expect(comparisonLines(comparison)).toContain(
      'excused: facts.packages[…].installed (2): the time of the installation',
    );
  });

  test('another mode of a file is a difference, by its path', () => {
    const paths = new Map([['/etc/fstab', { ...VALUES.paths!.get('/etc/fstab')!, mode: '0600' }]]);
    const comparison = compareBakes(evidence(), evidence({ paths }));
    expect(comparison.equal).toBe(false);
    expect(comparison.different).toEqual([
      { field: 'facts.paths[/etc/fstab].mode', before: '"0644"', after: '"0600"' },
    ]);
    expect(comparisonLines(comparison)[1]).toBe('differs: facts.paths[/etc/fstab].mode: "0644" → "0600"');
  });

  test('one package more shifts no other', () => {
    const more = [{ ...VALUES.packages![0]!, name: '0' }, ...VALUES.packages!];
    const fields = compareBakes(evidence(), evidence({ packages: more })).different.map(({ field }) => field);
    expect(fields).toContain('facts.packages.length');
    expect(fields.every((field) => /\[0\.noarch\]|length/.test(field))).toBe(true);
  });

  describe('a boot entry is named after a machine id that the bake made up', () => {
    const [a, b] = ['a'.repeat(32), 'b'.repeat(32)];
    const entries = (...tokens: string[]): Partial<FactValues> => ({
      bootEntries: tokens.map((token) => ({
        id: `${token}-6.1`,
        path: `/boot/loader/entries/${token}-6.1.conf`,
        initrd: ['/initramfs-6.1.img'],
        options: ['ro'],
      })),
      bootConfiguration: [{ path: '/boot/grub2/grubenv', lines: [`saved_entry=${tokens.at(-1)}-6.1`] }],
    });

    test('so another one is excused, and named', () => {
      const { different, excused } = compareBakes(evidence(entries(a)), evidence(entries(b)));
      expect(different).toEqual([]);
      expect(excused).toEqual([
        {
          field: 'entryToken',
          before: `"${a}"`,
          after: `"${b}"`,
          why: expect.stringContaining('machine id'),
        },
      ]);
    });

    test('but not an entry more', () => {
      expect(compareBakes(evidence(entries(a)), evidence(entries(a, b))).equal).toBe(false);
    });

    test('nor other arguments in it', () => {
      const [entry] = entries(b).bootEntries!;
      const other = { ...entries(b), bootEntries: [{ ...entry!, options: ['rw'] }] };
      const { different } = compareBakes(evidence(entries(a)), evidence(other));
      expect(different.map(({ field }) => field)).toEqual([
        'facts.bootEntries[/boot/loader/entries/(entry token)-6.1.conf].options',
      ]);
    });

    test('nor a saved entry that is not there', () => {
      const other = { ...entries(b), bootConfiguration: entries(a).bootConfiguration! };
      expect(compareBakes(evidence(entries(a)), evidence(other)).equal).toBe(false);
    });
  });

  test('a unit in the manifest counts', () => {
    const { different } = compareBakes(evidence(), evidence({}, { units: { 'sshd.service': 'disabled' } }));
    expect(different).toHaveLength(1);
  });

  test('a fact that only one bake has is a difference', () => {
    const without = { manifest: MANIFEST, facts: { values: {}, missing: { imageSize: 'not collected' } } };
    const { equal, different } = compareBakes(evidence(), without);
    expect(equal).toBe(false);
    expect(different.map(({ field }) => field)).toContain('facts.paths[/etc/fstab].mode');
  });

  test('a fact that is excused when it differs is not when it is missing', () => {
    const { imageSize: _size, ...rest } = VALUES;
    const without = { manifest: MANIFEST, facts: { values: rest, missing: { imageSize: 'not collected' } } };
    expect(compareBakes(evidence(), without).equal).toBe(false);
  });
});
