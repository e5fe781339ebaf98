import { expect, test } from '@jest/globals';
import { goCause } from '../../../../lab/harvester/image/source.ts';

test.each([
  [{ code: 'ENOTFOUND' }, 'dial tcp: lookup mirror.example on 10.53.0.10:53: no such host'],
  [
    { code: 'ECONNREFUSED', address: '10.0.0.1', port: 443 },
    'dial tcp 10.0.0.1:443: connect: connection refused',
  ],
  [
    { code: 'EHOSTUNREACH', address: '10.0.0.1', port: 443 },
    'dial tcp 10.0.0.1:443: connect: no route to host',
  ],
  [
    { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ],
  [{ name: 'TimeoutError' }, 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'],
  [
    { code: 'UND_ERR_HEADERS_TIMEOUT' },
    'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  ],
  [{ code: 'UND_ERR_SOCKET' }, 'unexpected EOF'],
  [new Error('anything else'), 'anything else'],
])('%j is told in Go’s words', (error, text) => {
  expect(goCause(error, 'https://mirror.example/x.qcow2')).toBe(text);
});
