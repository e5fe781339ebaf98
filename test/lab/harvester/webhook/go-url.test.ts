import { expect, test } from '@jest/globals';
import { goUrlError } from '../../../../lab/harvester/webhook/go-url.ts';

test.each([
  'https://x/y.qcow2',
  'http://10.0.0.1:8080/a%20b?c=d#e',
  'not a url',
  'http://[fd00::1]:80/x',
  '/path',
])('Go takes %j', (url) => expect(goUrlError(url)).toBeUndefined());

test.each([
  ['http://a b/%zz', 'invalid character " " in host name'],
  ['http://x:port/', 'invalid port ":port" after host'],
  ['http://x/%zz', 'invalid URL escape "%zz"'],
  ['http://x/%4', 'invalid URL escape "%4"'],
  [':x', 'missing protocol scheme'],
  ['http://x/\n', 'net/url: invalid control character in URL'],
])('of %j it says %j', (url, text) => expect(goUrlError(url)).toBe(text));
