import { describe, expect, test } from '@jest/globals';
import { filterCommand, mustRun, runCommand, shellLine } from '../../../src/base/process.ts';

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

describe('filterCommand', () => {
  async function* input(count: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < count; at++) yield Buffer.alloc(64 * 1024, 'x');
  }

  async function lengthOf(stream: AsyncIterable<Buffer>): Promise<number> {
    let length = 0;
    for await (const chunk of stream) length += chunk.length;
    return length;
  }

  test('everything goes through', async () => {
    expect(await lengthOf(filterCommand('cat', [], input(32)))).toBe(32 * 64 * 1024);
  });

  test('a command may leave input unread', async () => {
    expect(await lengthOf(filterCommand('head', ['-c', '10'], input(32)))).toBe(10);
  });

  test('a failing command is told with its last lines', async () => {
    const filtered = filterCommand('sh', ['-c', 'cat >/dev/null; echo why >&2; exit 2'], input(2));
    await expect(lengthOf(filtered)).rejects.toMatchObject({ code: 'COMMAND_FAILED', evidence: ['why'] });
  });

  test('a missing command is told by name', async () => {
    await expect(lengthOf(filterCommand('no-such-command', [], input(2)))).rejects.toMatchObject({
      code: 'COMMAND_NOT_FOUND',
    });
  });

  test('what the input throws is thrown', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('x');
      throw new Error('the disk is gone');
    }
    await expect(lengthOf(filterCommand('cat', [], failing()))).rejects.toThrow('the disk is gone');
  });

  test('an abort ends it', async () => {
    const controller = new AbortController();
    async function* endless(): AsyncGenerator<Buffer> {
      for (let at = 0; ; at++) {
        if (at === 3) controller.abort();
        yield Buffer.alloc(1024);
      }
    }
    await expect(lengthOf(filterCommand('cat', [], endless(), controller.signal))).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  test('a reader that stops ends the command', async () => {
    for await (const _ of filterCommand('yes', [], input(0))) break;
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
