/**
 * The command line: the actions and the recipe's faces without a GitHub runner. Results go to stdout, everything else to
 * stderr; exit code 0 done, 1 failed, 2 wrongly called, 130 interrupted. Commands load what they need themselves, so that
 * help is there at once.
 */
import { asCoded, CancelledError, type CodedError } from '../base/errors.ts';
import { describeFailure } from '../runner/failure.ts';
import { withSignals } from '../runner/signal.ts';
import { parseArguments, usageError } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { COMMANDS } from './commands.ts';
import { commandHelp, overview } from './help.ts';
import { suggestion } from './suggestion.ts';
import { terminalLogger } from './terminal.ts';

const isHelp = (word: string | undefined) => word === '--help' || word === '-h' || word === 'help';

/** Where results and everything else go, a line at a time. */
export interface Output {
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** Runs one command line and returns its exit code; never throws. */
export async function main(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  output: Output = standardOutput(),
): Promise<number> {
  try {
    return await dispatch(words, env, output);
  } catch (thrown) {
    const error = asCoded(thrown, 'running the command');
    for (const line of failureLines(error)) output.complain(line);
    if (error instanceof CancelledError) return 130;
    return error.code.endsWith('_USAGE') ? 2 : 1;
  }
}

function standardOutput(): Output {
  // `rke2-actions … | head` ends when its reader has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`${text}\n`),
  };
}

async function dispatch(words: readonly string[], env: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const { print } = output;
  const [first, ...rest] = words;
  if (first === '--version') return done(print, (await import('./version.ts')).version());
  if (first === undefined || (isHelp(first) && rest.length === 0)) return done(print, overview(COMMANDS));
  if (first === 'help') return dispatch([...rest, '--help'], env, output);
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length > 0 && isHelp(rest[0])) return done(print, overview(group));
  const command = findCommand(words);
  const own = words.slice(command.name.split(' ').length);
  if (own.some((word) => word === '--help' || word === '-h')) return done(print, commandHelp(command));
  const log = terminalLogger(output.complain);
  return withSignals((signal) =>
    command.run({ arguments: parseArguments(own, command), log, signal, env, print, ask: askHere(signal) }),
  );
}

/** Questions go to stderr, where results do not; a Ctrl-C at one ends the command. */
function askHere(signal: AbortSignal): CommandContext['ask'] {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const { createInterface } = await import('node:readline/promises');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const stopped = new CancelledError('The question was not answered.');
    terminal.once('SIGINT', () => terminal.close());
    try {
      return await new Promise<string>((resolve, reject) => {
        terminal.once('close', () => reject(stopped));
        terminal.question(question, { signal }).then(resolve, () => reject(stopped));
      });
    } finally {
      terminal.close();
    }
  };
}

function done(print: (text: string) => void, text: string): number {
  print(text);
  return 0;
}

/** Throws UserError CLI_USAGE with the nearest name. */
function findCommand(words: readonly string[]): Command {
  const [first = '', second = ''] = words;
  const command = COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
  if (command) return command;
  const names = COMMANDS.map(({ name }) => name);
  const group = names.filter((name) => name.startsWith(`${first} `));
  const asked = [first, second].filter((word) => word && !word.startsWith('-')).join(' ');
  const hint = suggestion(asked, names) || suggestion(first, [...names, ...new Set(names.map(firstWord))]);
  const mend = group.length > 0 ? `There is: ${group.join(', ')}.` : undefined;
  throw usageError(`"${asked || first}" is not a command${hint}`, mend);
}

const firstWord = (name: string) => name.split(' ')[0]!;

function failureLines(error: CodedError): string[] {
  return [...describeFailure(error), `${error.code}: ${error.message}`, error.mend ?? ''].filter(Boolean);
}
