import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { REGISTRIES_FILE } from '../../../src/recipe/registries.ts';
import { inProject, load, MINIMAL, mistakes, shipped } from './kit.ts';

const PEM = readFileSync(inProject('test/unit/recipe/golden/test-ca.pem'), 'utf8');
const fileOf = ({ files }: Awaited<ReturnType<typeof shipped>>) =>
  files.find(({ path }) => path === REGISTRIES_FILE);

describe('the layer harbor', () => {
  test('writes registries.yaml, for root alone, and no longer seals it away', async () => {
    const recipe = await shipped(['harbor'], { 'ca-certificates': PEM });
    expect(fileOf(recipe)).toMatchObject({ mode: '0600', owner: 'root', origin: 'registries' });
    expect(recipe.sealing.removed).not.toContain(REGISTRIES_FILE);
    expect((await shipped()).sealing.removed).toContain(REGISTRIES_FILE);
  });
  test('sends every registry to its proxy project, and Harbor’s own names unchanged', async () => {
    const { mirrors } = parse(fileOf(await shipped(['harbor'], { 'harbor-prefix': 'proxy-' }))!.content);
    expect(mirrors['docker.io']).toEqual({
      endpoint: ['https://harbor.test'],
      rewrite: { '^(.*)$': 'proxy-docker.io/$1' },
    });
    expect(mirrors['harbor.test']).toEqual({ endpoint: ['https://harbor.test'] });
    expect(Object.keys(mirrors)).toEqual([
      'docker.io',
      'ghcr.io',
      'quay.io',
      'registry.k8s.io',
      'harbor.test',
    ]);
  });
  test('trusts the private authority by its anchor, where there is one', async () => {
    const withCa = parse(fileOf(await shipped(['harbor'], { 'ca-certificates': PEM }))!.content);
    expect(withCa.configs).toEqual({
      'harbor.test': { tls: { ca_file: '/etc/pki/ca-trust/source/anchors/private-ca.pem' } },
    });
    expect(parse(fileOf(await shipped(['harbor']))!.content)).not.toHaveProperty('configs');
  });
  test('in an air gap, Harbor is one of the hosts that must be allowed', async () => {
    await expect(shipped(['airgap', 'harbor'])).rejects.toThrow(
      'the host "harbor.test" (https://harbor.test) is not among',
    );
  });
});

describe('a recipe with registries', () => {
  const recipe = (more: string) =>
    `${MINIMAL}registries:\n  mirrors:\n    - { registry: docker.io, endpoints: ["https://h.test"]${more} }\n`;
  test('has no place for credentials', async () => {
    expect((await mistakes(recipe(', auth: { username: a, password: b }'))).join()).toContain(
      'unknown key "auth"',
    );
  });
  test.each([
    [
      'an authority that it does not have',
      `${recipe('')}  ca: corp\n`,
      '"corp" is no certificate of this recipe: it has none',
    ],
    [
      'a registry twice',
      `${recipe('')}    - { registry: docker.io, endpoints: ["https://i.test"] }\n`,
      '"registries.mirrors" has "docker.io" twice',
    ],
    [
      'an endpoint that is no URL',
      recipe('').replace('https://h.test', 'h.test'),
      'expected an http or https URL',
    ],
  ])('refuses %s', async (_name, text, words) => {
    expect((await mistakes(text)).join('\n')).toContain(words);
  });
  test('writes no rewrite where there is none', async () => {
    const file = (await load(recipe(''))).files.find(({ path }) => path === REGISTRIES_FILE)!;
    expect(parse(file.content)).toEqual({ mirrors: { 'docker.io': { endpoint: ['https://h.test'] } } });
  });
});
