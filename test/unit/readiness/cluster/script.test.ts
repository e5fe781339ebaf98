/** The script as it runs in a pod, here with the machine's own sh and curl; what it prints is read as in a wait. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from '@jest/globals';
import { runCommand } from '../../../../src/base/process.ts';
import { OutcomeReader, type ProbeLine } from '../../../../src/readiness/cluster/outcome.ts';
import {
  renderExecScript,
  renderPodScript,
  type ScriptOptions,
} from '../../../../src/readiness/cluster/script.ts';
import type { ProbeFacts, ProbeTarget } from '../../../../src/readiness/facts.ts';
import { describeIf } from '../../../requirements.ts';

const servers: Server[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const target = (url: string, more: Partial<ProbeTarget> = {}): ProbeTarget => ({
  url: new URL(url),
  method: 'GET',
  headers: {},
  redirects: 5,
  bodyLimit: 1000,
  connectTimeout: 2000,
  ...more,
});

const options = (targets: ProbeTarget[], more: Partial<ScriptOptions> = {}): ScriptOptions => ({
  targets,
  connection: { tls: { ca: [], insecure: false }, family: 'any', resolve: {}, proxies: {} },
  schedule: { kind: 'fixed', interval: 500, longestInterval: 500, jitter: 0 },
  requestTimeout: 3000,
  timeout: 20_000,
  token: 'e5a1',
  ...more,
});

/** Runs the script until `enough` lines say so; then its stdin ends, and nothing of it may be left. */
async function linesOf(
  settings: ScriptOptions,
  enough: (lines: ProbeLine[]) => boolean,
): Promise<ProbeLine[]> {
  const folder = mkdtempSync(join(tmpdir(), 'probe-script-'));
  folders.push(folder);
  const child = spawn('sh', ['-s'], { detached: true, env: { ...process.env, TMPDIR: folder } });
  child.stdin.write(renderExecScript(settings));
  const reader = new OutcomeReader(settings.targets, settings.requestTimeout);
  const lines: ProbeLine[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = reader.read(text);
    if (line) lines.push(line);
    if (enough(lines)) child.stdin.end();
  }
  if (child.exitCode === null) await once(child, 'exit');
  expect(readdirSync(folder)).toEqual([]);
  return lines;
}

const outcomes = (lines: ProbeLine[]): ProbeFacts[] =>
  lines.flatMap((line) => (line.kind === 'outcome' ? [line.facts] : []));

async function firstOutcome(one: ProbeTarget, more: Partial<ScriptOptions> = {}): Promise<ProbeFacts> {
  return outcomes(await linesOf(options([one], more), (lines) => outcomes(lines).length > 0))[0]!;
}

describeIf('curl', 'the script of a probing pod', () => {
  test('an answer comes with status, headers and body, and the same again as a short line', async () => {
    const url = await serve((_, response) => {
      response.writeHead(201, { 'x-state': 'up' });
      response.end('{"a":1}');
    });
    const lines = await linesOf(options([target(url)]), (so) => so.some(({ kind }) => kind === 'same'));
    expect(lines.map(({ kind }) => kind)).toEqual(['begun', 'outcome', 'same']);
    expect(outcomes(lines)[0]).toMatchObject({
      url: `${url}/`,
      peer: url.slice('http://'.length),
      answer: {
        status: 201,
        statusText: 'Created',
        headers: { 'x-state': 'up' },
        body: '{"a":1}',
        truncated: false,
      },
    });
  });

  test('what changes is told again', async () => {
    let count = 0;
    const url = await serve((_, response) => {
      response.statusCode = ++count > 2 ? 200 : 503;
      response.end();
    });
    const lines = await linesOf(options([target(url)]), (so) => outcomes(so).length === 2);
    expect(outcomes(lines).map(({ answer }) => answer?.status)).toEqual([503, 200]);
  });

  test('method, headers and body arrive as given, whatever characters they have', async () => {
    const odd = 'a "b" \\ $HOME `id` %{json}\n#';
    const seen: unknown[] = [];
    const url = await serve(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      seen.push([request.method, request.headers['x-odd'], text]);
      response.end();
    });
    await firstOutcome(
      target(url, { method: 'PUT', headers: { 'x-odd': odd.replace('\n', ' ') }, body: odd }),
    );
    expect(seen[0]).toEqual(['PUT', odd.replace('\n', ' '), odd]);
  });

  test('headers are not sent on to another origin', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end('there');
    });
    const url = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/next' });
      else response.writeHead(302, { location: `${other}/` });
      seen.push(request.headers.authorization);
      response.end();
    });
    const facts = await firstOutcome(target(url, { headers: { authorization: 'Bearer x' } }));
    expect([facts.url, facts.answer?.body]).toEqual([`${other}/`, 'there']);
    expect(seen).toEqual(['Bearer x', 'Bearer x', undefined]);
  });

  test('a circle of redirects ends, and none at all is an answer', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: '/' }).end());
    expect((await firstOutcome(target(url, { redirects: 2 }))).failure).toEqual({
      kind: 'redirect',
      to: `${url}/`,
      count: 2,
    });
    expect((await firstOutcome(target(url, { redirects: 0 }))).answer?.status).toBe(302);
  });

  test('of an endless body only the begin is taken', async () => {
    const url = await serve((_, response) => {
      const more = () => response.write('x'.repeat(1000)) && setImmediate(more);
      response.on('drain', more);
      more();
    });
    const { answer } = await firstOutcome(target(url, { bodyLimit: 5000 }));
    expect([answer?.body.length, answer?.truncated]).toEqual([5000, true]);
  });

  test('a host can be led elsewhere, for one port or all', async () => {
    const url = await serve((request, response) => response.end(request.headers.host));
    const { port } = new URL(url);
    const connection = { ...options([]).connection, resolve: { 'app.test': '127.0.0.1' } };
    const facts = await firstOutcome(target(`http://app.test:${port}/`), { connection });
    expect(facts.answer?.body).toBe(`app.test:${port}`);
  });

  test.each([
    [
      'a closed port',
      'http://127.0.0.1:1/',
      { kind: 'connect', attempts: [{ address: '127.0.0.1:1', code: 'ECONNREFUSED' }] },
    ],
    ['a name that is not', 'http://nowhere.invalid/', { kind: 'dns', host: 'nowhere.invalid' }],
  ])('%s is a fact, not an error', async (_, url, failure) => {
    expect((await firstOutcome(target(url))).failure).toMatchObject(failure);
  });

  test('silence is a timeout of its stage', async () => {
    const url = await serve(() => {});
    const { failure } = await firstOutcome(target(url), { requestTimeout: 1000 });
    expect(failure).toMatchObject({ kind: 'timeout', stage: 'response', limit: 1000 });
  });

  test('a connection that is cut is told as such', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect((await firstOutcome(target(url))).failure).toMatchObject({ kind: 'cut', stage: 'response' });
  });

  test('a pod’s script ends when its time is over', async () => {
    const script = renderPodScript(options([], { timeout: 1000 }));
    expect((await runCommand('sh', ['-s'], { input: script })).exitCode).toBe(0);
  });
});

describeIf('shellcheck', 'the script of a probing pod', () => {
  test('passes shellcheck', async () => {
    const script = `#!/bin/sh\n${renderExecScript(options([target('https://a.test/')]))}`;
    const { stdout } = await runCommand('shellcheck', ['--shell=sh', '--exclude=SC3043', '-'], {
      input: script,
    });
    expect(stdout).toBe('');
  });
});
