import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MARKS } from '../../../../src/bake/scripts/marks.ts';
import { PREPARE } from '../../../../src/bake/scripts/prepare.ts';
import { withTempFolder } from '../../../../src/base/temp.ts';

describe('tools that are missing', () => {
  test('nothing is installed where nothing is missing', async () => {
    expect((await prepare('missing_tools() { :; }; dnf() { echo "RAN dnf"; }; install_tools')).output).toBe(
      '',
    );
  });

  test('dnf gets them by path, and XFS where that is a package of its own', async () => {
    const { output, exitCode } = await prepare(`${MISSING_UNTIL_INSTALLED}
dnf() { echo "RAN dnf $*"; touch "$ROOT/installed"; }
install_tools`);
    expect(exitCode).toBe(0);
    expect(output.match(/^RAN .*$/gm)).toEqual([
      'RAN dnf -y --setopt=install_weak_deps=False install /usr/sbin/ip /usr/bin/guestfish',
      'RAN dnf -y --setopt=install_weak_deps=False --setopt=strict=0 install libguestfs-xfs',
    ]);
  });

  test('where the recipe has mirrors, dnf asks them alone', async () => {
    const { output } = await prepare(`${MISSING_UNTIL_INSTALLED}
AIR_GAPPED=yes; mkdir "$ROOT/repos"
dnf() { echo "RAN dnf $*"; touch "$ROOT/installed"; }
install_tools`);
    const calls = output.match(/^RAN .*$/gm)!;
    expect(calls).toHaveLength(2);
    for (const call of calls) expect(call).toMatch(/ --setopt=reposdir=\S+\/repos /);
  });

  test.each([
    ['has no mirror for it', 'dnf() { echo RAN; }'],
    [
      'is of another distribution',
      'mkdir "$ROOT/repos"; command() { [ "$2" = apt-get ]; }; apt-get() { echo RAN; }',
    ],
  ])('in an air gap nothing is asked by a builder that %s', async (_what, program) => {
    const { output, exitCode } = await prepare(`${MISSING_UNTIL_INSTALLED}
AIR_GAPPED=yes; ${program}
install_tools`);
    expect(exitCode).toBe(1);
    expect(output).toContain('Missing on the builder: ip guestfish; and the recipe is air-gapped');
    expect(output).not.toContain('RAN');
  });

  test('a dnf that fails ends the bake', async () => {
    const { output, exitCode } = await prepare(`${MISSING_UNTIL_INSTALLED}
dnf() { echo 'Cannot download repomd.xml'; return 1; }
install_tools`);
    expect(exitCode).toBe(1);
    expect(output).toContain('Cannot download repomd.xml');
    expect(output).toMatch(/"mark":"error","phase":"prepare","message":"dnf could not install .*","exit":1/);
  });

  test('an installation after which something is still missing ends the bake', async () => {
    const { output, exitCode } = await prepare(
      'limited() { :; }; missing_tools() { echo guestfish; }; dnf() { :; }; install_tools',
    );
    expect(exitCode).toBe(1);
    expect(output).toContain('Still missing after the installation: guestfish.');
  });
});

describe('room', () => {
  test('enough is enough', async () => {
    expect(await prepare('need_space 1024 "begin"')).toEqual({ exitCode: 0, output: '' });
  });

  test('too little says how much is free, how much is needed, and what to do', async () => {
    const { output, exitCode } = await prepare('free_bytes() { echo 1048576; }; need_space 2097152 "begin"');
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      /Not enough space to begin: 1 MiB free below .*, 2 MiB needed\. Give the builder a larger disk\./,
    );
  });
});

describe('failing', () => {
  test('an unforeseen failure is told with the command and where it stands', async () => {
    const { output, exitCode } = await prepare('PHASE=hash\nfalse "$HOME"\necho never');
    expect(exitCode).toBe(1);
    expect(output).toMatch(/"phase":"hash","message":"script line \d+: /);
    expect(output).toContain(String.raw`\"false \"$HOME\"\" exited with 1.`);
    expect(output).not.toContain('never');
  });

  test('quotes, line ends and control characters make no broken mark', async () => {
    const { output } = await prepare(`fail $'a "b" \\\\ c\\nd\\te\\001f'`);
    const marks = output.split('\n').filter((line) => line.startsWith('@@'));
    expect(JSON.parse(marks[0]!.slice('@@rke2-actions@@ '.length)).message).toBe('a "b" \\ c\nd ef');
  });

  test('a percentage is not said more often than every three seconds, but its ends are', async () => {
    const { output } = await prepare('begin_phase hash; for p in 1 2 3 50 99 100 100; do percent "$p"; done');
    expect(output.match(/"percent":\d+/g)).toEqual(['"percent":0', '"percent":100']);
  });

  test('a limit that ran out is told as such', async () => {
    const { output, exitCode } = await prepare('PHASE=hash LIMIT_HASH_KVM=1; limited sleep 10');
    expect(exitCode).toBe(1);
    expect(output).toContain('The phase hash took longer than its limit of 1 s.');
  });

  test('emulated guests have the longer limit', async () => {
    const program = 'PHASE=probe ACCELERATION=tcg LIMIT_PROBE_KVM=5 LIMIT_PROBE_TCG=50; limit_of probe';
    expect((await prepare(program)).output).toBe('50');
  });
});

/** `timeout` cannot run a function, as dnf is one here. */
const MISSING_UNTIL_INSTALLED = `limited() { "$@"; }
missing_tools() { [ -e "$ROOT/installed" ] || printf '%s\\n' ip guestfish; }`;

/** Runs `program` with the functions of the builder, some replaced, as bake.sh would. */
async function prepare(program: string): Promise<{ exitCode: number | null; output: string }> {
  return withTempFolder(async (folder) => {
    await mkdir(join(folder, 'work'));
    for (const [name, text] of Object.entries({ 'marks.sh': MARKS, 'prepare.sh': PREPARE })) {
      await writeFile(join(folder, name), text);
    }
    const script = `set -Eeuo pipefail
ROOT=${folder} WORK=${folder}/work LIMIT_PREPARE_KVM=60 AIR_GAPPED=no
. "$ROOT/marks.sh"; . "$ROOT/prepare.sh"
PHASE=prepare
trap 'note_failure $? "$LINENO" script "$BASH_COMMAND"' ERR
trap 'report_failure $?' EXIT
${program}`;
    const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return { exitCode: status, output: stdout };
  });
}
