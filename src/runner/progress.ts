/**
 * Progress for whoever started us at a terminal: the command line names a file in RKE2_ACTIONS_PROGRESS, an action keeps in it how
 * it stands, and the command line draws bars of that. A runner names none, and nothing is written.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { redact } from './redact.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export const PROGRESS_FILE = 'RKE2_ACTIONS_PROGRESS';

/** One piece of work that goes on. */
export interface ProgressBar {
  readonly label: string;
  /** `upload`, `compress`. */
  readonly doing: string;
  /** Bytes. */
  readonly done: number;
  /** Bytes; absent while nobody knows. */
  readonly total?: number;
}

/** Replaces what the file says, whole or not at all. Without a file nothing happens; a failure is no failure of the work. */
export async function writeProgress(bars: readonly ProgressBar[], env: Environment): Promise<void> {
  const path = env[PROGRESS_FILE];
  if (!path) return;
  try {
    await writeFile(`${path}.new`, redact(JSON.stringify(bars)));
    await rename(`${path}.new`, path);
  } catch {
    // The command line has gone, or the disk is full: then there is no bar.
  }
}

/** What the file says; nothing while there is none. */
export async function readProgress(path: string): Promise<readonly ProgressBar[]> {
  try {
    const bars: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Array.isArray(bars) ? bars.filter(isBar) : [];
  } catch {
    return [];
  }
}

function isBar(bar: unknown): bar is ProgressBar {
  const { label, doing, done } = (bar ?? {}) as Partial<Record<keyof ProgressBar, unknown>>;
  return typeof label === 'string' && typeof doing === 'string' && typeof done === 'number';
}
