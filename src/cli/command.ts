/** What a command of the command line is, and what it is given. */
import type { Logger } from '../base/log.ts';
import type { Arguments, Syntax } from './arguments.ts';

export interface CommandContext {
  readonly arguments: Arguments;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  /** Writes a text and a line break to stdout, where results go; everything else is on stderr. */
  readonly print: (text: string) => void;
  /** Asks whoever sits at the terminal and returns the answer; undefined where nobody does. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

export interface Command extends Syntax {
  /** One or two words: `run`, `recipe plan`. */
  readonly name: string;
  readonly summary: string;
  /** Paragraphs of its help, each on one line here. */
  readonly details?: readonly string[];
  /** The exit code. */
  readonly run: (context: CommandContext) => Promise<number>;
}
