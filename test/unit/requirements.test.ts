import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { withTempFolder } from '../../src/base/temp.ts';
import { describeIf, missing } from '../requirements.ts';

const { PATH } = process.env;

afterEach(() => {
  process.env.PATH = PATH;
});

/** Works on a machine whose PATH has only these commands, each a shell script. */
function withCommands(commands: Record<string, string>, work: () => void): Promise<void> {
  return withTempFolder(async (folder) => {
    for (const [name, script] of Object.entries(commands)) {
      await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    process.env.PATH = folder;
    work();
  });
}

describe('requirements of tests', () => {
  test('are missing where a command is', () =>
    withCommands({}, () => expect(missing('shellcheck')).toBe('needs shellcheck')));

  test('are met where all commands are there', () =>
    withCommands({ 'qemu-img': '', 'qemu-system-x86_64': '' }, () =>
      expect(missing('qemu')).toBeUndefined(),
    ));

  test('name the first that is missing of several', () =>
    withCommands({ etcd: '' }, () => expect(missing('etcd', 'kubectl', 'shellcheck')).toBe('needs kubectl')));

  test.each([
    ['go1.19.8', 'needs Go 1.24 or newer'],
    ['devel', 'needs Go 1.24 or newer'],
    ['go1.24', undefined],
    ['go1.26.8', undefined],
    ['go2.0', undefined],
  ])('judge the version of Go: %s', (version, reason) =>
    withCommands({ go: `echo ${version}` }, () => expect(missing('go')).toBe(reason)),
  );
});

describeIf([], 'a suite without requirements', () => {
  test('runs', () => expect(missing()).toBeUndefined());
});
