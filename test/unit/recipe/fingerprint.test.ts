import { describe, expect, test } from '@jest/globals';
import { fingerprintOf, recipeDigest } from '../../../src/recipe/fingerprint.ts';
import { load, MINIMAL, shipped } from './kit.ts';

const digest = async (text: string) => recipeDigest(await load(MINIMAL + text));
const TEXT =
  'packages: { install: [a] }\nsysctls: { x: { a: 1, b: 2 } }\nrelease: { path: /etc/r, fields: { A: b } }\n';

test('the order of keys and comments do not matter', async () => {
  const other =
    '# comment\nrelease: { fields: { A: b }, path: /etc/r }\nsysctls: { x: { a: 1, b: 2 } }\npackages: { install: [a] }\n';
  expect(await digest(TEXT)).toBe(await digest(other));
});

describe('a change of anything is a change of the digest', () => {
  test.each([
    [
      'a package',
      'packages: { install: [b] }\nsysctls: { x: { a: 1, b: 2 } }\nrelease: { path: /etc/r, fields: { A: b } }\n',
    ],
    ['a sysctl', TEXT.replace('a: 1', 'a: 3')],
    ['a field of the release file', TEXT.replace('A: b', 'A: c')],
    ['a file', `${TEXT}files: [{ path: /a, content: x }]\n`],
    ['a mode', `${TEXT}directories: [{ path: /a, mode: '0700' }]\n`],
    ['what is sealed', `${TEXT}sealing: { removed: [/a] }\n`],
    ['a command', `${TEXT}commands: [{ id: a, title: A, script: 'true' }]\n`],
  ])('%s', async (_name, text) => {
    expect(await digest(text)).not.toBe(await digest(TEXT));
  });
  test.each([
    ['a variable', [], { 'node-exporter': 'true' }],
    ['a layer', ['cis'], {}],
  ])('%s', async (_name, layers, variables) => {
    expect(recipeDigest(await shipped(layers, variables))).not.toBe(recipeDigest(await shipped()));
  });
});

test('the release file tells the digest of the recipe it is part of', async () => {
  const recipe = await load(MINIMAL + TEXT);
  const file = recipe.files.find((item) => item.origin === 'release');
  expect(file?.content).toMatch(
    /^GOLDEN_RECIPE="test"\nGOLDEN_LAYERS=""\nGOLDEN_A="b"\nGOLDEN_RECIPE_DIGEST="sha256:[0-9a-f]{64}"\n$/,
  );
  expect(file?.content).toContain(`"sha256:${recipeDigest(recipe)}"`);
});

describe('the fingerprint', () => {
  const input = {
    recipeDigest: 'r',
    baseSha256: 'b',
    repositories: [
      { id: 'x', revision: '1' },
      { id: 'y', revision: '2' },
    ],
    bakeVersion: '1',
  };
  test('does not depend on the order of repositories', () => {
    expect(fingerprintOf({ ...input, repositories: [...input.repositories].reverse() })).toBe(
      fingerprintOf(input),
    );
  });
  test.each([
    [{ recipeDigest: 's' }],
    [{ baseSha256: 'c' }],
    [{ bakeVersion: '2' }],
    [{ repositories: [{ id: 'x', revision: '1' }] }],
    [
      {
        repositories: [
          { id: 'x', revision: '1' },
          { id: 'y', revision: '3' },
        ],
      },
    ],
  ])('depends on %j', (change) => {
    expect(fingerprintOf({ ...input, ...change })).not.toBe(fingerprintOf(input));
  });
});
