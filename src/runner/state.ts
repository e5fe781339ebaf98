/**
 * What main leaves for post. Saved before anything outside the process is created, so that post finds it even after a kill
 * (facts/actions-platform.md A2). State is a plain file on the runner: secrets never go in.
 */
import * as core from '@actions/core';
import { type InputTable, inputVariable } from './inputs.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const BEGAN = 'runner-began';
const INPUTS = 'runner-inputs';
const INPUT = 'runner-input-';

/** Saves a JSON value under `name`. */
export function saveState(name: string, value: unknown): void {
  core.saveState(name, JSON.stringify(value));
}

/** What an earlier stage saved, or undefined if it never came that far. */
export function readState<T>(name: string, env: Environment = process.env): T | undefined {
  const text = env[`STATE_${name}`] ?? '';
  return text === '' ? undefined : (JSON.parse(text) as T);
}

/** Notes that a stage of this step has begun. */
export function saveBegin(): void {
  saveState(BEGAN, true);
}

/** Whether an earlier stage of this step has begun, and got through its inputs. */
export function earlierStage(env: Environment): 'none' | 'before its inputs' | 'after its inputs' {
  if (readState(INPUTS, env)) return 'after its inputs';
  return readState(BEGAN, env) ? 'before its inputs' : 'none';
}

/**
 * Keeps the inputs that are no secrets, so that post sees what main saw, whatever happened to the environment since. One
 * entry each: a variable of the environment holds at most 128 KiB on Linux.
 */
export function saveInputs(table: InputTable, env: Environment): void {
  for (const [name, kind] of Object.entries(table)) {
    const variable = inputVariable(name);
    if (!kind.secret) core.saveState(INPUT + variable, env[variable] ?? '');
  }
  saveState(INPUTS, true);
}

/** The environment with the inputs that {@link saveInputs} kept. */
export function withSavedInputs(env: Environment): Environment {
  const prefix = `STATE_${INPUT}`;
  const saved = Object.entries(env).filter(([name]) => name.startsWith(prefix));
  return { ...env, ...Object.fromEntries(saved.map(([name, text]) => [name.slice(prefix.length), text])) };
}
