import { expect, test } from '@jest/globals';
import { canonicalJson, hashOf, meter } from '../../../src/base/hash.ts';

test('the same value gives the same text, whatever the order of its keys', () => {
  expect(canonicalJson({ b: 1, a: [{ d: 2, c: 3 }], e: undefined })).toBe('{"a":[{"c":3,"d":2}],"b":1}');
});

test('a meter counts and hashes what flows by', async () => {
  const { stream, result } = meter('sha256');
  stream.resume();
  stream.write('hel');
  stream.end('lo');
  await new Promise((resolve) => stream.once('end', resolve));
  expect(result()).toEqual({ bytes: 5, hex: hashOf('sha256', 'hello') });
});
