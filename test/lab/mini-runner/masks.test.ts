import { describe, expect, test } from '@jest/globals';
import { Masks } from '../../../lab/mini-runner/masks.ts';

const masked = (secret: string, text: string) => {
  const masks = new Masks();
  masks.add(secret);
  return masks.applyTo(text);
};

describe('a secret vanishes', () => {
  test.each([
    ['as it is', 's3cret', 'a s3cret b', 'a *** b'],
    ['line by line', 'line one\nline two', 'it is line two', 'it is ***'],
    ['as JSON', 'a"b\nc', JSON.stringify({ x: 'a"b\nc' }), '{"x":"***"}'],
    ['as part of a URL', 'a b&c', '?x=a%20b%26c', '?x=***'],
  ])('%s', (_name, secret, text, result) => expect(masked(secret, text)).toBe(result));

  test.each([0, 1, 2, 3])('in base64, %d bytes into a text', (offset) => {
    const secret = 'planted-secret-value';
    const text = Buffer.from(`${'x'.repeat(offset)}${secret}tail`).toString('base64');
    expect(masked(secret, text)).toContain('***');
  });
});

test('longer secrets go first, so that no rest is left', () => {
  const masks = new Masks();
  masks.add('abc');
  masks.add('abcdef');
  expect(masks.applyTo('abcdef')).toBe('***');
});

test('other text is left alone', () => expect(masked('s3cret', 'nothing here')).toBe('nothing here'));
