/**
 * The command line: the actions and the recipe's faces without a GitHub runner. Results go to stdout, everything else to
 * stderr; exit code 0 done, 1 failed, 2 wrongly called.
 */
import { asCoded, CancelledError, EnvironmentError, UserError } from '../base/errors.ts';
import { nearest } from '../recipe/problems.ts';
import { withSignals } from '../runner/signal.ts';
import { parseArguments } from './arguments.ts';
import { COMMANDS, type Command, helpText } from './commands.ts';
import { terminalLogger } from './terminal.ts';

/** Runs one command line and returns its exit code. */
export async function main(words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  const complain = (text: string) => void process.stderr.write(`${text}\n`);
  const log = terminalLogger(complain);
  try {
    const found = findCommand(words);
    if (!found) {
      const asked = words.length === 0 || words[0] === '--help' || words[0] === 'help';
      if (!asked) throw unknownCommand(words);
      print(helpText());
      return 0;
    }
    const rest = words.slice(found.name.split(' ').length);
    if (rest.includes('--help')) {
      print(helpText(found));
      return 0;
    }
    const args = parseArguments(rest, found.options);
    return await withSignals((signal) => found.run({ arguments: args, log, signal, env, print }));
  } catch (thrown) {
    const error = asCoded(thrown, 'running the command');
    complain(`${error.code}: ${error.message}`);
    for (const line of error.evidence) complain(`  | ${line}`);
    if (error.mend) complain(error.mend);
    const known =
      error instanceof UserError || error instanceof EnvironmentError || error instanceof CancelledError;
    if (!known) complain(String(error.cause instanceof Error ? error.cause.stack : error.stack));
    return error.code === 'CLI_USAGE' ? 2 : 1;
  }
}

function findCommand(words: readonly string[]): Command | undefined {
  const [first = '', second = ''] = words;
  return COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
}

function unknownCommand(words: readonly string[]): UserError {
  const asked = words
    .filter((word) => !word.startsWith('-'))
    .slice(0, 2)
    .join(' ');
  const names = COMMANDS.map(({ name }) => name);
  const group = names.filter((name) => name.startsWith(`${words[0]} `));
  const hint = nearest(asked, names) ?? nearest(words[0] ?? '', names);
  const mend =
    group.length > 0 ? `There is: ${group.join(', ')}.` : hint ? `Did you mean "${hint}"?` : 'See --help.';
  return new UserError('CLI_USAGE', `"${asked}" is not a command.`, { mend });
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), process.env);
