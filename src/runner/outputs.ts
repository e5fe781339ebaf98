/** What an action hands on: outputs, files declared in $GITHUB_ARTIFACTS, the step summary. */
import { appendFile, stat } from 'node:fs/promises';
import * as core from '@actions/core';
import { SUMMARY_LIMIT, type Summary } from './summary.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type OutputValue = string | number | boolean | object | undefined;

/** Sets outputs under their documented names; objects become JSON, undefined is left out. */
export function setOutputs(outputs: Readonly<Record<string, OutputValue>>): void {
  for (const [name, value] of Object.entries(outputs)) {
    if (value !== undefined)
      core.setOutput(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
}

/**
 * Declares what was made, one entry per line: a path, or `oci://ref@sha256:…` (facts/actions-platform.md A6). Without
 * the variable nothing happens: older runners do not know it. Returns the entries that the runner would refuse, left out.
 */
export async function declareArtifacts(entries: readonly string[], env: Environment): Promise<string[]> {
  const file = env.GITHUB_ARTIFACTS;
  if (!file) return [];
  const isTaken = (entry: string) => !/[=\r\n]|^\s*#/.test(entry);
  const lines = entries.filter(isTaken).map((entry) => `${entry}\n`);
  await appendFile(file, lines.join(''));
  return entries.filter((entry) => !isTaken(entry));
}

/** Appends to the step summary, where there is one, within what is left of its limit. */
export async function writeSummary(summary: Summary, env: Environment): Promise<void> {
  const file = env.GITHUB_STEP_SUMMARY;
  if (!file) return;
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  await appendFile(file, summary.toString(SUMMARY_LIMIT - size));
}
