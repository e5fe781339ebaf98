import { describe, expect, test } from '@jest/globals';
import {
  mismatch,
  parseHeaderExpectation,
  parseJsonExpectation,
} from '../../../src/readiness/expectations.ts';
import type { Answer } from '../../../src/readiness/facts.ts';
import { parseJsonPath, select } from '../../../src/readiness/json-path.ts';
import { parseMatcher } from '../../../src/readiness/matcher.ts';
import { hasStatus, parseStatusSet } from '../../../src/readiness/status.ts';
import { body, header, json, parsedValue } from './requests.ts';

const answer = (more: Partial<Answer>): Answer => ({
  status: 200,
  statusText: 'OK',
  headers: {},
  body: '',
  truncated: false,
  ...more,
});

describe('statuses', () => {
  test.each([
    ['200', [200], [199, 201]],
    ['200-299', [200, 250, 299], [199, 300]],
    ['2xx', [200, 299], [300]],
    ['200-204, 401\n503', [204, 401, 503], [205, 400]],
  ])('%j', (text, inside, outside) => {
    const set = parsedValue(parseStatusSet(text));
    expect(inside.filter((status) => hasStatus(set, status))).toEqual(inside);
    expect(outside.filter((status) => hasStatus(set, status))).toEqual([]);
  });

  test.each(['20', '600', '299-200', '2x', 'ok', '200;201'])('%j is refused', (text) =>
    expect(parseStatusSet(text)).toMatchObject({ problem: expect.stringContaining(text) }),
  );
});

describe('a text that must occur', () => {
  test.each([
    ['ready', 'not ready yet', true],
    ['ready', 'READY', false],
    ['/^ready$/m', 'a\nready\nb', true],
    ['/ready/i', 'READY', true],
    ['/healthz', 'GET /healthz', true],
    ['a.c', 'abc', false],
  ])('%s in %j: %s', (pattern, text, found) =>
    expect(parsedValue(parseMatcher(pattern)).test(text)).toBe(found),
  );

  test.each([
    ['/(/', /is not a regex/],
    ['/a/g', /flags/],
  ])('%s is refused', (text, problem) =>
    expect(parseMatcher(text)).toMatchObject({ problem: expect.stringMatching(problem) }),
  );

  test('a regex that backtracks for ever is stopped', () => {
    const matcher = parsedValue(parseMatcher('/^(a+)+$/'));
    expect(() => matcher.test(`${'a'.repeat(50)}b`)).toThrow(
      /took more than 250 ms on a text of 51 characters/,
    );
  });
});

describe('a JSON path', () => {
  const root = {
    status: {
      phase: 'Ready',
      conditions: [
        { type: 'Synced', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
    },
    items: [{ n: 1 }, { n: 2 }],
    'odd key': 3,
    'a-b': 4,
    none: null,
  };

  test.each([
    ['status.phase', ['Ready']],
    ['$.status.phase', ['Ready']],
    ['.status.phase', ['Ready']],
    ['items[0].n', [1]],
    ['items[-1].n', [2]],
    ['items[*].n', [1, 2]],
    ['items.*.n', [1, 2]],
    ["['odd key']", [3]],
    ['a-b', [4]],
    ['none', [null]],
    ['status.conditions[?(@.type=="Ready")].status', ['True']],
    ["status.conditions[?@.type=='Ready'].status", ['True']],
    ['items[?(@.n==2)].n', [2]],
    ['absent.deeper', []],
    ['items.length', []],
    ['toString', []],
    ['$', [root]],
  ])('%s', (path, found) => expect(select(parsedValue(parseJsonPath(path)), root)).toEqual(found));

  test.each(['a..b', 'a[', 'a[x]', 'a b', 'a[?(@.x)]', '[1', '$$'])('%s is refused', (path) =>
    expect(
      'problem' in parseJsonPath(path) || select(parsedValue(parseJsonPath(path)), root).length === 0,
    ).toBe(true),
  );
});

describe('JSON expectations', () => {
  const holds = (line: string, value: unknown) =>
    mismatch(answer({ body: JSON.stringify(value) }), json(line)) === undefined;

  test.each<[string, unknown]>([
    ['ready = true', { ready: true }],
    ['ready = true', { ready: 'true' }],
    ['ready == true', { ready: true }],
    ['version = 1.28', { version: '1.28' }],
    ['count = 3', { count: 3 }],
    ['name = "a b"', { name: 'a b' }],
    ['name = a b', { name: 'a b' }],
    ['labels = {"b":1,"a":2}', { labels: { a: 2, b: 1 } }],
    ['phase != Failed', { phase: 'Ready' }],
    ['phase =~ /^Re/', { phase: 'Ready' }],
    ['phase', { phase: null }],
    ['c[?(@.type=="Ready")].status = True', { c: [{ type: 'Ready', status: 'True' }] }],
    ['items[*].ok = true', { items: [{ ok: true }, { ok: true }] }],
  ])('%s holds for %j', (line, value) => expect(holds(line, value)).toBe(true));

  test.each<[string, unknown]>([
    ['ready = "true"', { ready: true }],
    ['ready = true', { ready: false }],
    ['phase != Failed', { phase: 'Failed' }],
    ['phase != Failed', {}],
    ['phase', {}],
    ['items[*].ok = true', { items: [{ ok: true }, { ok: false }] }],
    ['items[*].ok = true', { items: [] }],
  ])('%s does not hold for %j', (line, value) => expect(holds(line, value)).toBe(false));

  test.each(['', '= 3', 'a..b = 1', 'a =~ /(/'])('%j is refused', (line) =>
    expect(parseJsonExpectation(line)).toHaveProperty('problem'),
  );

  test('a body that was cut is not taken for JSON', () =>
    expect(mismatch(answer({ body: '{"a":1}', truncated: true }), json('a = 1'))?.what).toBe(
      'it answers 200, but the body is longer than 7 characters: "{"a":1}"',
    ));
});

describe('header expectations', () => {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'x-version': 'v1.28.3' };
  test.each([
    ['X-Version', true],
    ['content-type: application/json', true],
    ['X-Version: /^v1\\.\\d+/', true],
    ['X-Version: v2', false],
    ['X-Other', false],
  ])('%s: %s', (line, ok) => expect(mismatch(answer({ headers }), header(line)) === undefined).toBe(ok));

  test.each(['', 'Two Words: x', 'a: /(/'])('%j is refused', (line) =>
    expect(parseHeaderExpectation(line)).toHaveProperty('problem'),
  );
});

test('what is wrong is told all at once', () => {
  const expectations = { ...body('ready'), ...{ headers: header('X-A').headers } };
  expect(mismatch(answer({ body: 'no' }), expectations)?.what).toBe(
    'it answers 200, but there is no header x-a; the body does not have ready: "no"',
  );
});

test('a binary body is not quoted', () =>
  expect(mismatch(answer({ body: '\u0000\u0001' }), body('ready'))?.what).toBe(
    'it answers 200, but the body does not have ready',
  ));
