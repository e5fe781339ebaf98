import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { withTempFolder } from '../../../src/base/temp.ts';

test('the folder is private, and gone afterwards', async () => {
  const folder = await withTempFolder(async (path) => {
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    await writeFile(join(path, 'file'), 'x');
    return path;
  });
  expect(existsSync(folder)).toBe(false);
});

test('a parent that is not there is told as what it is, not as a fault of ours', async () =>
  expect(await withTempFolder(async () => {}, '/nowhere/at/all').catch((error) => error)).toMatchObject({
    code: 'TEMP_FOLDER_UNWRITABLE',
    message: expect.stringContaining('/nowhere/at/all'),
    mend: expect.stringContaining('RUNNER_TEMP'),
  }));

test('the folder is gone after a failure too', async () => {
  let folder = '';
  const work = withTempFolder(async (path) => {
    folder = path;
    throw new Error('failed');
  });
  await expect(work).rejects.toThrow('failed');
  expect(existsSync(folder)).toBe(false);
});
