import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SERVER } from '../../../../src/bake/scripts/server.ts';

const TOKEN = 'a-token-of-24-characters';
const CONTENT = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

let folder: string;
let port: number;
let server: ChildProcess;
let said = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rke2-actions-server-'));
  await writeFile(join(folder, 'server.py'), SERVER);
  await writeFile(join(folder, 'token'), `${TOKEN}\n`);
  await writeFile(join(folder, 'golden.qcow2'), CONTENT);
  await writeFile(join(folder, 'other.txt'), 'not to be served');
  port = await freePort();
  server = spawn('python3', [
    join(folder, 'server.py'),
    '127.0.0.1',
    String(port),
    join(folder, 'token'),
    folder,
  ]);
  server.stdout!.on('data', (data) => {
    said += data;
  });
  await untilItAnswers();
});

afterAll(async () => {
  server.kill();
  await rm(folder, { recursive: true });
});

describe('the image', () => {
  test('HEAD gives its size and no body', async () => {
    const answer = await ask('HEAD', `/${TOKEN}/golden.qcow2`);
    expect(answer).toMatchObject({ status: 200, length: '1000', body: Buffer.alloc(0) });
    expect(answer.headers['accept-ranges']).toBe('bytes');
  });

  test('GET gives all of it', async () => {
    const answer = await ask('GET', `/${TOKEN}/golden.qcow2`);
    expect(answer).toMatchObject({ status: 200, length: '1000' });
    expect(answer.body.equals(CONTENT)).toBe(true);
  });

  test.each([
    ['a closed range', 'bytes=10-19', 10, 19],
    ['one byte', 'bytes=0-0', 0, 0],
    ['an open range', 'bytes=990-', 990, 999],
    ['a suffix', 'bytes=-5', 995, 999],
    ['a suffix longer than the file', 'bytes=-5000', 0, 999],
    ['a range beyond the end', 'bytes=998-5000', 998, 999],
  ])('%s', async (_what, range, start, end) => {
    const answer = await ask('GET', `/${TOKEN}/golden.qcow2`, { range });
    expect(answer).toMatchObject({ status: 206, length: String(end - start + 1) });
    expect(answer.headers['content-range']).toBe(`bytes ${start}-${end}/1000`);
    expect(answer.body.equals(CONTENT.subarray(start, end + 1))).toBe(true);
  });

  test.each(['bytes=1000-', 'bytes=5000-6000', 'bytes=-0'])('%s cannot be satisfied', async (range) => {
    const answer = await ask('GET', `/${TOKEN}/golden.qcow2`, { range });
    expect(answer.status).toBe(416);
    expect(answer.headers['content-range']).toBe('bytes */1000');
  });

  test.each(['bytes=5-1', 'bytes=-', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=a-b'])(
    '%s is no range: all of it',
    async (range) => {
      expect(await ask('GET', `/${TOKEN}/golden.qcow2`, { range })).toMatchObject({
        status: 200,
        length: '1000',
      });
    },
  );

  test('a range of another version is answered as a whole', async () => {
    const { headers } = await ask('HEAD', `/${TOKEN}/golden.qcow2`);
    const range = { range: 'bytes=0-9' };
    expect(await ask('GET', `/${TOKEN}/golden.qcow2`, { ...range, 'if-range': headers.etag! })).toMatchObject(
      { status: 206 },
    );
    expect(await ask('GET', `/${TOKEN}/golden.qcow2`, { ...range, 'if-range': '"other"' })).toMatchObject({
      status: 200,
    });
  });

  test('several requests share one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = [];
    for (const path of [`/${TOKEN}/golden.qcow2`, '/nothing', `/${TOKEN}/golden.qcow2`]) {
      ports.push((await ask('GET', path, {}, agent)).localPort);
    }
    agent.destroy();
    expect(new Set(ports).size).toBe(1);
  });

  test('what is served is told, without the secret path', async () => {
    await ask('HEAD', `/${TOKEN}/golden.qcow2`);
    // Answers and words take different ways.
    while (!said.includes('serve: HEAD golden.qcow2 200 for 127.0.0.1\n')) await pause();
    expect(said).not.toContain(TOKEN);
  });
});

describe('everything else', () => {
  test.each([
    '/',
    `/${TOKEN}`,
    `/${TOKEN}/`,
    `/${TOKEN}/other.txt`,
    `/${TOKEN}/token`,
    `/${TOKEN}/../golden.qcow2`,
    `/${TOKEN}x/golden.qcow2`,
    `/${TOKEN}//golden.qcow2`,
    '//golden.qcow2',
    '/golden.qcow2',
    '/a-token-of-24-characterS/golden.qcow2',
    `/${TOKEN}/golden.qcow2/`,
    '/%00/golden.qcow2',
  ])('%s is not found', async (path) => {
    expect(await ask('GET', path)).toMatchObject({ status: 404, body: Buffer.from('Not Found\n') });
  });

  test('a file that is not there yet is not found', async () => {
    expect(await ask('GET', `/${TOKEN}/status.json`)).toMatchObject({ status: 404 });
  });

  test('the status is JSON that nobody keeps', async () => {
    await writeFile(join(folder, 'status.json'), '{"phase":"download"}');
    const answer = await ask('GET', `/${TOKEN}/status.json?x=1`);
    expect(answer).toMatchObject({ status: 200, body: Buffer.from('{"phase":"download"}') });
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    await rm(join(folder, 'status.json'));
  });

  test('the log is read in ranges, and that is not told', async () => {
    await writeFile(join(folder, 'log'), 'one\ntwo\n');
    const path = `/${TOKEN}/log`;
    expect(await ask('GET', path, { range: 'bytes=4-1048575' })).toMatchObject({
      status: 206,
      body: Buffer.from('two\n'),
    });
    const nothing = await ask('GET', path, { range: 'bytes=8-1048575' });
    expect([nothing.status, nothing.headers['content-range']]).toEqual([416, 'bytes */8']);
    expect(said).not.toContain('log');
    await rm(join(folder, 'log'));
  });

  test('other methods are refused', async () => {
    expect((await ask('PUT', `/${TOKEN}/golden.qcow2`)).status).toBe(501);
    expect((await ask('DELETE', `/${TOKEN}/golden.qcow2`)).status).toBe(501);
  });

  test('nonsense on the line does not end the server', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end('\x00\xff nonsense\r\n\r\n'));
      socket
        .on('close', () => resolve())
        .on('error', () => {})
        .resume();
    });
    expect((await ask('HEAD', `/${TOKEN}/golden.qcow2`)).status).toBe(200);
  });
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined> & { etag?: string };
  readonly length: string | undefined;
  readonly body: Buffer;
  readonly localPort: number | undefined;
}

function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  agent?: Agent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers, ...(agent && { agent }) },
      (response) => {
        const chunks: Buffer[] = [];
        const localPort = response.socket.localPort;
        response
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () =>
            resolve({
              status: response.statusCode!,
              headers: response.headers as Answer['headers'],
              length: response.headers['content-length'],
              body: Buffer.concat(chunks),
              localPort,
            }),
          );
      },
    );
    sent.on('error', reject).end();
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: free } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

async function untilItAnswers(): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const answered = await ask('HEAD', '/').then(
      () => true,
      () => false,
    );
    if (answered) return;
    await pause();
  }
  throw new Error('the server does not answer');
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
