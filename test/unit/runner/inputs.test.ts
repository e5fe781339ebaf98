import { describe, expect, test } from '@jest/globals';
import { input } from '../../../src/runner/input-kinds.ts';
import {
  describeInputs,
  type InputTable,
  inputVariable,
  readInputs,
  secretValues,
  tableFaults,
} from '../../../src/runner/inputs.ts';

const read = <Table extends InputTable>(table: Table, given: Record<string, string>) =>
  readInputs(
    table,
    Object.fromEntries(Object.entries(given).map(([name, value]) => [inputVariable(name), value])),
  );
const d = 'described';
const even = input.own('even number', { description: d }, (text) =>
  Number(text) % 2 === 0 ? { value: Number(text) } : { problem: 'must be even' },
);

describe('values', () => {
  test('each kind becomes its type', () => {
    const values = read(
      {
        name: input.string({ description: d }),
        mode: input.enumeration(['a', 'b'], { description: d }),
        force: input.boolean({ description: d, default: 'false' }),
        cpu: input.integer({ description: d }),
        'bake-timeout': input.duration({ description: d }),
        memory: input.quantity({ description: d }),
        layers: input.list({ description: d }),
        labels: input.map({ description: d }),
        pairs: even,
        url: input.url({ description: d }),
        token: input.secret({ description: d }),
      },
      {
        name: ' x ',
        mode: 'b',
        cpu: '4',
        'bake-timeout': '1h30m',
        memory: '4Gi',
        layers: 'a\n\n b ',
        labels: 'k=v=w\nl=',
        pairs: '4',
        url: 'https://a.example/x',
        token: 's3cret',
      },
    );
    expect(values).toEqual({
      name: 'x',
      mode: 'b',
      force: false,
      cpu: 4,
      'bake-timeout': 5_400_000,
      memory: '4Gi',
      layers: ['a', 'b'],
      labels: { k: 'v=w', l: '' },
      pairs: 4,
      url: 'https://a.example/x',
      token: 's3cret',
    });
  });

  test('what is not given is undefined, or empty for lists and maps', () => {
    expect(
      read(
        {
          a: input.string({ description: d }),
          b: input.list({ description: d }),
          c: input.map({ description: d }),
        },
        {},
      ),
    ).toEqual({
      a: undefined,
      b: [],
      c: {},
    });
  });

  test('hyphens stay in the name of the variable', () =>
    expect(inputVariable('bake-time out')).toBe('INPUT_BAKE-TIME_OUT'));
});

describe('problems', () => {
  test.each([
    ['a bare number as duration', input.duration({ description: d }), '30', 'must be a duration with a unit'],
    ['a bare number as size', input.quantity({ description: d }), '4', 'must be a size with a unit'],
    ['a word as boolean', input.boolean({ description: d }), 'yes', 'must be true or false'],
    [
      'a value out of the list',
      input.enumeration(['a', 'b'], { description: d }),
      'c',
      'must be one of a, b',
    ],
    ['a number out of range', input.integer({ description: d, min: 0, max: 10 }), '11', 'from 0 to 10'],
    ['a fraction', input.integer({ description: d }), '1.5', 'whole number'],
    [
      'a pattern not met',
      input.string({ description: d, pattern: /^a+$/, rule: 'must be all a' }),
      'b',
      'must be all a',
    ],
    ['a line without =', input.map({ description: d }), 'novalue', 'each line must be key=value'],
    [
      'a key given twice',
      input.map({ description: d }),
      'a=1\na=2',
      'gives \\"a\\" twice'.replaceAll('\\', ''),
    ],
    ['what a kind of its own refuses', even, '3', 'must be even'],
    ['another scheme', input.url({ description: d }), 'ftp://x', 'http or https'],
    ['a URL without a host', input.url({ description: d }), 'https:', 'http or https'],
    [
      'http where only https will do',
      input.url({ description: d, schemes: ['https'] }),
      'http://x',
      'an https URL',
    ],
    ['a path with NUL', input.path({ description: d }), 'a\0b', 'must be a path'],
    [
      'a password in a URL',
      input.url({ description: d }),
      'https://u:p@x.example',
      'must not carry a password',
    ],
  ])('%s', (_name, kind, text, rule) => {
    expect(() => read({ it: kind }, { it: text })).toThrow(rule);
  });

  test('all are told at once, with the example', () => {
    const table = {
      a: input.string({ description: d, required: true, example: 'x' }),
      b: input.boolean({ description: d }),
    };
    expect(() => read(table, { b: 'maybe' })).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        message:
          '2 inputs are not valid:\n  - a: is required. Example: a: "x"\n  - b: "maybe" must be true or false.',
      }),
    );
  });

  test('the value of a secret is never shown', () => {
    const table = { key: { ...input.secret({ description: d }), parse: () => ({ problem: 'is wrong' }) } };
    expect(() => read(table, { key: 'planted-secret' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('planted') }),
    );
  });

  test('nor is a password that somebody put before a host', () =>
    expect(() => read({ pairs: even }, { pairs: 'robot:planted-secret@harbor.example.com' })).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/pairs: "\*{3}@harbor\.example\.com" must/) }),
    ));
});

test('secretValues finds the given secrets only', () => {
  const table = {
    a: input.secret({ description: d }),
    b: input.secret({ description: d }),
    c: input.string({ description: d }),
  };
  expect(secretValues(table, { INPUT_A: 'x', INPUT_C: 'y' })).toEqual(['x']);
});

test('describeInputs gives the table as data, in its order', () => {
  const table = {
    kubeconfig: input.secret({ description: 'cluster', required: true }),
    mode: input.enumeration(['a', 'b'], { description: 'mode', default: 'a', example: 'b' }),
  };
  expect(describeInputs(table)).toEqual([
    {
      name: 'kubeconfig',
      type: 'secret',
      description: 'cluster',
      required: true,
      secret: true,
      default: undefined,
      example: undefined,
    },
    {
      name: 'mode',
      type: 'a | b',
      description: 'mode',
      required: false,
      secret: false,
      default: 'a',
      example: 'b',
    },
  ]);
});

describe('tableFaults', () => {
  test.each([
    [
      'a default that its rule refuses',
      input.duration({ description: d, default: '30' }),
      /it: "30" must be a dur/,
    ],
    [
      'an example that its rule refuses',
      input.integer({ description: d, example: 'x' }),
      /it: "x" must be a whole/,
    ],
    [
      'a required input with a default',
      input.string({ description: d, required: true, default: 'x' }),
      /required and/,
    ],
  ])('%s', (_name, kind, fault) => expect(tableFaults({ it: kind })).toEqual([expect.stringMatching(fault)]));

  test('a good table has none', () => {
    expect(tableFaults({ it: input.duration({ description: d, default: '30m', example: '1h' }) })).toEqual(
      [],
    );
  });
});
