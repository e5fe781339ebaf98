import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConsoleReader } from '../../../../src/bake/marks.ts';
import { CUSTOMIZE_LOG } from '../../../../src/bake/scripts/customize-log.ts';
import { withTempFolder } from '../../../../src/base/temp.ts';
import { PENDING_UPDATE, PENDING_UPDATES_END } from '../../../../src/recipe/package-steps.ts';

const STEPS = 'folder\tMake a folder\nhello\tSay hello\nbreak\tBreak\n';

/** What guestfs-tools 1.48 writes with --verbose, shortened: its own words and the appliance's console. */
const BEGIN = `libguestfs: command: run: /usr/bin/supermin
[    0.000000] Linux version 6.1.0-56-amd64
[    1.250000] Run /init as init process
[   0.0] Examining the guest ...
guestfsd: <= inspect_os (0x1dc) request length 40 bytes
[  24.9] Setting a random seed
[  25.0] Setting the machine ID in /etc/machine-id
[  25.0] Making directory: /opt/x
[  25.1] Running: /stage/hello.sh
running command:
exec >>'/tmp/builder.log' 2>&1
export http_proxy='http://me:secret@proxy/'
commandrvf: stdout=y stderr=y flags=0x40000
R2A| hello from the image\r
R2A| and again
`;
const END = '[  29.0] Scrubbing the log file\n[  29.7] Finishing off\n';
const FAILURE = `[  30.1] Running: /stage/break.sh
running command:
exec >>'/tmp/builder.log' 2>&1
guestfsd: error:
guestfsd: => sh (0x6f) took 0.46 secs
guestfsd: <= download (0x43) request length 60 bytes
commandrvf: udevadm --debug settle -E /tmp/builder.log
guestfsd: => download (0x43) took 0.12 secs
about to fail
no such file
virt-customize: error: /stage/break.sh: command exited with an error

If reporting bugs, run virt-customize with debugging enabled and include the complete output:
libguestfs: closing guestfs handle 0x55755381fa10 (state 2)
`;

describe('customize-log.py', () => {
  test('a mark for each command, in order, none for what virt-customize does by itself', async () => {
    const { marks } = await read(`${BEGIN}[  27.0] Running: /stage/break.sh\n${END}`);
    const steps = marks.filter((mark) => mark.mark === 'step');
    expect(steps.map(({ id, index, total }) => [id, index, total])).toEqual([
      ['folder', 1, 3],
      ['hello', 2, 3],
      ['break', 3, 3],
    ]);
  });

  test('shows what a step wrote to the console, and nothing of the appliance', async () => {
    const { lines } = await read(BEGIN + END);
    expect(lines).toContain('  hello from the image');
    expect(lines.join()).not.toMatch(/guestfsd|Linux version|commandrvf|builder\.log|secret/);
  });

  test('names the step that failed, with the last line it wrote', async () => {
    const { step, error, lines } = await read(BEGIN + FAILURE);
    expect(step).toBe('break');
    expect(error).toBe(
      'virt-customize: error: /stage/break.sh: command exited with an error; its last line: no such file',
    );
    expect(lines).toEqual(expect.arrayContaining(['  about to fail', '  no such file']));
  });

  test('names the step of the script that failed, even if its message was lost', async () => {
    const { step } = await read(
      'virt-customize: error: /stage/steps/03-break.sh: command exited with an error\n',
    );
    expect(step).toBe('break');
  });

  test('finds a message that began in the middle of a line', async () => {
    const busy =
      '[   1.0] Making directory: /x\nguestfsd: <= is_dir[   2.0] Running: /stage/steps/02-hello.sh\n';
    const { step, marks } = await read(busy);
    expect(step).toBe('hello');
    expect(marks.filter((mark) => mark.mark === 'step').map(({ id }) => id)).toEqual(['folder', 'hello']);
  });

  test('goes on with the step that a message names, not with the next in line', async () => {
    const { marks } = await read('[   1.0] Running: /stage/steps/03-break.sh\n');
    expect(marks.filter((mark) => mark.mark === 'step').map(({ id, index }) => [id, index])).toEqual([
      ['break', 3],
    ]);
  });

  test('does not show twice what a failed step has already said', async () => {
    const said = FAILURE.replace(
      'guestfsd: error:',
      'R2A| about to fail\nR2A| no such file\nguestfsd: error:',
    );
    const { lines, error } = await read(BEGIN + said);
    expect(lines.filter((line) => line === '  no such file')).toHaveLength(1);
    expect(error).toMatch(/its last line: no such file$/);
  });

  test('a failure before the first step names none', async () => {
    const { step, error } = await read(
      'virt-customize: error: no operating systems were found in the guest image\n',
    );
    expect(step).toBe('');
    expect(error).toContain('no operating systems were found');
  });

  test('hands on the list of pending security updates once it is complete', async () => {
    const items = ['RLSA-2026:1 Important/Sec. openssl-3.2', 'RLSA-2026:2 Moderate/Sec. curl-8.0'];
    const lines = items.map((item) => `R2A| ${PENDING_UPDATE}${item}\r\n`).join('');
    const { updates } = await read(`${BEGIN}${lines}R2A| ${PENDING_UPDATES_END}2\r\n${END}`);
    expect(updates).toBe(`${items.join('\n')}\n`);
  });

  test('an empty list is a list', async () => {
    expect((await read(`${BEGIN}R2A| ${PENDING_UPDATES_END}0\n${END}`)).updates).toBe('');
  });

  test('a list that lost a line is none', async () => {
    expect((await read(`${BEGIN}R2A| ${PENDING_UPDATES_END}1\n${END}`)).updates).toBeUndefined();
  });

  test('silence is told as such', async () => {
    expect((await read('')).error).toBe('virt-customize ended without saying why.');
  });
});

async function read(input: string) {
  return withTempFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    await writeFile(path('customize-log.py'), CUSTOMIZE_LOG);
    await writeFile(path('steps'), STEPS);
    const args = [path('customize-log.py'), path('steps'), path('step'), path('error'), path('updates')];
    const { stdout, stderr } = spawnSync('python3', args, { input, encoding: 'utf8' });
    expect(stderr).toBe('');
    const events = new ConsoleReader().push(stdout);
    return {
      marks: events.flatMap((event) => (event.kind === 'mark' ? [event.mark] : [])),
      lines: events.flatMap((event) => (event.kind === 'line' ? [event.text] : [])),
      step: await readFile(path('step'), 'utf8'),
      error: await readFile(path('error'), 'utf8'),
      updates: await readFile(path('updates'), 'utf8').catch(() => undefined),
    };
  });
}
