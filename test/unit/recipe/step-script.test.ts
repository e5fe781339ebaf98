import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { stepScript, wordLines, words } from '../../../src/recipe/step-script.ts';

/** As virt-customize runs a step: its text as an argument of `sh -c`; a file stands in for the console. */
const run = (body: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'step-'));
  const text = stepScript('A step', body).replaceAll('>/dev/console', `>>${folder}/console`);
  const { status, stdout } = spawnSync('sh', ['-c', text], { encoding: 'utf8', timeout: 10_000 });
  const console = existsSync(`${folder}/console`) ? readFileSync(`${folder}/console`, 'utf8') : '';
  rmSync(folder, { recursive: true });
  return { status, stdout, console };
};

describe('a step', () => {
  test('ends as its body does', () => {
    expect(run('exit 3').status).toBe(3);
    expect(run('true').status).toBe(0);
  });
  test('ends at the first command that fails', () => {
    expect(run('echo one\nfalse\necho two')).toMatchObject({ status: 1, stdout: 'one\n' });
  });
  test('ends at a variable that is not set', () => {
    expect(run('echo "$nothing"').status).toBeGreaterThan(0);
  });
  test('copies each line of output and errors to the console, with the prefix', () => {
    const { stdout, console } = run('echo out\necho err >&2\nprintf "no end"');
    expect(stdout).toBe('out\nerr\nno end\n');
    expect(console).toBe('R2A| out\r\nR2A| err\r\nR2A| no end\r\n');
  });
  test('leaves backslashes and blanks as they are', () => {
    expect(run(`printf '%s\\n' '  a\\tb  '`).stdout).toBe('  a\\tb  \n');
  });
  test('ends although a daemon it started keeps its output open', () => {
    const began = process.hrtime.bigint();
    const { status, stdout } = run('sleep 30 &\necho started');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'started\n' });
    expect(Number(process.hrtime.bigint() - began) / 1e9).toBeLessThan(20);
  });
  test('goes on without a console', () => {
    const text = stepScript('A step', 'echo out').replaceAll('/dev/console', '/nonexistent/console');
    expect(spawnSync('sh', ['-c', text], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: 'out\n',
      stderr: '',
    });
  });
});

test('words are quoted where a shell needs it', () => {
  expect(words(['a-b', 'c d', "e'f"])).toBe(`a-b 'c d' 'e'\\''f'`);
  expect(wordLines(['a', 'b'], '  ')).toBe('  a \\\n  b');
});
