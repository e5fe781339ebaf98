import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { expectationsOf } from '../../../src/recipe/expectations.ts';
import { recipeDigest } from '../../../src/recipe/fingerprint.ts';
import { inProject, shipped } from './kit.ts';

const PEM = readFileSync(inProject('test/unit/recipe/golden/test-ca.pem'), 'utf8');

test('every file that is written or downloaded is expected, with its digest, mode and owner', async () => {
  const recipe = await shipped(['prestage-rke2']);
  const { files } = expectationsOf(recipe);
  expect(files).toHaveLength(recipe.files.length + recipe.downloads.length);
  const iptables = files.find((file) => file.path === '/etc/sysconfig/iptables');
  expect(iptables).toEqual({
    path: '/etc/sysconfig/iptables',
    sha256: createHash('sha256').update(recipe.firewall!.ipv4).digest('hex'),
    mode: '0600',
    owner: 'root',
    group: 'root',
    selinuxType: 'system_conf_t',
    origin: 'firewall',
  });
  expect(files.find((file) => file.origin === 'downloads' && file.path.includes('core'))?.sha256).toBe(
    'a'.repeat(64),
  );
});

test('the rest says what the recipe says', async () => {
  const recipe = await shipped(['airgap'], { 'ca-certificates': PEM });
  const expected = expectationsOf(recipe);
  expect(expected.recipe).toEqual({ name: 'rocky9-rke2', digest: recipeDigest(recipe), layers: ['airgap'] });
  expect(expected.packages.present).toEqual(recipe.packages.install);
  expect(expected.packages.absent).toContain('rke2-common');
  expect(expected.repositories).toContainEqual({
    id: 'rancher-rke2-common',
    enabled: false,
    host: 'mirror.test',
  });
  expect(expected.allowedHosts).toEqual(['mirror.test']);
  expect(expected.services.mask).toEqual(['firewalld.service']);
  expect(expected.certificates).toEqual([
    { name: 'private-ca', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  expect(JSON.parse(JSON.stringify(expected))).toEqual(expected);
});
