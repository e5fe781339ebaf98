import { describe, expect, test } from '@jest/globals';
import { keyValues, parseArguments } from '../../../src/cli/arguments.ts';

const SYNTAX = {
  operands: ['IMAGE'],
  options: [
    { name: 'recipe', value: 'FILE', required: true, help: '' },
    { name: 'layer', value: 'NAME', repeated: true, help: '' },
    { name: 'json', help: '' },
  ],
};

const parse = (...words: string[]) => parseArguments(words, SYNTAX);

describe('parseArguments', () => {
  test('reads values, flags and operands in any order', () => {
    const args = parse('--recipe', 'a.yml', 'x', '--layer=b=c', '--json', '--layer', '-d');
    expect([args.operands, args.one('recipe'), args.all('layer'), args.flag('json')]).toEqual([
      ['x'],
      'a.yml',
      ['b=c', '-d'],
      true,
    ]);
  });

  test('what is not given is absent', () => {
    const args = parse('x', '--recipe', 'a');
    expect([args.flag('json'), args.one('layer'), args.all('layer')]).toEqual([false, undefined, []]);
  });

  test.each([
    [
      'a misspelled option',
      ['x', '--recpie', 'r', '--recipe', 'a'],
      '--recpie is not an option; did you mean --recipe?',
    ],
    ['a strange option', ['x', '--zzzzzz=1', '--recipe', 'a'], '--zzzzzz is not an option'],
    ['a short option', ['x', '-r', 'a', '--recipe', 'a'], '-r is not an option'],
    ['a missing value', ['x', '--recipe'], '--recipe needs a value: FILE\n--recipe FILE is required'],
    ['a flag with a value', ['x', '--recipe', 'a', '--json=yes'], '--json takes no value'],
    ['a required option', ['x'], '--recipe FILE is required'],
    ['a required operand', ['--recipe', 'a'], 'IMAGE is required'],
    ['a word too many', ['x', 'y', '--recipe', 'a'], '"y" is one word too many'],
    ['an option given twice', ['x', '--recipe', 'a', '--recipe', 'b'], '--recipe is given more than once'],
    [
      'everything at once',
      ['--jsn', '--recipe'],
      '--jsn is not an option; did you mean --json?\n--recipe needs',
    ],
  ])('refuses %s', (_name, words, text) => {
    expect(() => parse(...words)).toThrow(
      expect.objectContaining({ code: 'CLI_USAGE', message: expect.stringContaining(text) }),
    );
  });
});

describe('keyValues', () => {
  test('keeps further equals signs and empty values', () =>
    expect(keyValues(['a=b=c', 'd='], 'var')).toEqual({ a: 'b=c', d: '' }));

  test.each([
    [['a'], '--var a: expected name=value'],
    [['=a'], '--var =a: expected name=value'],
    [['a=1', 'a=2'], '--var gives "a" twice'],
  ])('refuses %j', (words, text) => expect(() => keyValues(words, 'var')).toThrow(text));

  test('a name of the language is a name like any other', () =>
    expect(keyValues(['constructor=x'], 'var')).toEqual({ constructor: 'x' }));
});
