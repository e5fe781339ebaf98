import { describe, expect, test } from '@jest/globals';
import { labelSelector, nameOfFieldSelector, structuredSelector } from '../../../lab/api/selector.ts';

const object = (labels: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name: 'x', labels },
});

describe('label selectors', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app == web', true],
    ['app!=web', false],
    ['missing!=web', true],
    ['app in (db, web)', true],
    ['app notin (db,web)', false],
    ['missing notin (web)', true],
    ['example.io/x', true],
    ['!example.io/x', false],
    ['app=web,example.io/x=', true],
    ['app=web,missing', false],
  ])('%p fits: %p', (selector, fits) => {
    expect(labelSelector(selector)(object({ app: 'web', 'example.io/x': '' }))).toBe(fits);
  });

  test.each(['a===b', 'a in b', 'a b', '=x', 'a in (b'])('%p is refused with 400', (selector) => {
    expect(() => labelSelector(selector)).toThrow(
      expect.objectContaining({ status: expect.objectContaining({ code: 400 }) }),
    );
  });
});

test('structured selectors: all parts must fit', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  };
  expect(structuredSelector(selector)({ app: 'web', tier: 'a' })).toBe(true);
  expect(structuredSelector(selector)({ app: 'web', tier: 'c' })).toBe(false);
  expect(structuredSelector(selector)({ app: 'web', tier: 'a', old: '' })).toBe(false);
  expect(structuredSelector(undefined)({})).toBe(true);
});

test('the name that a field selector allows', () => {
  expect(nameOfFieldSelector('metadata.name=a')).toBe('a');
  expect(nameOfFieldSelector('metadata.namespace=x,metadata.name==a')).toBe('a');
  expect(nameOfFieldSelector('metadata.name!=a')).toBe('');
});
