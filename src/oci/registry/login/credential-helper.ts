/** Docker's credential helpers: `docker-credential-<name> get`, the registry on stdin, the secret on stdout; never on a command line. */
import { type Clock, withTimeLimit } from '../../../base/clock.ts';
import { EnvironmentError } from '../../../base/errors.ts';
import { type CommandOptions, type CommandResult, runCommand } from '../../../base/process.ts';
import type { Login } from './login.ts';

export type RunHelper = (
  command: string,
  args: readonly string[],
  options: CommandOptions,
) => Promise<CommandResult>;

export const runHelper: RunHelper = runCommand;

export interface HelperContext {
  readonly run: RunHelper;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** Milliseconds: one that asks a person at a terminal would wait for ever. */
const HELPER_LIMIT = 90_000;
const LARGEST_ANSWER = 64 << 10;
const NAME = /^[A-Za-z0-9._-]+$/;
/** The user name with which a helper says that the secret is an identity token. */
const IDENTITY = '<token>';
/** Words of docker-credential-helpers credentials/error.go: nothing is stored, which is no failure. */
const NOTHING = /credentials not found|no credentials server URL|no credentials username/i;

/** What the helper has for `server`; undefined: nothing. Throws EnvironmentError CREDENTIAL_HELPER_FAILED. */
export async function askHelper(
  name: string,
  server: string,
  context: HelperContext,
): Promise<Login | undefined> {
  const command = `docker-credential-${name}`;
  if (!NAME.test(name)) throw failed(`docker-credential-…`, 'has a name that is no program');
  const { exitCode, stdout } = await ask(command, server, context);
  if (exitCode !== 0 && NOTHING.test(stdout)) return undefined;
  // Its output may hold a secret, so it is not quoted.
  if (exitCode !== 0) throw failed(command, `exited with ${exitCode} for ${server}`);
  return loginOf(stdout, command);
}

async function ask(
  command: string,
  server: string,
  { run, env, clock }: HelperContext,
): Promise<CommandResult> {
  const limit = withTimeLimit(clock, HELPER_LIMIT, undefined, () =>
    failed(command, 'gave no answer in time'),
  );
  try {
    return await run(command, ['get'], { input: server, env, keep: LARGEST_ANSWER, signal: limit.signal });
  } catch (error) {
    throw limit.signal.aborted ? error : failed(command, 'could not be run', error);
  } finally {
    limit.clear();
  }
}

function loginOf(stdout: string, command: string): Login | undefined {
  let answer: { Username?: unknown; Secret?: unknown };
  try {
    answer = JSON.parse(stdout) as typeof answer;
  } catch {
    throw failed(command, 'printed no JSON');
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined;
  return username === IDENTITY
    ? { kind: 'identity', username, token: secret }
    : { kind: 'password', username, password: secret };
}

function failed(command: string, what: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError('CREDENTIAL_HELPER_FAILED', `The credential helper ${command} ${what}.`, {
    mend: 'Run it by hand (echo HOST | docker-credential-NAME get), or give username and password.',
    cause,
  });
}
