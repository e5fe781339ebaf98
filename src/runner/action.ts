/**
 * The frame of every action: masks, then inputs, then one call into a domain, then one catch that says whose fault it was
 * (DESIGN §3). An entry point is this and nothing else.
 */
import * as core from '@actions/core';
import { abortReason } from '../base/clock.ts';
import { asCoded, CancelledError, CodedError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { describeFailure } from './failure.ts';
import { type Inputs, type InputTable, readInputs, secretValues } from './inputs.ts';
import { runnerLogger } from './logger.ts';
import { maskable, maskableLines } from './mask.ts';
import { hide } from './redact.ts';
import { withSignals } from './signal.ts';
import { earlierStage, saveBegin, saveInputs, withSavedInputs } from './state.ts';

export interface ActionContext<Table extends InputTable> {
  readonly inputs: Inputs<Table>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a stage of an action to the end of the process. A failure sets exit code 1, the output `error-code` and an error
 * annotation. What comes after main sees main's inputs; if main refused them, nothing was begun and nothing is run.
 */
export async function runAction<const Table extends InputTable>(
  name: string,
  table: Table,
  work: (context: ActionContext<Table>) => Promise<void>,
): Promise<void> {
  const log = runnerLogger();
  const failed = (thrown: unknown) => fail(asCoded(thrown, `running ${name}`), log);
  // What nobody waited for, such as an error of a stream, is a failure like any other.
  process.once('uncaughtException', (thrown) => {
    failed(thrown);
    void leave(log);
  });
  try {
    for (const secret of secretValues(table, process.env)) await maskCredentials(secret);
    await withSignals((signal) => runStage(table, log, signal, work));
  } catch (thrown) {
    failed(thrown);
  }
  await leave(log);
}

async function runStage<const Table extends InputTable>(
  table: Table,
  log: Logger,
  signal: AbortSignal,
  work: (context: ActionContext<Table>) => Promise<void>,
): Promise<void> {
  const earlier = earlierStage(process.env);
  if (earlier === 'before its inputs') return log.info('Nothing was begun, so nothing is left to do.');
  if (earlier === 'none') saveBegin();
  const env = withSavedInputs(process.env);
  const inputs = readInputs(table, env);
  if (earlier === 'none') saveInputs(table, env);
  try {
    await work({ inputs, log, signal, env });
  } catch (thrown) {
    // What breaks because it is cancelled is no fault of its own.
    throw signal.aborted && !(thrown instanceof CodedError) ? abortReason(signal) : thrown;
  }
}

/** Masks a secret that is made on the way, or read from somewhere. */
export function maskSecret(secret: string): void {
  for (const text of maskableLines(secret)) hide(text);
}

/** Masks a secret in all its forms; of what is a kubeconfig, each credential. */
export async function maskCredentials(secret: string): Promise<void> {
  for (const text of await maskable(secret)) hide(text);
}

function fail(error: CodedError, log: Logger): void {
  core.setOutput('error-code', error.code);
  process.exitCode = 1;
  for (const line of describeFailure(error)) log.info(line);
  const annotation = [`${error.code}: ${error.message}`, error.mend].filter(Boolean).join('\n');
  if (error instanceof CancelledError) log.notice(annotation);
  else log.error(annotation);
}

/** Ends the process once all is written: a connection that was left open must not hold the job. */
async function leave(log: Logger): Promise<void> {
  const open = process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|FS)/.test(name));
  if (open.length > 0) log.debug(`Still open at the end: ${open.join(', ')}`);
  await new Promise((resolve) => process.stdout.write('', resolve));
  process.exit();
}
