import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { formatMark } from '../../../../src/bake/marks.ts';
import { RELAY } from '../../../../src/bake/scripts/relay.ts';
import { withTempFolder } from '../../../../src/base/temp.ts';

const RESULT = formatMark({
  mark: 'result',
  sha512: 'a'.repeat(128),
  sha256: 'b'.repeat(64),
  size: 512,
  virtualSize: 1024,
  port: 8080,
  path: '/secret-token/golden.qcow2',
});
const ERROR = formatMark({
  mark: 'error',
  phase: 'download',
  step: 'x',
  message: 'with secret-token in it',
  exit: 1,
});

describe('relay.py', () => {
  test('lines go to the console and to the log', async () => {
    const { console, log } = await relay('one\ntwo\r\n\nwithout an end');
    expect(console).toBe('one\ntwo\nwithout an end\n');
    expect(log).toBe('one\ntwo\nwithout an end\n');
  });

  test('secrets are taken out of lines and of marks', async () => {
    const { console, log } = await relay(`curl http://me:p@ssword@proxy/secret-token\n${ERROR}\n`);
    expect(`${console}${log}`).not.toMatch(/p@ssword|secret-token/);
    expect(console).toContain('curl http://me:***@proxy/***\n');
  });

  test('only the result on the console may name the secret path', async () => {
    const { console, log, status } = await relay(`${RESULT}\n`);
    expect(console).toContain('"path":"/secret-token/golden.qcow2"');
    expect(`${log}${JSON.stringify(status)}`).not.toContain('secret-token');
  });

  test('who reads over HTTP gets all that the console gets', async () => {
    const chunk = formatMark({ mark: 'chunk', name: 'facts', index: 0, total: 1, data: 'AAAA' });
    const { console, feed } = await relay(`one\n${chunk}\nwith secret-token\n${RESULT}\n`);
    expect(feed.split('\n').filter(Boolean)).toEqual(console.split('\n').filter(Boolean));
    expect(feed).toContain(chunk);
  });

  test('chunks stay out of the log', async () => {
    const chunk = formatMark({ mark: 'chunk', name: 'facts', index: 0, total: 1, data: 'AAAA' });
    const { console, log } = await relay(`${chunk}\n`);
    expect(console).toBe(`${chunk}\n`);
    expect(log).toBe('');
  });

  test('the status says where the bake is, and its last lines', async () => {
    const step = formatMark({ mark: 'step', id: 'files', title: 'Install files', index: 1, total: 2 });
    const phase = formatMark({ mark: 'phase', phase: 'customize', percent: 40 });
    const { status } = await relay(
      `${Array.from({ length: 80 }, (_, index) => `line ${index}\n`).join('')}${phase}\n${step}\n`,
    );
    expect(status).toMatchObject({
      phase: 'customize',
      percent: 40,
      step: 'files',
      error: null,
      done: false,
    });
    expect(status.lines).toHaveLength(50);
    expect(status.lines.at(-1)).toBe('line 79');
  });

  test('the status says why it failed, and what came out', async () => {
    expect((await relay(`${ERROR}\n`)).status).toMatchObject({ error: 'with *** in it', step: 'x' });
    expect((await relay(`${RESULT}\n`)).status).toMatchObject({
      done: true,
      size: 512,
      sha512: 'a'.repeat(128),
    });
  });

  test('a percentage within a phase does not forget the step', async () => {
    const step = formatMark({ mark: 'step', id: 'files', title: 'Install files', index: 1, total: 2 });
    const phase = (percent: number) => formatMark({ mark: 'phase', phase: 'customize', percent });
    expect((await relay(`${phase(0)}\n${step}\n${phase(50)}\n`)).status).toMatchObject({
      step: 'files',
      percent: 50,
    });
  });

  test('a machine without a serial port bakes all the same, and gets no file of that name', async () => {
    const { exitCode, log } = await relay('one\n', '/dev/rke2-actions-no-such-port');
    expect({ exitCode, log }).toEqual({ exitCode: 0, log: 'one\n' });
    expect(existsSync('/dev/rke2-actions-no-such-port')).toBe(false);
  });

  test('a console "-" is stdout, without secrets', async () => {
    const { stdout, feed } = await relay('one\nwith secret-token\n', '-');
    expect(stdout).toBe('one\nwith ***\n');
    expect(feed).toBe(stdout);
  });

  test('whose stdout nobody reads any more ends, so that the bake does', () =>
    withTempFolder(async (folder) => {
      await writeFile(join(folder, 'relay.py'), RELAY);
      await writeFile(join(folder, 'secrets'), '');
      const files = `"${folder}/log" "${folder}/status.json" "${folder}/secrets"`;
      // The first command of the pipe is what the bake is to its relay: it may only end because its output is refused.
      const script = `yes line | python3 "${folder}/relay.py" - ${files} | head -n 1; echo "\${PIPESTATUS[*]}"`;
      const { stdout } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8', timeout: 20_000 });
      expect(stdout).toBe('line\n141 1 0\n');
    }));

  test('what is no text is shown as far as it is', async () => {
    expect((await relay(Buffer.from([0x61, 0xff, 0x62, 0x0a]))).console).toBe('a\ufffdb\n');
  });

  test('a line of any length is cut', async () => {
    const { console } = await relay(`${'x'.repeat(200_000)}\nnext\n`);
    expect(console.split('\n').every((line) => line.length <= 8192)).toBe(true);
    expect(console).toMatch(/\nnext\n$/);
  });
});

async function relay(input: string | Uint8Array, consolePath?: string) {
  return withTempFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    await writeFile(path('relay.py'), RELAY);
    await mkdir(path('served'));
    await writeFile(path('secrets'), 'secret-token\np@ssword\n');
    const args = [
      path('relay.py'),
      consolePath ?? path('console'),
      path('log'),
      path('served/status.json'),
      path('secrets'),
    ];
    const { status: exitCode, stderr, stdout } = spawnSync('python3', args, { input, encoding: 'utf8' });
    expect(stderr).toBe('');
    return {
      exitCode,
      stdout,
      console: await readFile(path('console'), 'utf8').catch(() => ''),
      log: await readFile(path('log'), 'utf8'),
      feed: await readFile(path('served/log'), 'utf8'),
      status: JSON.parse(await readFile(path('served/status.json'), 'utf8')),
    };
  });
}
