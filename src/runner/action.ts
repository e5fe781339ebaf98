/**
 * The frame of every action: masks, then inputs, then one call into a domain, then one catch that says whose fault it was
 * (DESIGN §3). An entry point is this and nothing else.
 */
import * as core from '@actions/core';
import {
  asCoded,
  CancelledError,
  type CodedError,
  EnvironmentError,
  InternalError,
  UserError,
} from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type Inputs, type InputTable, readInputs, secretValues } from './inputs.ts';
import { runnerLogger } from './logger.ts';
import { maskable } from './mask.ts';
import { withSignals } from './signal.ts';

const REPORT = 'Please report it, with this log: https://github.com/org/rke2-actions/issues';

export interface ActionContext<Table extends InputTable> {
  readonly inputs: Inputs<Table>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs an action's stage. Never throws: a failure sets exit code 1, the output `error-code` and an error annotation. */
export async function runAction<const Table extends InputTable>(
  name: string,
  table: Table,
  work: (context: ActionContext<Table>) => Promise<void>,
): Promise<void> {
  const env = process.env;
  const log = runnerLogger();
  try {
    for (const secret of secretValues(table, env)) maskSecret(secret);
    await withSignals(async (signal) => work({ inputs: readInputs(table, env), log, signal, env }));
  } catch (thrown) {
    fail(asCoded(thrown, `running ${name}`), log);
  }
}

/** Masks a secret in all its forms; for secrets that are read from a file or made on the way, too. */
export function maskSecret(secret: string): void {
  for (const text of maskable(secret)) core.setSecret(text);
}

function fail(error: CodedError, log: Logger): void {
  core.setOutput('error-code', error.code);
  process.exitCode = 1;
  for (const line of describeFailure(error)) log.info(line);
  log.error([`${error.code}: ${error.message}`, error.mend].filter(Boolean).join('\n'));
}

/** What the log shows above the annotation: evidence, and for our own faults the stack and where to report it. */
export function describeFailure(error: CodedError): string[] {
  const evidence = error.evidence.length > 0 ? ['', ...error.evidence.map((line) => `  | ${line}`)] : [];
  if (error instanceof UserError || error instanceof EnvironmentError || error instanceof CancelledError)
    return evidence;
  const cause =
    error instanceof InternalError && error.cause instanceof Error ? error.cause.stack : error.stack;
  return [...evidence, cause ?? error.message, REPORT];
}
