import { describe, expect, test } from '@jest/globals';
import { Authority } from '../../../../src/oci/registry/authority.ts';

const https = (host: string) => new Authority(host, { plainHttp: false, tunnelled: false });
const http = (host: string, tunnelled = false) => new Authority(host, { plainHttp: true, tunnelled });
const REFUSED = expect.objectContaining({ code: 'REGISTRY_LOCATION_REFUSED' });

describe('a place', () => {
  test.each([
    [https('r.io'), 'https://r.io/v2/', 'r.io:443'],
    [http('r.io'), 'http://r.io/v2/', 'r.io:80'],
    [http('localhost:5000'), 'http://localhost:5000/v2/', 'localhost:5000'],
    [https('[fd00::1]:5000'), 'https://[fd00::1]:5000/v2/', 'fd00::1:5000'],
    [https('docker.io'), 'https://registry-1.docker.io/v2/', 'registry-1.docker.io:443'],
  ])('%#: %s', (authority, url, endpoint) => {
    expect(authority.place('/v2/')).toEqual({ url, own: true });
    expect(authority.endpoint).toBe(endpoint);
  });
});

describe('a location', () => {
  const cases: [string, Authority, string, { url: string; own: boolean }][] = [
    ['relative', https('r.io'), '/v2/x?a=1', { url: 'https://r.io/v2/x?a=1', own: true }],
    ['relative to the path', https('r.io'), 'y', { url: 'https://r.io/v2/a/y', own: true }],
    ['http behind TLS', https('r.io'), 'http://r.io/x', { url: 'https://r.io/x', own: true }],
    ['http with an inner port', https('r.io'), 'http://r.io:8080/x', { url: 'https://r.io/x', own: true }],
    ['without its port', https('r.io:8443'), 'https://r.io/x', { url: 'https://r.io:8443/x', own: true }],
    ['http without its port', https('r.io:8443'), 'http://r.io/x', { url: 'https://r.io:8443/x', own: true }],
    ['https on plain http', http('r.io'), 'https://r.io/x', { url: 'https://r.io/x', own: true }],
    ['https through a tunnel', http('r.io', true), 'https://r.io/x', { url: 'http://r.io/x', own: true }],
    ['another host', https('r.io'), 'https://s3.io/x?sig=1', { url: 'https://s3.io/x?sig=1', own: false }],
    ['another host, by http', http('r.io'), 'http://s3.io/x', { url: 'http://s3.io/x', own: false }],
    ['its own address', http('10.0.0.5:80'), 'http://10.0.0.5/x', { url: 'http://10.0.0.5/x', own: true }],
    ['with a login', https('r.io'), 'https://u:p@r.io/x#y', { url: 'https://r.io/x', own: true }],
  ];
  test.each(cases)('%s', (_, authority, location, place) =>
    expect(authority.locate(location, authority.place('/v2/a/b').url)).toEqual(place),
  );

  test.each([
    ['http://s3.io/x', 'in clear'],
    ['https://127.0.0.1/x', 'this machine'],
    ['https://[::1]/x', 'this machine'],
    ['https://169.254.169.254/latest', "a cloud's metadata"],
    ['https://10.1.2.3/x', 'a network inside'],
    ['https://[fd12::1]/x', 'a network inside'],
    ['https://[::ffff:10.0.0.1]/x', 'a network inside, disguised'],
    ['https://0x7f.1/x', 'this machine, disguised'],
    ['https://2130706433/x', 'this machine, disguised'],
    ['file:///etc/passwd', 'a file'],
    ['//', 'nowhere'],
  ])('%s is refused: %s', (location) =>
    expect(() => https('r.io').locate(location, 'https://r.io/v2/')).toThrow(REFUSED),
  );

  test('that is refused shows no query', () =>
    expect(() => https('r.io').locate('http://evil.io/x?token=hunter22', 'https://r.io/')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter22') }),
    ));
});
