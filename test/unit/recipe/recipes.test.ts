import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import type { UserError } from '../../../src/base/errors.ts';
import { recipeJsonSchema } from '../../../src/recipe/json-schema.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';
import { planText, recipeUrls } from '../../../src/recipe/plan.ts';
import { recipeSchema } from '../../../src/recipe/schema.ts';
import { inProject, LAYER_VARIABLES, shipped } from './kit.ts';

const LAYERS = readdirSync(inProject('recipes/layers')).map((name) => name.replace(/\.yml$/, ''));

/** Every set of layers, in the order of their names. */
const COMBINATIONS = Array.from({ length: 2 ** LAYERS.length }, (_, bits) =>
  LAYERS.filter((_name, index) => bits & (1 << index)),
);
const open = { 'allowed-hosts': 'mirror.test\ngithub.com\nharbor.test' };
const given = (layers: readonly string[]): Record<string, string> => (layers.includes('airgap') ? open : {});

test('every layer is known here', () => {
  expect(Object.keys(LAYER_VARIABLES).sort()).toEqual([...LAYERS].sort());
});

describe('the shipped recipe', () => {
  test.each(COMBINATIONS.map((layers) => [layers.join(' + ') || 'no layer', layers] as const))(
    'loads with %s',
    async (_name, layers) => {
      const recipe = await shipped(layers, given(layers));
      expect(recipe.layers).toEqual(layers);
      expect(planText(recipe)).toContain(recipe.name);
    },
  );
  test('air-gapped, it names the mirror alone and switches all else off', async () => {
    const recipe = await shipped(['airgap']);
    expect(new Set(recipeUrls(recipe).map((url) => new URL(url).hostname))).toEqual(new Set(['mirror.test']));
    expect(recipe.otherRepositories).toBe('disable');
    expect(recipe.repositories.map(({ id, enabled }) => [id, enabled])).toEqual([
      ['mirror-baseos', true],
      ['mirror-appstream', true],
      ['mirror-extras', true],
      ['rancher-rke2-common', false],
    ]);
  });
  test('air-gapped, it asks for all it lacks at once, the authority behind the mirror included', async () => {
    const options = {
      file: inProject('recipes/rocky9-rke2.yml'),
      readFile: (path: string) => readFile(path, 'utf8'),
    };
    const error = await loadRecipe({ ...options, layers: ['airgap', 'prestage-rke2'], variables: {} }).then(
      () => undefined,
      (thrown: UserError) => thrown,
    );
    expect(error).toMatchObject({ code: 'RECIPE_VALUES_MISSING' });
    const names = error!.message
      .split('\n')
      .slice(1)
      .map((line) => line.split(': ')[0]);
    expect(names.sort()).toEqual([
      'allowed-hosts',
      'ca-certificates',
      'mirror',
      'rke2-cni-sha256',
      'rke2-core-sha256',
      'rke2-harvester-sha256',
      'rke2-version',
    ]);
  });
  test('air-gapped, it refuses a public address', async () => {
    await expect(shipped(['airgap'], { 'rke2-url': 'https://rpm.rancher.io/rke2' })).rejects.toThrow(
      'the host "rpm.rancher.io" (https://rpm.rancher.io/rke2/stable/common/centos/9/noarch) is not among "allowed-hosts"',
    );
  });
  test('pinned by its digest, it asks for no checksum file', async () => {
    const { base } = await shipped([], { 'rocky-sha256': 'a'.repeat(64) });
    expect(base).toMatchObject({ sha256: 'a'.repeat(64) });
    expect(base).not.toHaveProperty('checksumUrl');
  });
  test('takes a key as text instead of fetching it', async () => {
    const recipe = await shipped([], { 'rke2-key': '-----BEGIN PGP PUBLIC KEY BLOCK-----\nx\n' });
    expect(recipe.downloads).toEqual([]);
    expect(recipe.files.find((file) => file.path === '/etc/pki/rpm-gpg/RPM-GPG-KEY-rancher')?.origin).toBe(
      'repositories',
    );
  });
  test('pre-staged, it has Harvester’s images and the file that spares the import', async () => {
    const recipe = await shipped(['prestage-rke2']);
    const urls = recipe.downloads.map((item) => item.url).filter((url) => url.includes('rke2-images'));
    const release = 'https://github.com/rancher/rke2/releases/download/v1.34.2%2Brke2r1';
    expect(urls).toEqual(
      ['core', 'cilium', 'harvester'].map((name) => `${release}/rke2-images-${name}.linux-amd64.tar.zst`),
    );
    expect(recipe.files.map((file) => file.path)).toContain('/var/lib/rancher/rke2/agent/images/.cache.json');
  });
});

describe('the schema for editors', () => {
  const schema = JSON.parse(JSON.stringify(recipeJsonSchema()));
  test('knows every section of a recipe, and the keys of layers', () => {
    const sections = Object.keys(recipeSchema.shape);
    expect(Object.keys(schema.properties).sort()).toEqual(
      [...sections, 'variables', 'layer', 'override', 'remove'].sort(),
    );
  });
  test('lets a condition stand wherever an item may have one', () => {
    const { anyOf } = schema.properties.files;
    expect(anyOf[0].items.properties).toHaveProperty('when');
    expect(anyOf.map((one: { $ref?: string }) => one.$ref)).toContain('#/definitions/variable');
  });
  test('refers only to what it defines', () => {
    const references = [...JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g)].map(
      (match) => match[1],
    );
    expect([...new Set(references)].sort()).toEqual(Object.keys(schema.definitions).sort());
  });
});
