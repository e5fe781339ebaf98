import { describe, expect, test } from '@jest/globals';
import { keyValues, parseArguments } from '../../../src/cli/arguments.ts';
import { COMMANDS, helpText } from '../../../src/cli/commands.ts';

const OPTIONS = [
  { name: 'recipe', value: 'FILE', required: true, help: '' },
  { name: 'layer', value: 'NAME', repeated: true, help: '' },
  { name: 'json', help: '' },
];

describe('parseArguments', () => {
  test('reads values, flags and operands', () => {
    const args = parseArguments(['x', '--recipe', 'a.yml', '--layer=b', '--layer', 'c', '--json'], OPTIONS);
    expect([args.positional, args.one('recipe'), args.all('layer'), args.flag('json')]).toEqual([
      ['x'],
      'a.yml',
      ['b', 'c'],
      true,
    ]);
  });

  test.each([
    ['a misspelled option', ['--recpie', 'x', '--recipe', 'a'], 'did you mean --recipe?'],
    ['a missing value', ['--recipe'], '--recipe needs a value: FILE'],
    ['a required option', [], '--recipe FILE is required'],
  ])('refuses %s', (_name, words, text) => expect(() => parseArguments(words, OPTIONS)).toThrow(text));
});

test('keyValues keeps further equals signs', () => expect(keyValues(['a=b=c'], 'var')).toEqual({ a: 'b=c' }));
test('keyValues refuses a word without one', () => expect(() => keyValues(['a'], 'var')).toThrow('--var a'));

describe('help', () => {
  test.each([undefined, ...COMMANDS])('of %s fits 100 columns', (command) => {
    for (const line of helpText(command).split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('names every command', () => {
    for (const { name } of COMMANDS) expect(helpText()).toContain(`  ${name} `);
  });
});
