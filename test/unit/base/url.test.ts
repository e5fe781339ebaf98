import { expect, test } from '@jest/globals';
import { redactUrl } from '../../../src/base/url.ts';

test.each([
  ['https://user:pass@host.example:8443/a/b?token=x#y', 'https://host.example:8443/a/b'],
  ['http://host.example', 'http://host.example/'],
  ['ftp://u:p@host/x', 'ftp://host/x'],
  ['file:///etc/passwd?x', 'file:///etc/passwd'],
  ['user:pass@host/x?y', '…host/x'],
  ['no url', 'no url'],
])('%s is shown as %s', (url, shown) => expect(redactUrl(url)).toBe(shown));
