/** What an action hands on: outputs, files declared in $GITHUB_ARTIFACTS, the step summary. */
import { appendFile } from 'node:fs/promises';
import * as core from '@actions/core';
import { InternalError } from '../base/errors.ts';
import type { Summary } from './summary.ts';

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
 * the variable nothing happens: older runners do not know it.
 */
export async function declareArtifacts(
  entries: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const file = env.GITHUB_ARTIFACTS;
  if (!file || entries.length === 0) return;
  const refused = entries.find((entry) => /[=\n]/.test(entry) || entry.startsWith('#'));
  if (refused !== undefined) {
    throw new InternalError(
      'ARTIFACT_ENTRY',
      `"${refused}" cannot be declared: the runner refuses "=" and line breaks.`,
    );
  }
  await appendFile(file, entries.map((entry) => `${entry}\n`).join(''));
}

/** Appends to the step summary, where there is one. */
export async function writeSummary(
  summary: Summary,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (env.GITHUB_STEP_SUMMARY) await appendFile(env.GITHUB_STEP_SUMMARY, summary.toString());
}
