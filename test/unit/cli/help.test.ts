import { describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { commandHelp, overview } from '../../../src/cli/help.ts';

describe('the overview', () => {
  test('names every command', () => {
    for (const { name } of COMMANDS) expect(overview(COMMANDS)).toMatch(new RegExp(`^  ${name} +[A-Z]`, 'm'));
  });

  test('fits 100 columns', () => expect(longest(overview(COMMANDS))).toBeLessThanOrEqual(100));
});

describe.each(COMMANDS.map((command) => [command.name, command] as const))(
  'the help of %s',
  (name, command) => {
    const help = commandHelp(command);

    test('fits 100 columns', () => expect(longest(help)).toBeLessThanOrEqual(100));

    test('shows usage and every option with its help', () => {
      expect(help).toContain(`Usage: rke2-actions ${name}`);
      for (const option of command.options)
        expect(help).toMatch(new RegExp(`^  --${option.name}[ A-Z=|a-z]+`, 'm'));
    });

    test('says something, in sentences', () => {
      expect(command.summary).toMatch(/^[A-Z].*\.$/);
      for (const option of command.options) expect(option.help).toMatch(/^\S.*[^.]$/);
    });
  },
);

test('a long text is wrapped in its column', () => {
  const options = [{ name: 'a', help: 'word '.repeat(40).trim() }];
  const lines = commandHelp({ name: 'x', summary: 'X.', options, run: async () => 0 }).split('\n');
  expect(lines.filter((line) => /^ {7}word/.test(line)).length).toBeGreaterThan(0);
});

function longest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}
