/** The inputs of an action as the command line takes them: `--input name=value`, and a YAML map in a file. */
import { parse } from 'yaml';
import { messageOf } from '../base/errors.ts';
import { usageError } from './arguments.ts';
import { suggestion } from './suggestion.ts';

/**
 * The text of an input file as input values: scalars as they are, lists one per line, maps key=value per line, deeper
 * things as YAML would not fit an input and are refused. Throws UserError CLI_USAGE.
 */
export function parseInputFile(text: string, path: string): Record<string, string> {
  let map: unknown;
  try {
    map = parse(text);
  } catch (error) {
    throw usageError(`${path} is not YAML: ${messageOf(error)}`);
  }
  if (!isRecord(map)) throw usageError(`${path} must be a map of input names to values.`);
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, inputText(name, value)]));
}

function inputText(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((entry) => scalarText(name, entry)).join('\n');
  if (!isRecord(value)) return scalarText(name, value);
  const lines = Object.entries(value).map(([key, entry]) => `${key}=${scalarText(name, entry)}`);
  return lines.join('\n');
}

function scalarText(name: string, value: unknown): string {
  if (typeof value === 'object' && value !== null)
    throw usageError(`${name}: is nested too deep for an input; write it as text (name: |).`);
  return value === null ? '' : String(value);
}

/** Throws UserError CLI_USAGE with every name that is no input, and what may have been meant. */
export function refuseUnknownInputs(names: readonly string[], known: readonly string[]): void {
  const isKnown = (name: string) => known.some((one) => one.toLowerCase() === name.toLowerCase());
  const unknown = names.filter((name) => !isKnown(name));
  if (unknown.length === 0) return;
  const lines = unknown.map((name) => `${name} is not an input of this action${suggestion(name, known)}`);
  throw usageError(lines.join('\n'), `Its inputs: ${known.join(', ')}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
