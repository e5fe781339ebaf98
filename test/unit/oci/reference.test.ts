import { describe, expect, test } from '@jest/globals';
import {
  formatReference,
  isDigest,
  isRepository,
  isTag,
  parseHost,
  parseReference,
  parseRepository,
  parseTag,
} from '../../../src/oci/reference.ts';

const HEX = 'a'.repeat(64);

describe('a reference', () => {
  test.each([
    ['busybox', { host: 'docker.io', repository: 'library/busybox' }],
    ['team/app:1', { host: 'docker.io', repository: 'team/app', tag: '1' }],
    ['index.docker.io/busybox', { host: 'docker.io', repository: 'library/busybox' }],
    ['harbor.example.com/p/app:v1', { host: 'harbor.example.com', repository: 'p/app', tag: 'v1' }],
    ['localhost/app', { host: 'localhost', repository: 'app' }],
    ['localhost:5000/app', { host: 'localhost:5000', repository: 'app' }],
    ['[::1]:5000/app:1', { host: '[::1]:5000', repository: 'app', tag: '1' }],
    [`r.io/a@sha256:${HEX}`, { host: 'r.io', repository: 'a', digest: `sha256:${HEX}` }],
    [`r.io/a:T@sha256:${HEX}`, { host: 'r.io', repository: 'a', tag: 'T', digest: `sha256:${HEX}` }],
    ['R.io/Team/App:RC1', { host: 'r.io', repository: 'team/app', tag: 'RC1' }],
  ])('%s', (text, reference) => expect(parseReference(text)).toEqual(reference));

  test.each([
    ['', 'REFERENCE_INVALID'],
    ['r.io/', 'REFERENCE_INVALID'],
    ['a@b@c', 'REFERENCE_INVALID'],
    ['r.io/a@sha256:12', 'REFERENCE_INVALID'],
    ['r.io/a//b', 'REPOSITORY_INVALID'],
    ['r.io/a/../b', 'REPOSITORY_INVALID'],
    ['r.io/a:', 'TAG_INVALID'],
    ['r.io/a:1.0+git', 'TAG_INVALID'],
    ['r_o.io/a:1', 'REGISTRY_HOST_INVALID'],
  ])('"%s" is none: %s', (text, code) =>
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ name: 'UserError', code })),
  );

  test('is written as it is read', () => {
    const text = `localhost:5000/a/b:c@sha256:${HEX}`;
    expect(formatReference(parseReference(text))).toBe(text);
  });
});

describe('a repository', () => {
  test.each(['a', 'a/b', 'a.b', 'a_b', 'a__b', 'a--b', '0/1', 'a-b.c/d'])('%s', (text) =>
    expect(isRepository(text)).toBe(true),
  );
  test.each(['', '/', 'a/', '/a', 'a..b', 'a___b', '-a', 'a-', 'A', 'a b', `${'a/'.repeat(127)}ab`])(
    '"%s" is none',
    (text) => expect(isRepository(text)).toBe(false),
  );
  test('is lower-cased', () => expect(parseRepository('Team/App')).toBe('team/app'));
  test('of dashes without end is refused in no time', () =>
    expect(isRepository(`a${'-'.repeat(253)}!`)).toBe(false));
});

describe('a tag', () => {
  test.each(['1', 'v1.0.0', '_x', 'A-b', 'a'.repeat(128)])('%s', (text) => expect(isTag(text)).toBe(true));
  test.each(['', '.a', '-a', 'a/b', 'a+b', 'a:b', 'a'.repeat(129)])('"%s" is none', (text) =>
    expect(isTag(text)).toBe(false),
  );
  test('keeps its case', () => expect(parseTag('RC1')).toBe('RC1'));
  test('with a plus is told what to write instead', () =>
    expect(() => parseTag('1+2')).toThrow(
      expect.objectContaining({ mend: expect.stringContaining('write "-"') }),
    ));
});

describe('a registry', () => {
  test.each([
    ['Harbor.Example.com', 'harbor.example.com'],
    ['registry-1.docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['10.0.0.1:5000', '10.0.0.1:5000'],
    ['[fd00::1]', '[fd00::1]'],
  ])('%s is %s', (text, host) => expect(parseHost(text)).toBe(host));

  test.each(['', 'a b', 'a/b', 'https://a', 'user@a', 'a:70000', 'a:b', '-a', 'a?b'])(
    '"%s" is none',
    (text) =>
      expect(() => parseHost(text)).toThrow(expect.objectContaining({ code: 'REGISTRY_HOST_INVALID' })),
  );
  test('with a scheme is told to leave it out', () =>
    expect(() => parseHost('https://a')).toThrow(
      expect.objectContaining({ mend: expect.stringContaining('Leave out the scheme') }),
    ));
});

test.each([
  [`sha256:${HEX}`, true],
  [`sha512:${HEX}${HEX}`, true],
  [`sha256:${HEX.toUpperCase()}`, false],
  [`sha512:${HEX}`, false],
  ['md5:00', false],
])('%s: a digest, %s', (text, is) => expect(isDigest(text)).toBe(is));
