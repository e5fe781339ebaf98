import { describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../lab/mini-runner/command.ts';

describe('a command', () => {
  test.each([
    ['::error::text', { name: 'error', properties: {}, data: 'text' }],
    ['  ::debug::x', { name: 'debug', properties: {}, data: 'x' }],
    ['::group::a::b', { name: 'group', properties: {}, data: 'a::b' }],
    [
      '::error file=a.ts,line=3,title=x%3Ay::m',
      { name: 'error', properties: { file: 'a.ts', line: '3', title: 'x:y' }, data: 'm' },
    ],
    ['::notice::50%25%0Anext%250A', { name: 'notice', properties: {}, data: '50%\nnext%0A' }],
    ['before ##[warning]x', { name: 'warning', properties: {}, data: 'x' }],
    ['::add-mask::', { name: 'add-mask', properties: {}, data: '' }],
  ])('%j', (line, command) => expect(parseCommand(line)).toEqual(command));

  test.each(['plain', 'x ::error::y', '::error', '::unknown::x', '##[unknown]x', 'std::vector::at', '::'])(
    'is not in %j',
    (line) => expect(parseCommand(line)).toBeUndefined(),
  );

  test('while commands are stopped only the agreed word counts', () => {
    expect(parseCommand('::error::x', 'resume')).toBeUndefined();
    expect(parseCommand('::resume::', 'resume')).toMatchObject({ name: 'resume' });
  });
});
