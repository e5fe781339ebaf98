import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findFiles } from '../../../../src/actions/oci-tarball-push/files.ts';

let workspace: string;
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'rke2-actions-files-'));
  await mkdir(join(workspace, 'dist/sub'), { recursive: true });
  for (const name of ['b-v1-amd64.tar.gz', 'a-v1-amd64.tar.gz', 'a[1].tar', 'notes.txt', 'sub/c.tar'])
    await writeFile(join(workspace, 'dist', name), '');
  await symlink('a-v1-amd64.tar.gz', join(workspace, 'dist/same.tar.gz'));
});
afterAll(() => rm(workspace, { recursive: true, force: true }));

const found = async (...lines: string[]) =>
  (await findFiles(lines, workspace)).map((path) => relative(workspace, path));

describe('what is found', () => {
  test('by glob, by name, each file once', async () =>
    expect(await found('dist/*.tar.gz')).toEqual(['dist/a-v1-amd64.tar.gz', 'dist/b-v1-amd64.tar.gz']));
  test('in the order of the lines', async () =>
    expect(await found('dist/b*.tar.gz', 'dist/*.tar.gz')).toEqual([
      'dist/b-v1-amd64.tar.gz',
      'dist/a-v1-amd64.tar.gz',
    ]));
  test('below folders', async () => expect(await found('dist/**/c.tar')).toEqual(['dist/sub/c.tar']));
  test('by a name that looks like a glob', async () =>
    expect(await found('dist/a[1].tar')).toEqual(['dist/a[1].tar']));
  test('by an absolute path', async () =>
    expect(await found(join(workspace, 'dist/sub/*.tar'))).toEqual(['dist/sub/c.tar']));
  test('without what is taken out again', async () =>
    expect(await found('dist/*.tar.gz', '!dist/b*')).toEqual(['dist/a-v1-amd64.tar.gz']));
  test('folders that a glob meets are passed over', async () =>
    expect(await found('dist/s*')).toEqual(['dist/same.tar.gz']));
});

describe('what is not', () => {
  const failure = (...lines: string[]) => findFiles(lines, workspace).catch((error: unknown) => error);

  test('is told for every line, with what is there instead', async () =>
    expect(await failure('dist/*.tgz', 'build/*.tar', 'dist/sub')).toMatchObject({
      code: 'FILES_UNMATCHED',
      message: [
        'files: there is nothing to push:',
        '  - dist/*.tgz: matches nothing; dist/ has a-v1-amd64.tar.gz, a[1].tar, b-v1-amd64.tar.gz, notes.txt, same.tar.gz, sub/',
        '  - build/*.tar: matches nothing; the workspace has dist/',
        '  - dist/sub: is a folder; name the tarballs in it, such as dist/sub/*.tar.gz',
      ].join('\n'),
    }));
  test('one line in vain is enough, whatever the others match', async () =>
    expect(await failure('dist/*.tar.gz', 'dist/x.tar')).toMatchObject({ code: 'FILES_UNMATCHED' }));
  test('a link that leads nowhere is named, not passed over', async () => {
    await symlink('gone.tar', join(workspace, 'dist/sub/d.tar'));
    const message =
      'files: there is nothing to push:\n  - dist/sub/*.tar: dist/sub/d.tar is a link that leads nowhere';
    expect(await failure('dist/sub/*.tar')).toMatchObject({ code: 'FILES_UNMATCHED', message });
    expect(await found('dist/sub/*.tar', '!dist/sub/d.tar')).toEqual(['dist/sub/c.tar']);
  });
  test('also where all is taken out again', async () =>
    expect(await failure('dist/a-*', '!dist/*')).toMatchObject({ code: 'FILES_UNMATCHED' }));
});
