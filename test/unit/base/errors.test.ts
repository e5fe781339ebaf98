import { describe, expect, test } from '@jest/globals';
import {
  asCoded,
  CancelledError,
  EnvironmentError,
  InternalError,
  messageOf,
  UserError,
  unreachable,
} from '../../../src/base/errors.ts';

describe('messageOf', () => {
  test('joins the chain of causes', () => {
    const error = new Error('reading the recipe', { cause: new Error('no such file') });
    expect(messageOf(error)).toBe('reading the recipe: no such file');
  });

  test('does not repeat a cause that the message already quotes', () => {
    expect(messageOf(new Error('failed: no such file', { cause: new Error('no such file') }))).toBe(
      'failed: no such file',
    );
  });

  test('takes whatever was thrown', () => expect(messageOf('plain text')).toBe('plain text'));
});

describe('asCoded', () => {
  test.each([new UserError('A', 'a'), new EnvironmentError('B', 'b'), new CancelledError()])(
    'keeps a coded error: $name',
    (error) => expect(asCoded(error, 'doing')).toBe(error),
  );

  test('takes anything else for our own fault, and says what was being done', () => {
    const error = asCoded(new TypeError('x is not a function'), 'rendering the plan');
    expect(error).toBeInstanceOf(InternalError);
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'rendering the plan: x is not a function' });
    expect(error.cause).toBeInstanceOf(TypeError);
  });
});

test('a coded error carries its name, mend, evidence and cause', () => {
  const cause = new Error('why');
  const error = new UserError('CODE', 'what', { mend: 'how', evidence: ['line'], cause });
  expect(error).toMatchObject({ name: 'UserError', code: 'CODE', mend: 'how', evidence: ['line'], cause });
});

test('an unexpected value is an internal error', () => {
  expect(() => unreachable('odd' as never)).toThrow('unexpected value "odd"');
});
