import tls from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { splitPem, trustContext } from '../../../src/base/trust.ts';

const [first = '', second = ''] = tls.rootCertificates;

describe('splitPem', () => {
  test('gives the certificates of a bundle, comments left out', () => {
    expect(splitPem(`# Company root\n${first}\n\n# Second\n${second}\n`)).toEqual([first, second]);
  });

  test.each([
    ['', 'The CA bundle holds no certificate.'],
    ['/etc/ssl/ca.pem', 'The CA bundle holds no certificate.'],
    [`${first}\n${second.replace(/\n./, '\n!')}`, 'The CA bundle is broken at certificate 2.'],
    [first.replace(/\n.+\n/, '\n'), 'The CA bundle is broken at certificate 1.'],
  ])('refuses what OpenSSL would ignore (%#)', (bundle, message) => {
    expect(() => splitPem(bundle)).toThrow(expect.objectContaining({ code: 'CA_INVALID', message }));
  });
});

test('without a CA nothing is built: Node uses its shared default', () => {
  expect(trustContext([])).toBeUndefined();
});
