import { describe, expect, test } from '@jest/globals';
import { mustRun, runCommand, shellLine } from '../../../src/base/process.ts';

describe('runCommand', () => {
  test('a failing command is an answer', async () => {
    expect(await runCommand('sh', ['-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  test('stdin reaches the command', async () => {
    expect((await runCommand('cat', [], { input: 'secret' })).stdout).toBe('secret');
  });

  test('only the last bytes are kept', async () => {
    const { stdout } = await runCommand('sh', ['-c', 'seq 1 100000'], { keep: 100 });
    expect(stdout.length).toBeLessThanOrEqual(100);
    expect(stdout.endsWith('100000\n')).toBe(true);
  });

  test('lines are handed on as they come', async () => {
    const lines: string[] = [];
    await runCommand('sh', ['-c', 'echo a; echo b >&2'], {
      onLine: (line, stream) => lines.push(`${stream}:${line}`),
    });
    expect(lines.sort()).toEqual(['stderr:b', 'stdout:a']);
  });

  test('a missing command is told by name', async () => {
    await expect(runCommand('no-such-command', [])).rejects.toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      message: expect.stringContaining('no-such-command'),
    });
  });

  test('an abort ends the whole pipeline of children', async () => {
    const controller = new AbortController();
    const running = runCommand('sh', ['-c', 'sleep 60 | cat'], { signal: controller.signal, grace: 200 });
    setTimeout(() => controller.abort(), 50);
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

test('mustRun shows the last lines of a failed command', async () => {
  await expect(mustRun('sh', ['-c', 'echo why >&2; exit 1'])).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    evidence: ['why'],
  });
});

test('shellLine can be pasted', () => {
  expect(shellLine('echo', ["it's", 'a b', 'plain'])).toBe("echo 'it'\\''s' 'a b' plain");
});
