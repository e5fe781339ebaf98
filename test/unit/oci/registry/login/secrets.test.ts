import { describe, expect, test } from '@jest/globals';
import { Secrets } from '../../../../../src/oci/registry/login/secrets.ts';

describe('out of a text is taken', () => {
  test.each([
    [
      'a secret of which another is a part',
      'token=before-short-after',
      ['short', 'before-short-after'],
      /short|before|after/,
    ],
    ['a signature of S3', 'https://s3/x?X-Amz-Signature=abc123', [], /abc123/],
    ['a signature of Google', 'https://storage/x?X-Goog-Signature=abc123', [], /abc123/],
    ['the state of an upload', '/v2/a/blobs/uploads/1?_state=abc123&digest=d', [], /abc123/],
    ['a header', 'Authorization: Bearer abc123456', [], /abc123456/],
  ])('%s', (_, text, known, never) => {
    const secrets = new Secrets();
    for (const secret of known) secrets.add(secret);
    expect(secrets.redact(text)).not.toMatch(never);
  });
});

test('each secret is told to the masking, once; what is shorter than four letters is none', () => {
  const masked: string[] = [];
  const secrets = new Secrets((secret) => void masked.push(secret));
  for (const secret of ['abcd', 'abcd', 'abc']) secrets.add(secret);
  expect(masked).toEqual(['abcd']);
});
