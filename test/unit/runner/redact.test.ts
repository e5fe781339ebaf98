import { expect, test } from '@jest/globals';
import { hide, redact } from '../../../src/runner/redact.ts';

test('what is hidden is taken out of texts, the longest first, and as JSON writes it', () => {
  hide('pass"word-1');
  hide('pass"word-1-and-more');
  hide('abc');
  expect(redact('x pass"word-1-and-more y pass"word-1 z')).toBe('x *** y *** z');
  expect(JSON.parse(redact(JSON.stringify({ key: 'a pass"word-1 b' })))).toEqual({ key: 'a *** b' });
  expect(redact('abcdef')).toBe('abcdef');
});
