import { describe, expect, test } from '@jest/globals';
import { applyDefaults, prune, type Schema } from '../../../lab/api/schema.ts';
import { validate } from '../../../lab/api/validate.ts';

const details = (value: unknown, schema: Schema) => validate(value, schema, 'f').map(({ detail }) => detail);

describe('validation', () => {
  test.each<[string, unknown, Schema, string[]]>([
    ['null where it is allowed', null, { type: 'string', nullable: true }, []],
    [
      'null where it is not',
      null,
      { type: 'string' },
      ['Invalid value: "null": f in body must be of type string: "null"'],
    ],
    ['a whole number is a number', 3, { type: 'number' }, []],
    [
      'a fraction is no integer',
      3.5,
      { type: 'integer' },
      ['Invalid value: "number": f in body must be of type integer: "number"'],
    ],
    [
      'exclusive bounds',
      5,
      { type: 'integer', maximum: 5, exclusiveMaximum: true },
      ['Invalid value: 5: f in body should be less than 5'],
    ],
    [
      'multiples',
      0.3,
      { type: 'number', multipleOf: 0.5 },
      ['Invalid value: 0.3: f in body should be a multiple of 0.5'],
    ],
    ['length in characters', '😀😀', { type: 'string', maxLength: 2 }, []],
    [
      'date-time',
      'x',
      { type: 'string', format: 'date-time' },
      ['Invalid value: "x": f in body must be of type date-time: "x"'],
    ],
    ['an unknown format', 'x', { type: 'string', format: 'color' }, []],
    [
      'sets',
      ['a', 'a'],
      { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      ['Duplicate value: "a"'],
    ],
    [
      'maps by key',
      [
        { name: 'a', v: 1 },
        { name: 'a', v: 2 },
      ],
      { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
      ['Duplicate value: {"name":"a"}'],
    ],
    ['anyOf', 'x', { anyOf: [{ type: 'integer' }, { type: 'string' }] }, []],
    [
      'oneOf with two',
      1,
      { oneOf: [{ type: 'integer' }, { type: 'number' }] },
      [
        'Invalid value: "": f in body must validate one and only one schema (oneOf). Found 2 valid alternatives',
      ],
    ],
    [
      'not',
      1,
      { not: { type: 'integer' } },
      ['Invalid value: "": f in body must not validate the schema (not)'],
    ],
    [
      'too many properties',
      { a: 1, b: 2 },
      { type: 'object', maxProperties: 1 },
      ['Too many: 2: must have at most 1 item'],
    ],
  ])('%s', (_name, value, schema, expected) => {
    expect(details(value, schema)).toEqual(expected);
  });
});

describe('pruning and defaulting', () => {
  test('embedded resources keep their kind and metadata', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          properties: { spec: { type: 'object' } },
        },
      },
    };
    const object = { template: { kind: 'X', apiVersion: 'v1', metadata: { name: 'a' }, spec: {}, other: 1 } };
    expect(prune(object, schema)).toEqual(['template.other']);
    expect(object.template).toEqual({ kind: 'X', apiVersion: 'v1', metadata: { name: 'a' }, spec: {} });
  });

  test('known fields are pruned also within what keeps unknown ones', () => {
    const inner: Schema = { type: 'object', properties: { x: { type: 'integer' } } };
    const schema: Schema = {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { inner },
    };
    const object = { inner: { x: 1, y: 2 }, free: { z: 3 } };
    expect(prune(object, schema)).toEqual(['inner.y']);
    expect(object).toEqual({ inner: { x: 1 }, free: { z: 3 } });
  });

  test('a default is a copy, and a field of the prototype is no property', () => {
    const schema: Schema = { type: 'object', properties: { list: { type: 'array', default: [] } } };
    const [first, second] = [{}, {}] as { list?: number[] }[];
    applyDefaults(first, schema);
    applyDefaults(second, schema);
    first!.list!.push(1);
    expect(second!.list).toEqual([]);
    expect(prune(JSON.parse('{"constructor": 1}'), schema)).toEqual(['constructor']);
  });
});
