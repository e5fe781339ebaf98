import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PROGRESS_FILE, readProgress, writeProgress } from '../../../src/runner/progress.ts';
import { hide } from '../../../src/runner/redact.ts';

const bar = { label: 'app.tar', doing: 'reading', done: 1, total: 2 };
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rke2-actions-progress-test-'));
  path = join(folder, 'bars.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what is written is read, and nothing else is left', async () => {
  await writeProgress([bar], { [PROGRESS_FILE]: path });
  expect(await readProgress(path)).toEqual([bar]);
  expect(await readdir(folder)).toEqual(['bars.json']);
});

test('without a file nothing is written', async () => {
  await writeProgress([bar], {});
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that has gone is no failure', () =>
  expect(writeProgress([bar], { [PROGRESS_FILE]: join(folder, 'gone', 'x') })).resolves.toBeUndefined());

test.each(['', '{', '{}', '[1, {"label": "x"}]', 'null'])('%s is no bar', async (text) => {
  await writeFile(path, text);
  expect(await readProgress(path)).toEqual([]);
});

test('a secret in a name is hidden', async () => {
  hide('planted-4f1d9c');
  await writeProgress([{ ...bar, label: 'app-planted-4f1d9c.tar' }], { [PROGRESS_FILE]: path });
  expect(await readProgress(path)).toMatchObject([{ label: 'app-***.tar' }]);
});
