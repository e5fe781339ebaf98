/**
 * What main leaves for post. Saved before anything outside the process is created, so that post finds it even after a kill
 * (facts/actions-platform.md A2). State is a plain file on the runner: secrets never go in.
 */
import * as core from '@actions/core';

/** Saves a JSON value under `name`. */
export function saveState(name: string, value: unknown): void {
  core.saveState(name, JSON.stringify(value));
}

/** What main saved, or undefined if it never came that far. */
export function readState<T>(name: string): T | undefined {
  const text = core.getState(name);
  return text === '' ? undefined : (JSON.parse(text) as T);
}
