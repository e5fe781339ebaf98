import { describe, expect, test } from '@jest/globals';
import { script } from '../../../../src/bake/scripts/script.ts';

describe('script', () => {
  test('keeps what the shell expands', () => {
    expect(script`echo "\${name%%.*}" $name`).toBe(`echo "$${'{'}name%%.*}" $name`);
  });

  test('keeps backslashes', () => {
    expect(script`printf 'a\n\t\\ \001'`).toBe(String.raw`printf 'a\n\t\\ \001'`);
  });

  test('gives the backtick back', () => {
    expect(script`a \` b`).toBe('a ` b');
  });
});
