import { describe, expect, test } from '@jest/globals';
import { proxyFor } from '../../../src/base/proxy.ts';

const PROXY = 'http://proxy.example:3128';
const through = (url: string, noProxy = '') =>
  proxyFor(new URL(url), { https_proxy: PROXY, http_proxy: PROXY, no_proxy: noProxy });

describe('proxyFor', () => {
  test.each([
    ['https://mirror.example/', '', true],
    ['https://mirror.example/', 'mirror.example', false],
    ['https://eu.mirror.example/', 'mirror.example', false],
    ['https://eu.mirror.example/', '.mirror.example', false],
    ['https://eu.mirror.example/', '*.mirror.example', false],
    ['https://notmirror.example/', 'mirror.example', true],
    ['https://mirror.example:8443/', 'mirror.example:8443', false],
    ['https://mirror.example/', 'mirror.example:8443', true],
    ['https://10.1.2.3/', '10.0.0.0/8', false],
    ['https://11.1.2.3/', '10.0.0.0/8', true],
    ['https://[fd00::1]/', 'fd00::/8', false],
    ['https://mirror.example/', '*', false],
    ['http://localhost:8080/', '', false],
    ['http://127.8.9.1/', '', false],
    ['http://[::1]/', '', false],
  ])('%s with no_proxy "%s": through the proxy is %s', (url, noProxy, proxied) =>
    expect(through(url, noProxy)).toBe(proxied ? PROXY : undefined),
  );

  test('reads upper case, and adds the scheme that people leave out', () => {
    expect(proxyFor(new URL('https://a.example/'), { HTTPS_PROXY: 'proxy:3128' })).toBe('http://proxy:3128');
  });

  test('http and https have their own proxies', () => {
    expect(proxyFor(new URL('http://a.example/'), { https_proxy: PROXY })).toBeUndefined();
  });
});
