import { describe, expect, test } from '@jest/globals';
import { StepLog } from '../../../lab/mini-runner/log.ts';
import { inert } from '../../../src/runner/inert.ts';

const outside = [
  '::error::planted',
  '  ::add-mask::rke2',
  '::set-output name=image-id::planted',
  'first\n::warning::planted',
  'first\r::warning::planted',
  '[    1.0] ##[error]planted',
];

describe('a line from outside is no command', () => {
  test.each(outside)('%j', (text) => {
    const log = new StepLog();
    for (const line of inert(text).split(/\r\n|\r|\n/)) log.push(line);
    expect(log.annotations).toEqual([]);
    expect(log.masked('rke2')).toBe('rke2');
    expect(log.lines.join('\n').replaceAll('\u200b', '')).toBe(text.replace('\r', '\n'));
  });
});

test.each(['plain', 'std::vector', 'a :: b', '[##] 50 %', '', 'x::error::y'])(
  '%j is left as it is',
  (text) => {
    expect(inert(text)).toBe(text);
  },
);
