import { expect, test } from '@jest/globals';
import { hideUserinfo, redactUrl } from '../../../src/base/url.ts';

test.each([
  ['https://user:pass@host.example:8443/a/b?token=x#y', 'https://host.example:8443/a/b'],
  ['http://host.example', 'http://host.example/'],
  ['ftp://u:p@host/x', 'ftp://host/x'],
  ['file:///etc/passwd?x', 'file:///etc/passwd'],
  ['user:pass@host/x?y', '…host/x'],
  ['no url', 'no url'],
])('%s is shown as %s', (url, shown) => expect(redactUrl(url)).toBe(shown));

test.each([
  ['robot:s3cr3t@harbor.example.com', '***@harbor.example.com'],
  ['https://u:p@host/x', 'https://***@host/x'],
  ['a b:c@d, e:f@g', 'a ***@d, ***@g'],
  [`app:1.0@sha256:${'ab'.repeat(32)}`, `app:1.0@sha256:${'ab'.repeat(32)}`],
  ['me@example.com', 'me@example.com'],
  ['localhost:5000/a:b', 'localhost:5000/a:b'],
])('%s is quoted as %s', (text, quoted) => expect(hideUserinfo(text)).toBe(quoted));
