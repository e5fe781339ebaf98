import { describe, expect, test } from '@jest/globals';
import {
  errorFromAnswer,
  errorFromNetwork,
  isRefusedUnstored,
  isTransient,
} from '../../../src/kube/errors.ts';

const answer = (status: number, message: string, details: object = { name: 'x' }) =>
  errorFromAnswer(
    'create secrets "x" in namespace "ci"',
    status,
    JSON.stringify({ message, details, reason: 'R' }),
  );

describe('errorFromAnswer', () => {
  test.each([
    [401, 'KUBE_UNAUTHORIZED'],
    [403, 'KUBE_FORBIDDEN'],
    [404, 'KUBE_NOT_FOUND'],
    [409, 'KUBE_CONFLICT'],
    [410, 'KUBE_GONE'],
    [422, 'KUBE_INVALID'],
    [415, 'KUBE_FAILED'],
    [500, 'KUBE_FAILED'],
  ])('%i is %s', (status, code) => expect(answer(status, 'no').code).toBe(code));

  test.each([
    [
      'secrets "x" is forbidden: exceeded quota: q, requested: count/secrets=1',
      'KUBE_QUOTA_EXCEEDED',
      /quota/i,
    ],
    ['admission webhook "w.example.org" denied the request: not here', 'KUBE_DENIED', /webhook/],
    ['secrets "x" is forbidden: User "u" cannot create', 'KUBE_FORBIDDEN', /Role/],
  ])('a 403 that says %j is %s', (message, code, mend) => {
    const error = answer(403, message);
    expect(error.code).toBe(code);
    expect(error.mend).toMatch(mend);
  });

  test('names verb, resource and object, then the words of the server', () => {
    expect(answer(403, 'User "u" cannot create').message).toBe(
      'create secrets "x" in namespace "ci": User "u" cannot create',
    );
  });

  test('lists the fields that the server objects to', () => {
    const error = answer(422, 'invalid', {
      name: 'x',
      causes: [{ field: 'spec.url', message: 'url is required' }],
    });
    expect(error.evidence).toEqual(['spec.url: url is required']);
  });

  test('tells a missing API from a missing object', () => {
    expect(answer(404, 'the server could not find the requested resource', {}).mend).toMatch(
      /Harvester cluster/,
    );
    expect(answer(404, 'secrets "x" not found').mend).toBeUndefined();
  });

  test('bears an answer that is not JSON', () => {
    expect(errorFromAnswer('get x', 502, '<html>Bad Gateway</html>').message).toContain('Bad Gateway');
  });

  test('says that tokens expire', () => expect(answer(401, 'Unauthorized').mend).toMatch(/expire/));
});

describe('errorFromNetwork', () => {
  const failed = (code: string) =>
    errorFromNetwork('get x', 'https://h:6443', Object.assign(new Error('fetch failed'), { code }));

  test('says what the network said', () =>
    expect(failed('ECONNREFUSED').message).toBe('get x: https://h:6443/: nothing listens on that port.'));
  test('finds the code behind causes', () => {
    const cause = new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ENOTFOUND' }) });
    expect(errorFromNetwork('get x', 'https://s', cause).message).toMatch(/does not resolve/);
  });
  test('knows a certificate that does not fit', () =>
    expect(failed('DEPTH_ZERO_SELF_SIGNED_CERT').mend).toMatch(/certificate-authority-data/));
});

describe('another try', () => {
  test.each([
    ['too many requests', answer(429, 'slow down'), true, true],
    ['service unavailable', answer(503, 'away'), true, true],
    ['webhook away', answer(500, 'Internal error occurred: failed calling webhook "v"'), true, true],
    ['any other 500', answer(500, 'etcd: request timed out'), true, false],
    [
      'refused connection',
      errorFromNetwork('x', 'https://s', Object.assign(new Error(), { code: 'ECONNREFUSED' })),
      true,
      true,
    ],
    [
      'reset connection',
      errorFromNetwork('x', 'https://s', Object.assign(new Error(), { code: 'ECONNRESET' })),
      true,
      false,
    ],
    [
      'wrong certificate',
      errorFromNetwork('x', 'https://s', Object.assign(new Error(), { code: 'CERT_HAS_EXPIRED' })),
      false,
      false,
    ],
    ['invalid', answer(422, 'no'), false, false],
    ['conflict', answer(409, 'no'), false, false],
  ])('%s: repeatable %#', (_name, error, transient, unstored) => {
    expect([isTransient(error), isRefusedUnstored(error)]).toEqual([transient, unstored]);
  });
});
