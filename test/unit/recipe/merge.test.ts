import { describe, expect, test } from '@jest/globals';
import type { ResolvedRecipe } from '../../../src/recipe/model.ts';
import { load, MINIMAL, mistakes } from './kit.ts';

const RECIPE = `${MINIMAL}packages: { install: [a, b] }
sysctls: { 90-x: { vm.swappiness: 1 } }
files:
  - { path: /etc/a, content: one }
  - { path: /etc/b, content: two }
`;
const contents = ({ files }: ResolvedRecipe) =>
  files.filter((file) => file.origin === 'files').map((file) => file.content);
const layer = (text: string) => ({ layers: { l: `layer: l\ndescription: A layer.\n${text}` } });

describe('a layer adds', () => {
  test('items to a list, after those that are there', async () => {
    const recipe = await load(RECIPE, layer('packages: { install: [c] }\n'));
    expect(recipe.packages.install).toEqual(['a', 'b', 'c']);
    expect(recipe.layers).toEqual(['l']);
  });
  test('keys to a map', async () => {
    const recipe = await load(RECIPE, layer('sysctls: { 90-x: { vm.panic_on_oom: 0 } }\n'));
    expect(recipe.sysctls).toEqual({ 'vm.swappiness': '1', 'vm.panic_on_oom': '0' });
  });
  test('sections that were not there', async () => {
    const recipe = await load(RECIPE, layer('kernel-modules: [overlay]\n'));
    expect(recipe.kernelModules).toEqual(['overlay']);
  });
  test.each([
    [
      'a value that is set',
      'sysctls: { 90-x: { vm.swappiness: 2 } }\n',
      'layers/l.yml:3:20: "sysctls.90-x.vm.swappiness" is already set at r.yml:5:35; to change it, put it under "override:"',
    ],
    [
      'an item that is there',
      'files: [{ path: /etc/a, content: other }]\n',
      'layers/l.yml:3:9: "/etc/a" is already in "files" (r.yml:7:5); to change it, put it under "override:"',
    ],
    [
      'a package that is there',
      'packages: { install: [a] }\n',
      'layers/l.yml:3:23: "a" is already in "packages.install" (r.yml:4:23); to change it, put it under "override:"',
    ],
  ])('but not %s', async (_name, text, line) => {
    expect(await mistakes(RECIPE, layer(text))).toEqual([line]);
  });
});

describe('a layer overrides', () => {
  test('a value', async () => {
    const recipe = await load(RECIPE, layer('override: { sysctls: { 90-x: { vm.swappiness: 9 } } }\n'));
    expect(recipe.sysctls).toEqual({ 'vm.swappiness': '9' });
  });
  test('an item by its name, leaving the others and the order', async () => {
    const recipe = await load(RECIPE, layer('override: { files: [{ path: /etc/a, content: new }] }\n'));
    expect(contents(recipe)).toEqual(['new', 'two']);
  });
  test('a list of plain texts as a whole', async () => {
    const recipe = await load(RECIPE, layer('override: { packages: { install: [z] } }\n'));
    expect(recipe.packages.install).toEqual(['z']);
  });
  test.each([
    [
      'a value that is not set',
      'override: { sysctls: { 90-y: {} } }\n',
      'layers/l.yml:3:24: "sysctls.90-y" is not set before this layer, so nothing is overridden; did you mean "90-x"?',
    ],
    [
      'an item that is not there',
      'override: { files: [{ path: /etc/c, content: x }] }\n',
      'layers/l.yml:3:21: "/etc/c" is not in "files"; did you mean "/etc/a"?',
    ],
  ])('but not %s', async (_name, text, line) => {
    expect(await mistakes(RECIPE, layer(text))).toEqual([line]);
  });
});

describe('a layer removes', () => {
  test('items by name, keys, and whole sections', async () => {
    const recipe = await load(
      RECIPE,
      layer('remove: { packages: { install: [a] }, files: [/etc/b], sysctls: true }\n'),
    );
    expect(recipe.packages.install).toEqual(['b']);
    expect(recipe.files.map((file) => file.path)).toEqual(['/etc/a']);
    expect(recipe.sysctls).toEqual({});
  });
  test('before it adds, so an item can be taken out and put back otherwise', async () => {
    const recipe = await load(
      RECIPE,
      layer('remove: { files: [/etc/a] }\nfiles: [{ path: /etc/a, content: again }]\n'),
    );
    expect(contents(recipe)).toEqual(['two', 'again']);
  });
  test('but not what is not there', async () => {
    expect(await mistakes(RECIPE, layer('remove: { packages: { install: [aa] } }\n'))).toEqual([
      'layers/l.yml:3:33: "aa" is not in "packages.install"; did you mean "a"?',
    ]);
  });
});

test('layers apply in the order given', async () => {
  const layers = {
    one: 'layer: one\ndescription: x\npackages: { install: [c] }\n',
    two: 'layer: two\ndescription: x\nremove: { packages: { install: [c] } }\n',
  };
  expect((await load(RECIPE, { layers })).packages.install).toEqual(['a', 'b']);
});

test('a layer names itself, and has no recipe name', async () => {
  expect(await mistakes(RECIPE, { layers: { l: 'name: x\n' } })).toEqual([
    'layers/l.yml:1:1: a layer begins with "layer: <name>"',
    'layers/l.yml:1:1: a layer has no "name" of its own, only "layer: <name>"',
  ]);
});
