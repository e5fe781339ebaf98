import { describe, expect, test } from '@jest/globals';
import { parsePairs } from '../../../lab/mini-runner/command-files.ts';

describe('parsePairs', () => {
  test.each([
    ['a=1\nb=\n', { a: '1', b: '' }],
    ['a=x=y\n', { a: 'x=y' }],
    ['a<<EOF\nx\ny\nEOF\nb=2\n', { a: 'x\ny', b: '2' }],
    ['a<<EOF\nEOF\n', { a: '' }],
    ['a<<E=F\nx\nE=F\n', { a: 'x' }],
    ['a=1\r\nb<<EOF\r\nx\r\nEOF\r\n', { a: '1', b: 'x' }],
    ['a=b<<c\n', { a: 'b<<c' }],
    ['a=1\n\na=2\n', { a: '2' }],
    ['', {}],
  ])('%j', (text, pairs) => expect(parsePairs(text)).toEqual(pairs));

  test.each([
    ['a<<E\nx\n', "Matching delimiter not found 'E'"],
    ['no pair\n', "Invalid format 'no pair'"],
    ['=x\n', "Invalid format '=x'"],
  ])('%j is refused', (text, message) => expect(() => parsePairs(text)).toThrow(message));
});
