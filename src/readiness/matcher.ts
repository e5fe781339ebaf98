/**
 * Text that must occur: a substring, or `/regex/flags`. A regex of a user meets text of a server, so it may never end: V8
 * is told to give up after a time limit, which also stops a regex that is still backtracking, and the text is bounded.
 */
import { type Context, createContext, Script } from 'node:vm';
import { UserError } from '../base/errors.ts';
import type { Parsed } from './parsed.ts';

/** Milliseconds of the processor for one search; one that is not malicious takes well below one in 1 MiB. */
const LIMIT = 250;

export interface Matcher {
  /** As written. */
  readonly source: string;
  /** Throws UserError WAIT_REGEX_SLOW if a regex takes longer than 250 ms of the processor. */
  readonly test: (text: string) => boolean;
}

/** `parseMatcher('ready')`, `parseMatcher('/^ok\\b/im')`. */
export function parseMatcher(text: string): Parsed<Matcher> {
  const regex = /^\/(.+)\/([a-z]*)$/s.exec(text);
  if (!regex) return { value: { source: text, test: (searched) => searched.includes(text) } };
  const [, pattern = '', flags = ''] = regex;
  if (/[^imsu]/.test(flags)) return { problem: 'has flags of a regex other than i, m, s and u' };
  try {
    const compiled = new RegExp(pattern, flags);
    return { value: { source: text, test: (searched) => testWithin(compiled, searched, text) } };
  } catch (error) {
    return { problem: `is not a regex (${(error as Error).message})` };
  }
}

let sandbox: { readonly context: Context; readonly script: Script } | undefined;

function testWithin(regex: RegExp, text: string, source: string): boolean {
  sandbox ??= { context: createContext({}), script: new Script('regex.test(text)') };
  Object.assign(sandbox.context, { regex, text });
  const begin = process.cpuUsage();
  try {
    // V8's limit is one of time: on a machine that was stopped meanwhile it says nothing of the regex, which is searched with again.
    for (;;) {
      try {
        return sandbox.script.runInContext(sandbox.context, { timeout: LIMIT }) as boolean;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
        if (spentSince(begin) >= LIMIT) throw tooSlow(source, text);
      }
    }
  } finally {
    Object.assign(sandbox.context, { text: '' });
  }
}

/** Milliseconds of the processor that this process has had since. */
function spentSince(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}

function tooSlow(source: string, text: string): UserError {
  return new UserError(
    'WAIT_REGEX_SLOW',
    `${source} took more than ${LIMIT} ms on a text of ${text.length} characters.`,
    { mend: 'Write it so that it need not backtrack: no repetition inside a repetition, such as (a+)+.' },
  );
}
