/** Keeps the store in a file: read at the start, written a moment after each change and at the end. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.ts';
import { EnvironmentError, messageOf } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import type { Snapshot, Store } from './store.ts';

/** Milliseconds between a change and the file that holds it. */
const DELAY = 500;
const FILE = 'objects.json';

/** What was kept in a folder; undefined for a new one. Throws EnvironmentError LAB_DATA_UNREADABLE. */
export async function loadSnapshot(folder: string): Promise<Snapshot | undefined> {
  const path = join(folder, FILE);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Snapshot;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const mend = 'Delete the file to begin with an empty cluster.';
    throw new EnvironmentError('LAB_DATA_UNREADABLE', `${path}: ${messageOf(error)}`, { mend, cause: error });
  }
}

export interface Persistence {
  /** Writes what is not written yet, and stops. */
  close(): Promise<void>;
}

/** Writes the store whenever it has changed. */
export function keepSnapshots(
  store: Store,
  folder: string,
  parts: { clock: Clock; log: Logger },
): Persistence {
  const stop = new AbortController();
  let planned: Promise<void> | undefined;
  const save = async () => {
    await parts.clock.sleep(DELAY, stop.signal).catch(() => {});
    planned = undefined;
    await write(folder, store.snapshot()).catch((error) => {
      parts.log.warning(`The lab's objects could not be saved: ${messageOf(error)}`);
    });
  };
  const unobserve = store.observe(() => {
    planned ??= save();
  });
  return {
    async close() {
      unobserve();
      const last = planned;
      stop.abort();
      await last;
    },
  };
}

async function write(folder: string, snapshot: Snapshot): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  // Secrets are in it; and a crash must not leave half a file.
  await writeFile(`${path}.new`, JSON.stringify(snapshot), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
