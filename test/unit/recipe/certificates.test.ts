import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { derDigest, splitBundle } from '../../../src/recipe/certificates.ts';
import { inProject, load, MINIMAL, mistakes } from './kit.ts';

const PEM = readFileSync(inProject('test/unit/recipe/golden/test-ca.pem'), 'utf8');

test('one certificate keeps its name, several are numbered; text around them is dropped', () => {
  expect(splitBundle('ca', `subject=x\r\n${PEM.replace(/\n/g, '\r\n')}`)).toEqual([{ name: 'ca', pem: PEM }]);
  expect(splitBundle('ca', PEM + PEM)).toEqual([
    { name: 'ca-1', pem: PEM },
    { name: 'ca-2', pem: PEM },
  ]);
});

describe('refused', () => {
  test.each([
    ['nothing', 'x', 'expected certificates in PEM form'],
    [
      'a private key beside the certificate',
      `${PEM}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`,
      'contains a private key, which must never be in an image',
    ],
    [
      'a certificate that cannot be read',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'certificate 1 of 1 cannot be read',
    ],
  ])('%s', (_name, pem, wrong) => {
    expect(splitBundle('ca', pem)).toEqual({ wrong });
  });
  test('at the line of the recipe', async () => {
    expect(await mistakes(`${MINIMAL}certificates: [{ name: ca, pem: nonsense }]\n`)).toEqual([
      'r.yml:4:33: "ca": expected certificates in PEM form',
    ]);
  });
});

test('a certificate becomes a trust anchor', async () => {
  const { files } = await load(`${MINIMAL}certificates: [{ name: ca, pem: ${JSON.stringify(PEM)} }]\n`);
  expect(files).toEqual([
    expect.objectContaining({
      path: '/etc/pki/ca-trust/source/anchors/ca.pem',
      content: PEM,
      origin: 'certificates',
    }),
  ]);
});

test('the digest is of the DER bytes', () => {
  expect(derDigest(PEM)).toMatch(/^[0-9a-f]{64}$/);
  expect(
    derDigest(
      PEM.replace(/\n(?!-)/g, '')
        .replace('-----', '-----')
        .replace('E-----', 'E-----\n'),
    ),
  ).toBe(derDigest(PEM));
});
