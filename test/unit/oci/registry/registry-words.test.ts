import { describe, expect, test } from '@jest/globals';
import { Secrets } from '../../../../src/oci/registry/login/secrets.ts';
import { wordsOf } from '../../../../src/oci/registry/registry-words.ts';

const words = (body: string, secrets = new Secrets()) => wordsOf({ bytes: Buffer.from(body) }, secrets);

describe('a refusal', () => {
  test.each([
    [
      'the list of the specification',
      '{"errors":[{"code":"DENIED","message":"no.","detail":"why"},{"code":"UNKNOWN"}]}',
      { codes: ['DENIED', 'UNKNOWN'], text: 'DENIED: no. — why; UNKNOWN', json: true },
    ],
    [
      'a token server',
      '{"details":"incorrect username or password"}',
      { codes: [], text: 'incorrect username or password' },
    ],
    ['OAuth2', '{"error_description":"bad\\nrefresh"}', { text: 'bad refresh' }],
    [
      'nginx',
      '<html>\n<head><title>413 Request Entity Too Large</title></head></html>',
      { text: '413 Request Entity Too Large', json: false },
    ],
    ['HTML without a title', '<p>no</p>', { text: '', json: false }],
    ['plain text', 'Gateway Timeout.\n', { text: 'Gateway Timeout', json: false }],
    ['nothing', '', { codes: [], text: '', json: false }],
    ['null', 'null', { codes: [], json: false }],
    ['an odd list', '{"errors":[null,1,"x",{"code":5,"message":{}}]}', { codes: [], text: '', json: true }],
    ['control characters', '{"message":"a\\u001b[31mb\\u0000c"}', { text: 'a [31mb c' }],
  ])('%s', (_, body, expected) => expect(words(body)).toMatchObject(expected));

  test('is one line of 300 characters at most', () => {
    const { text } = words(JSON.stringify({ message: 'x\n'.repeat(10_000) }));
    expect(text).toHaveLength(300);
    expect(text).not.toContain('\n');
  });
});

describe('secrets', () => {
  test.each([
    ['a known one', 'the password hunter22 is wrong'],
    ['state of an upload', 'see /v2/a/blobs/uploads/1?_state=hunter22-more&x=1'],
    ['a bearer token', 'got Bearer hunter22hunter22'],
    ['a signature', 'https://s3/x?X-Amz-Signature=hunter22'],
    ['a JWT', 'token eyJhbGciOiJIUzI1NiJ9.hunter22.sig is old'],
  ])('%s is not repeated', (_, text) => {
    const secrets = new Secrets();
    secrets.add('hunter22');
    expect(words(JSON.stringify({ message: text }), secrets).text).not.toContain('hunter22');
    const unknown = words(JSON.stringify({ message: text })).text;
    if (!text.includes('password')) expect(unknown).not.toContain('hunter22');
  });

  test('are masked once each, and none of a few letters', () => {
    const seen: string[] = [];
    const secrets = new Secrets((secret) => void seen.push(secret));
    for (const secret of ['abc', 'long-one', 'long-one']) secrets.add(secret);
    expect(seen).toEqual(['long-one']);
  });
});

test('10 000 broken bodies are read without an error', () => {
  const body = Buffer.from(
    '{"errors":[{"code":"DENIED","message":"no","detail":{"a":[1,2]}}],"x":"<title>é</title>"}',
  );
  let state = 3;
  const next = (bound: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % bound;
  };
  for (let round = 0; round < 10_000; round++) {
    const bytes = Buffer.from(body);
    for (let change = 0; change <= next(4); change++) bytes[next(bytes.length)] = next(256);
    const read = wordsOf({ bytes: bytes.subarray(0, next(bytes.length + 1)) }, new Secrets());
    expect(read.text.length).toBeLessThanOrEqual(300);
  }
});
