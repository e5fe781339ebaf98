import { describe, expect, test } from '@jest/globals';
import { type Doing, refusal } from '../../../../src/oci/registry/failure.ts';
import { Secrets } from '../../../../src/oci/registry/login/secrets.ts';

function refusedWith(status: number, body: string | object, about: Doing['about'] = 'blob') {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const answer = { status, headers: {}, url: 'https://r.io/v2/', bytes, cutOff: false };
  const asked: Doing = { host: 'r.io', repository: 'a/b', doing: 'push the blob 1 of r.io/a/b', about };
  return refusal(answer, asked, new Secrets());
}

const said = (code: string, message = '') => ({ errors: [{ code, message }] });

describe('a refusal means', () => {
  const cases: [string, number, string | object, Doing['about']?][] = [
    ['REGISTRY_AUTH_REFUSED', 401, '', 'login'],
    ['REGISTRY_PUSH_FORBIDDEN', 403, said('DENIED')],
    ['REGISTRY_PUSH_FORBIDDEN', 401, said('UNAUTHORIZED')],
    ['REGISTRY_PROJECT_FORBIDDEN', 403, said('FORBIDDEN'), 'project'],
    ['REGISTRY_PROJECT_MISSING', 401, said('UNAUTHORIZED', 'project nowhere not found')],
    [
      'REGISTRY_REPOSITORY_UNKNOWN',
      404,
      said('NAME_UNKNOWN', 'The repository does not exist in the registry'),
    ],
    ['REGISTRY_PACKAGE_NOT_LINKED', 403, said('DENIED', 'permission_denied: write_package')],
    [
      'REGISTRY_PACKAGE_NOT_LINKED',
      403,
      said('DENIED', 'installation not allowed to Write organization package'),
      'login',
    ],
    ['REGISTRY_QUOTA', 403, said('DENIED', 'adding 1 MiB will exceed the configured upper limit of 2 MiB')],
    ['REGISTRY_RATE_LIMITED', 429, said('TOOMANYREQUESTS', 'You have used up your quota')],
    ['REGISTRY_TAG_IMMUTABLE', 403, 'tag is immutable', 'manifest'],
    ['REGISTRY_POLICY', 412, said('PROJECTPOLICYVIOLATION'), 'manifest'],
    ['REGISTRY_READ_ONLY', 405, said('UNSUPPORTED'), 'manifest'],
    ['REGISTRY_PROXY_PROJECT', 403, said('DENIED', 'can not push artifact to a proxy project: "x"')],
    ['REGISTRY_BODY_TOO_LARGE', 413, '<html><title>413 Request Entity Too Large</title></html>'],
    ['REGISTRY_BODY_TOO_LARGE', 413, '', 'manifest'],
    ['REGISTRY_MANIFEST_REFUSED', 400, said('MANIFEST_INVALID'), 'manifest'],
    ['REGISTRY_BLOB_MISSING', 400, said('MANIFEST_BLOB_UNKNOWN'), 'manifest'],
    ['REGISTRY_UNAVAILABLE', 502, '<html><title>502 Bad Gateway</title></html>'],
    ['REGISTRY_NOT_FOUND', 404, 'not found', 'ping'],
    ['REGISTRY_SCHEME', 400, 'Client sent an HTTP request to an HTTPS server.', 'ping'],
    ['REGISTRY_REFUSED', 418, ''],
  ];
  test.each(cases)('%s at %i %j', (...[code, status, body, about]) => {
    const failure = refusedWith(status, body, about);
    expect(failure).toMatchObject({ code, name: 'EnvironmentError', status });
    expect(failure.message).toMatch(/^Could not push the blob 1 of r\.io\/a\/b: r\.io /);
    expect(failure.mend!.length).toBeGreaterThan(20);
  });
});

test.each([
  [413, 'proxy-body-size'],
  [403, 'write_package'],
])('the mend of %i names %s or what it stands for', (status, word) => {
  const failure = refusedWith(
    status,
    said('DENIED', status === 403 ? 'permission_denied: write_package' : ''),
  );
  expect(`${failure.message} ${failure.mend}`).toContain(word);
});
