/**
 * Masks reach the log and nothing else (facts/actions-platform.md A6): what goes into files is redacted here, by the same
 * texts.
 */
import * as core from '@actions/core';

/** Shorter ones stand in ordinary words; the runner's mask has them. */
const SHORTEST = 4;

const hidden = new Set<string>();

/** Masks one line of a secret in the log, and has {@link redact} know it. */
export function hide(text: string): void {
  core.setSecret(text);
  if (text.length < SHORTEST) return;
  hidden.add(text);
  // As it stands inside a JSON string.
  hidden.add(JSON.stringify(text).slice(1, -1));
}

/** The text with `***` for everything hidden so far, the longest first. */
export function redact(text: string): string {
  return [...hidden]
    .sort((a, b) => b.length - a.length)
    .reduce((rest, one) => rest.replaceAll(one, '***'), text);
}
