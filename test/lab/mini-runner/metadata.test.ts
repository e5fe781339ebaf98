import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type ActionMetadata, inputEnvironment, readAction } from '../../../lab/mini-runner/metadata.ts';
import { withTempFolder } from '../../../src/base/temp.ts';

const read = (text: string, name = 'action.yml') =>
  withTempFolder(async (folder) => {
    await writeFile(join(folder, name), text);
    const action = await readAction(folder);
    return {
      ...action,
      main: action.main.replace(folder, ''),
      post: action.post?.script.replace(folder, ''),
    };
  });

describe('readAction', () => {
  test('paths start at the folder of the action, and may leave it', async () => {
    const action = await read('runs: { using: node24, main: ../../dist/x/main.js, post: post.js }');
    expect(action.main).toMatch(/\/dist\/x\/main\.js$/);
    expect(action.post).toBe('/post.js');
  });

  test('action.yaml counts too', async () => {
    expect((await read('name: x\nruns: { using: node24, main: m.js }', 'action.yaml')).name).toBe('x');
  });

  test.each([
    ['runs: { using: composite, steps: [] }', 'ACTION_KIND'],
    ['runs: { using: node20, main: m.js }', 'ACTION_KIND'],
    ['name: x', 'ACTION_KIND'],
    ['runs: { using: node24, main: m.js, post: p.js, post-if: "env.X == \'y\'" }', 'ACTION_CONDITION'],
  ])('%s is refused', async (text, code) => {
    await expect(read(text)).rejects.toMatchObject({ code });
  });

  test('a folder without metadata is refused', async () => {
    await expect(readAction('/no/such/folder')).rejects.toMatchObject({ code: 'ACTION_MISSING' });
  });
});

describe('inputEnvironment', () => {
  const action = (inputs: ActionMetadata['inputs']) => ({
    name: '',
    inputs,
    outputs: {},
    main: '',
    pre: undefined,
    post: undefined,
  });

  test('every input has a variable, given or not; numbers and booleans become text', () => {
    const inputs = { 'bake-timeout': { default: 3 }, force: { default: false }, 'a b': {} };
    expect(inputEnvironment(action(inputs), { Force: 'true' }).env).toEqual({
      'INPUT_BAKE-TIMEOUT': '3',
      INPUT_FORCE: 'true',
      INPUT_A_B: '',
    });
  });

  test('an empty value is a given value', () => {
    expect(inputEnvironment(action({ x: { default: 'd' } }), { x: '' }).env).toEqual({ INPUT_X: '' });
  });

  test('required is not enforced: the runner does not', () => {
    expect(inputEnvironment(action({ x: { required: true } }), {}).warnings).toEqual([]);
  });
});
