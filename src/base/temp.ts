/** Temporary folders that go away, whatever happens in between. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError, messageOf } from './errors.ts';

/**
 * Runs `work` with a fresh private folder (mode 0700) below `parent`, and removes it afterwards. Throws EnvironmentError
 * TEMP_FOLDER_UNWRITABLE.
 */
export async function withTempFolder<T>(work: (folder: string) => Promise<T>, parent = tmpdir()): Promise<T> {
  const folder = await mkdtemp(join(parent, 'rke2-actions-')).catch((cause: unknown) => {
    throw new EnvironmentError(
      'TEMP_FOLDER_UNWRITABLE',
      `No temporary folder can be made in ${parent}: ${messageOf(cause)}.`,
      { mend: 'Make that folder and let it be written to, or name another: RUNNER_TEMP, or TMPDIR.', cause },
    );
  });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
