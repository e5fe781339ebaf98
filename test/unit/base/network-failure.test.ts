import { describe, expect, test } from '@jest/globals';
import { EnvironmentError } from '../../../src/base/errors.ts';
import { networkError } from '../../../src/base/network-failure.ts';

const URL_WITH_SECRETS = new URL('https://user:planted@host.example/path?token=planted');
const failed = (code: string, message = 'raw words') => Object.assign(new Error(message), { code });
const codeOf = (error: unknown) => networkError(error, URL_WITH_SECRETS).code;

describe('a code of Node or undici', () => {
  test.each([
    ['ENOTFOUND', 'HTTP_DNS'],
    ['EAI_AGAIN', 'HTTP_DNS'],
    ['ECONNREFUSED', 'HTTP_REFUSED'],
    ['EHOSTUNREACH', 'HTTP_UNREACHABLE'],
    ['ENETUNREACH', 'HTTP_UNREACHABLE'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'HTTP_TLS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'HTTP_TLS'],
    ['CERT_HAS_EXPIRED', 'HTTP_TLS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'HTTP_TLS'],
    ['UND_ERR_CONNECT_TIMEOUT', 'HTTP_TIMEOUT'],
    ['UND_ERR_HEADERS_TIMEOUT', 'HTTP_TIMEOUT'],
    ['UND_ERR_BODY_TIMEOUT', 'HTTP_TIMEOUT'],
    ['ETIMEDOUT', 'HTTP_TIMEOUT'],
    ['ECONNRESET', 'HTTP_RESET'],
    ['UND_ERR_SOCKET', 'HTTP_RESET'],
    ['HPE_INVALID_CONSTANT', 'HTTP_RESET'],
    ['E_OTHER', 'HTTP_FAILED'],
  ])('%s is %s', (code, ours) => expect(codeOf(failed(code))).toBe(ours));

  test('counts inside a cause, and inside a bundle of both address families', () => {
    expect(codeOf(new TypeError('fetch failed', { cause: failed('ECONNREFUSED') }))).toBe('HTTP_REFUSED');
    expect(codeOf(new AggregateError([failed('ENETUNREACH'), failed('ECONNREFUSED')]))).toBe(
      'HTTP_UNREACHABLE',
    );
  });
});

describe('the error', () => {
  test('shows no secret of the URL or of the proxy', () => {
    const { message } = networkError(failed('ETIMEDOUT'), URL_WITH_SECRETS, 'http://me:planted@proxy:3128');
    expect(message).toBe(
      'https://host.example/path: no answer in time (through the proxy http://proxy:3128/).',
    );
  });

  test('quotes what TLS says, and always has a mend', () => {
    const error = networkError(failed('CERT_HAS_EXPIRED', 'certificate has expired'), URL_WITH_SECRETS);
    expect(error.message).toContain('the TLS handshake failed: certificate has expired');
    expect(error.mend).toMatch(/CA certificate/);
  });

  test('one of ours stays as it is', () => {
    const ours = new EnvironmentError('X', 'x');
    expect(networkError(ours, URL_WITH_SECRETS)).toBe(ours);
  });

  test.each(['text', undefined, null])('%j that was thrown is survived', (thrown) => {
    expect(codeOf(thrown)).toBe('HTTP_FAILED');
  });
});
