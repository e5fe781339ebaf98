import { describe, expect, test } from '@jest/globals';
import { entryPoints, matrixSchema, parseMatrix } from '../../../scripts/matrix.ts';

const action = (changes: string[] = []) =>
  [
    'actions:',
    '  - name: bake-image',
    '    description: Bakes.',
    '    entry-points: [main, post]',
    '    operating-systems: [linux]',
    '    needs-root: false',
    '    privileges: []',
    ...changes,
  ].join('\n');

describe('action-matrix.yml', () => {
  test('gives the entry points of each action', () => {
    expect(entryPoints(parseMatrix(action()))).toEqual([
      { action: 'bake-image', stage: 'main' },
      { action: 'bake-image', stage: 'post' },
    ]);
  });

  test.each([
    ['a name that no folder has', action().replace('bake-image', 'Bake_Image'), 'must be kebab-case'],
    ['an action that starts nothing', action().replace('[main, post]', '[post]'), 'must have main'],
    ['a stage twice', action().replace('[main, post]', '[main, main]'), 'must not repeat a stage'],
    ['an unknown operating system', action().replace('[linux]', '[plan9]'), 'operating-systems.0'],
    ['an unknown key', action(['    colour: red']), 'Unrecognized key: "colour"'],
    [
      'two actions of one name',
      `${action()}\n${action().split('\n').slice(1).join('\n')}`,
      'two actions of one name',
    ],
    ['a key twice', action(['    needs-root: true']), 'Map keys must be unique'],
    ['an empty file', '', 'expected object'],
  ])('refuses %s', (_case, text, problem) => {
    expect(() => parseMatrix(text)).toThrow(problem);
  });

  test('tells all problems at once', () => {
    const text = action(['    colour: red']).replace('bake-image', 'X').replace('false', 'no');
    expect(() => parseMatrix(text)).toThrow(/kebab-case[\s\S]*needs-root[\s\S]*colour/);
  });

  test('has a JSON Schema that refuses unknown keys, as the reader does', () => {
    const schema = JSON.parse(JSON.stringify(matrixSchema()));
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.actions.items.additionalProperties).toBe(false);
    expect(schema.properties.actions.items.required).toContain('entry-points');
  });
});
