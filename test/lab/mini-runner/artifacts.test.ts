import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { artifactProblems } from '../../../lab/mini-runner/artifacts.ts';
import { withTempFolder } from '../../../src/base/temp.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

/** Problems of lines in a workspace that holds a.txt ("x"), other/a.txt ("y") and same/a.txt ("x"). */
function problems(...lines: string[]): Promise<string[]> {
  return withTempFolder(async (folder) => {
    for (const [path, content] of [
      ['a.txt', 'x'],
      ['other/a.txt', 'y'],
      ['same/a.txt', 'x'],
    ] as const) {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    return artifactProblems(
      lines.map((line) => line.replace('$HERE', folder)),
      folder,
    );
  });
}

describe('a declared artifact', () => {
  test.each([
    [['a.txt']],
    [['file://a.txt']],
    [['$HERE/a.txt']],
    [['a.txt', 'same/a.txt']],
    [[`ghcr.io/org/image@${DIGEST}`, `oci://ghcr.io/org/image@${DIGEST}`]],
  ])('%j is taken', async (lines) => expect(await problems(...lines)).toEqual([]));

  test.each([
    [['gone.txt'], 'not found'],
    [['other'], 'not found'],
    [['name=a.txt'], "'=' is not allowed"],
    [['a.txt', 'other/a.txt'], 'declared twice'],
    [[`r@${DIGEST}`, `r@${DIGEST.replace(/a$/, 'b')}`], 'declared twice'],
  ])('%j is refused', async (lines, message) => {
    expect(await problems(...lines)).toEqual([expect.stringContaining(message)]);
  });

  test('501 of them are too many', async () => {
    const lines = Array.from({ length: 501 }, (_, index) => `r${index}@${DIGEST}`);
    expect(await problems(...lines)).toEqual([expect.stringContaining('More than 500')]);
  });
});
