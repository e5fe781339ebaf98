import { expect, test } from '@jest/globals';
import { outputLines } from '../../../src/cli/run.ts';

test('outputs are shown by name, long ones as a block', () => {
  expect(outputLines({ 'image-id': 'ns/name', snippet: 'a\nb' })).toEqual([
    'image-id=ns/name',
    'snippet<<EOF\na\nb\nEOF',
  ]);
});
