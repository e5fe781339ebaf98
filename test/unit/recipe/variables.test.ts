import { describe, expect, test } from '@jest/globals';
import { isTruthy, readValue, scan } from '../../../src/recipe/variables.ts';
import { load, MINIMAL, mistakes } from './kit.ts';

const variables = (lines: string) => `${MINIMAL}variables:\n${lines}`;
const one = (type: string, initial: string) =>
  variables(`  v: { type: ${type}, description: D, default: ${initial} }\n`);

test.each([
  ['plain', [{ text: 'plain' }]],
  ['', [{ text: '' }]],
  ['${a}', [{ name: 'a' }]],
  ['x${a}-${b}', [{ text: 'x' }, { name: 'a' }, { text: '-' }, { name: 'b' }]],
  ['$${HOME:-x}', [{ text: '${' }, { text: 'HOME:-x}' }]],
])('scanning %j', (text, parts) => {
  expect(scan(text)).toEqual(parts);
});

describe('values', () => {
  test.each([
    ['string', 'a\nb', 'a\nb'],
    ['url', 'https://x.test', 'https://x.test'],
    ['url', '', ''],
    ['integer', '-7', -7],
    ['boolean', 'true', true],
    ['list', ' a \n\nb\n', ['a', 'b']],
    ['list', 'a, b ,,c', ['a', 'b', 'c']],
    ['list', '', []],
  ] as const)('%s %j', (type, text, value) => {
    expect(readValue({ type, description: '' }, text)).toEqual({ value });
  });
  test.each([
    ['url', 'ftp://x.test', 'expected an http or https URL, or nothing'],
    ['integer', '1.5', 'expected a whole number'],
    ['boolean', 'yes', 'expected true or false'],
  ] as const)('%s refuses %j', (type, text, wrong) => {
    expect(readValue({ type, description: '' }, text)).toEqual({ wrong });
  });
  test('enum', () => {
    const declaration = { type: 'enum', description: '', values: ['a', 'b'] } as const;
    expect(readValue(declaration, 'b')).toEqual({ value: 'b' });
    expect(readValue(declaration, 'c')).toEqual({ wrong: 'expected one of a, b' });
  });
  test.each([
    [true, true],
    [false, false],
    ['', false],
    ['x', true],
    [0, false],
    [[], false],
    [['a'], true],
    [undefined, false],
  ])('%j counts as given: %s', (value, expected) => {
    expect(isTruthy(value)).toBe(expected);
  });
});

describe('substitution', () => {
  test('in texts, with given values before defaults', async () => {
    const text = `${one('string', 'a')}packages: { install: ["x-\${v}"] }\n`;
    expect((await load(text)).packages.install).toEqual(['x-a']);
    expect((await load(text, { variables: { v: 'b' } })).packages.install).toEqual(['x-b']);
  });
  test('keeps the type where the text is the variable alone', async () => {
    const text = `${one('boolean', 'false')}packages: { update: "\${v}" }\n`;
    expect((await load(text)).packages.update).toBe(false);
  });
  test('a list as an item stands for its items', async () => {
    const text = `${one('list', '[b, c]')}packages: { install: [a, "\${v}", d] }\n`;
    expect((await load(text)).packages.install).toEqual(['a', 'b', 'c', 'd']);
  });
  test('leaves content and scripts as they stand, and fills templates and environments', async () => {
    const text = `${one('string', 'x')}files:
  - { path: /a, content: 'is $\{v}' }
  - { path: /b, template: 'is $\{v} and $$\{v}' }
commands: [{ id: c, title: C, script: 'echo $\{v}', environment: { V: '$\{v}' } }]
`;
    const recipe = await load(text);
    expect(recipe.files.map((file) => file.content)).toEqual(['is ${v}', 'is x and ${v}']);
    expect(recipe.commands).toEqual([{ id: 'c', title: 'C', script: 'echo ${v}', environment: { V: 'x' } }]);
  });
  test('defaults may refer to other variables', async () => {
    const text = `${variables('  a: { description: D, default: "x" }\n  b: { description: D, default: "${a}y" }\n')}packages: { install: ["\${b}"] }\n`;
    expect((await load(text)).packages.install).toEqual(['xy']);
    expect((await load(text, { variables: { a: 'z' } })).packages.install).toEqual(['zy']);
    expect((await load(text, { variables: { b: 'q' } })).packages.install).toEqual(['q']);
  });
});

describe('conditions', () => {
  const cases: [string, string, string, boolean][] = [
    ['boolean', 'true', 'v', true],
    ['boolean', 'true', 'not v', false],
    ['string', "''", 'v', false],
    ['string', 'a', 'v == a', true],
    ['string', 'a', 'v != a', false],
    ['integer', '3', 'v == 3', true],
    ['list', '[]', 'not v', true],
  ];
  test.each(cases)('%s %s: when %s is %s', async (type, initial, when, expected) => {
    const text = `${one(type, initial)}packages: { install: [{ when: "${when}", item: a }] }\n`;
    expect((await load(text)).packages.install).toEqual(expected ? ['a'] : []);
  });
  test('drop whole sections and items that are maps', async () => {
    const text = `${one('boolean', 'false')}files: [{ when: v, path: /a, content: x }]
firewall: { when: v, roles: [worker], features: [ssh] }
`;
    const recipe = await load(text);
    expect([recipe.files, recipe.firewall]).toEqual([[], undefined]);
  });
});

describe('mistakes', () => {
  const cases: [string, string, Record<string, string>, string][] = [
    [
      'a variable that is not declared',
      `${one('string', 'a')}packages: { install: ["\${v}", "\${w}"] }\n`,
      {},
      'r.yml:6:31: there is no variable "w"; did you mean "v"?',
    ],
    [
      'a variable that is not used',
      one('string', 'a'),
      {},
      'r.yml:5:3: the variable "v" is declared but not used anywhere',
    ],
    [
      'a shell variable in a template',
      `${MINIMAL}files: [{ path: /a, template: "\${HOME}" }]\n`,
      {},
      'r.yml:4:31: "${HOME" is no variable; write "$${" for a literal "${"',
    ],
    [
      'one of the wrong type',
      `${one('integer', '1')}packages: { minimum-count: "\${v}" }\n`,
      { v: 'many' },
      'variable "v": expected a whole number, found "many"',
    ],
    [
      'one that the recipe does not have',
      `${one('integer', '1')}packages: { minimum-count: "\${v}" }\n`,
      { w: '1' },
      'variable "w": the recipe has none of this name; did you mean "v"?',
    ],
    [
      'a default of the wrong type',
      `${one('integer', 'x')}packages: { minimum-count: "\${v}" }\n`,
      {},
      'r.yml:5:3: "v": the default is wrong: it is not of type integer',
    ],
    [
      'a list inside a text',
      `${one('list', '[a]')}packages: { install: ["x\${v}"] }\n`,
      {},
      'r.yml:6:23: the variable "v" is a list and cannot be part of a longer text',
    ],
    [
      'a comparison that can never hold',
      `${variables('  v: { type: enum, values: [a, b], description: D, default: a }\n')}packages: { install: [{ when: v == c, item: x }] }\n`,
      {},
      'r.yml:6:31: "v" can never be "c": it is of type enum',
    ],
    [
      'a condition that is more than a condition',
      `${one('boolean', 'true')}packages: { install: [{ when: v and v, item: x }] }\n`,
      {},
      'r.yml:6:31: "when" takes: name, not name, name == value, name != value; found "v and v"',
    ],
    [
      'defaults that go in circles',
      `${variables('  a: { description: D, default: "${b}" }\n  b: { description: D, default: "${a}" }\n')}`,
      {},
      'r.yml:5:3: the defaults of "a" → "b" → "a" refer to each other',
    ],
    [
      'a mistake in what a condition drops',
      `${one('boolean', 'false')}packages: { install: [{ when: v, item: "\${w}" }] }\n`,
      {},
      'r.yml:6:40: there is no variable "w"; did you mean "v"?',
    ],
    [
      'an enum without values',
      `${one('enum', 'a')}packages: { install: ["\${v}"] }\n`,
      {},
      'r.yml:5:3: "v": "values" belongs to variables of type enum, and only to them',
    ],
  ];
  test.each(cases)('%s', async (_name, text, given, line) => {
    expect(await mistakes(text, { variables: given })).toContain(line);
  });
});

describe('values that must be given', () => {
  const text = `${variables('  v: { description: The address. }\n  w: { type: list, description: The hosts. }\n')}packages: { install: ["\${v}", "\${w}"] }\n`;
  test('are asked for together, by name and meaning, and not called mistakes', async () => {
    await expect(load(text)).rejects.toMatchObject({
      code: 'RECIPE_VALUES_MISSING',
      message:
        'The recipe and its layers need 2 values that have no default:\nv: The address.\nw: The hosts.',
    });
  });
  test('are told beside mistakes', async () => {
    expect(await mistakes(text, { variables: { w: '', z: '1' } })).toEqual([
      'variable "z": the recipe has none of this name; did you mean "v"?',
      'variable not given: v: The address.',
    ]);
  });
});
