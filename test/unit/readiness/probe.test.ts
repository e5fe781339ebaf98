import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';
import { CancelledError } from '../../../src/base/errors.ts';
import type { Lookup } from '../../../src/readiness/connect.ts';
import type { ProbeFacts } from '../../../src/readiness/facts.ts';
import { planWait, type WaitRequest } from '../../../src/readiness/plan.ts';
import { type ConnectionOptions, createProber } from '../../../src/readiness/probe.ts';
import { describeIf } from '../../requirements.ts';
import { makeCertificates, type TestCertificates } from './certificates.ts';
import { patientClock } from './patient-clock.ts';
import { connection, request } from './requests.ts';
import { closeServers, fullPort, http, https, tcp } from './servers.ts';

afterEach(closeServers);

interface Options {
  request?: Partial<WaitRequest>;
  connection?: Partial<ConnectionOptions>;
  lookup?: Lookup;
  signal?: AbortSignal;
}

async function probe(url: string, options: Options = {}): Promise<ProbeFacts> {
  const plan = planWait(request({ urls: [new URL(url)], requestTimeout: 2000, ...options.request }));
  const prober = createProber(connection(options.connection), patientClock, options.lookup);
  return prober.probe(plan.targets[0]!.target, 2000, options.signal ?? new AbortController().signal);
}

const echo = (seen: IncomingMessage, response: ServerResponse) => {
  const { method, url, headers } = seen;
  response.end(JSON.stringify({ method, url, headers }));
};
const seenBy = (facts: ProbeFacts) =>
  JSON.parse(facts.answer!.body) as { method: string; url: string; headers: Record<string, string> };

describe('a try', () => {
  test('gives status, headers, body, and who answered', async () => {
    const port = await http((_request, response) => {
      response.setHeader('X-Many', ['a', 'b']);
      response.writeHead(201, 'Made').end('hello');
    });
    const facts = await probe(`http://127.0.0.1:${port}/x`);
    expect(facts).toMatchObject({ url: `http://127.0.0.1:${port}/x`, peer: `127.0.0.1:${port}` });
    expect(facts.answer).toMatchObject({ status: 201, statusText: 'Made', body: 'hello', truncated: false });
    expect(facts.answer!.headers['x-many']).toBe('a, b');
  });

  test('sends method, query, headers, basic auth and body', async () => {
    const port = await http(async (seen, response) => {
      const text = Buffer.concat(await seen.toArray()).toString();
      response.end(
        JSON.stringify({ method: seen.method, url: seen.url, headers: { ...seen.headers, text } }),
      );
    });
    const seen = seenBy(
      await probe(`http://127.0.0.1:${port}/a?b=c`, {
        request: {
          method: 'POST',
          headers: { 'x-a': '1', host: 'app.example' },
          basicAuth: { user: 'u', password: 'p:w' },
          body: 'ünf',
        },
      }),
    );
    expect(seen).toMatchObject({ method: 'POST', url: '/a?b=c' });
    expect(seen.headers).toMatchObject({
      'x-a': '1',
      host: 'app.example',
      authorization: `Basic ${Buffer.from('u:p:w').toString('base64')}`,
      'content-length': '4',
      text: 'ünf',
    });
  });

  test('unpacks a body that the server packs all the same', async () => {
    const port = await http((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked'));
    });
    expect((await probe(`http://127.0.0.1:${port}/`)).answer!.body).toBe('unpacked');
  });

  test('reads no more of a body than its limit', async () => {
    const port = await http((_request, response) => response.end('x'.repeat(200_000)));
    const { answer } = await probe(`http://127.0.0.1:${port}/`);
    expect(answer).toMatchObject({ truncated: true });
    expect(answer!.body).toHaveLength(64 << 10);
  });

  test('takes 101 as an answer', async () => {
    const port = await tcp((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      );
    });
    expect((await probe(`http://127.0.0.1:${port}/`)).answer).toMatchObject({ status: 101, body: '' });
  });

  test('leaves no connection open', async () => {
    let closed: Promise<void> | undefined;
    const port = await tcp((socket) => {
      closed = new Promise((resolve) => socket.once('close', () => resolve()));
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    await probe(`http://127.0.0.1:${port}/`);
    await closed;
  });

  test('ends with the reason of a cancelled run', async () => {
    const port = await tcp(() => {});
    const stop = new AbortController();
    const trying = probe(`http://127.0.0.1:${port}/`, { signal: stop.signal });
    setImmediate(() => stop.abort(new CancelledError()));
    await expect(trying).rejects.toThrow(CancelledError);
  });
});

describe('redirects', () => {
  test('are followed, without credentials and Host to another origin', async () => {
    const other = await http(echo);
    const port = await http((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${other}/there?x=1` }).end();
    });
    const facts = await probe(`http://127.0.0.1:${port}/`, {
      request: {
        headers: { authorization: 'Bearer s3cret', 'x-api-key': 'k', host: 'app.example', 'x-plain': '1' },
      },
    });
    expect(facts.url).toBe(`http://127.0.0.1:${other}/there?x=1`);
    const { headers } = seenBy(facts);
    expect(headers).toMatchObject({ host: `127.0.0.1:${other}`, 'x-plain': '1' });
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('x-api-key');
  });

  test('within an origin keep what was sent', async () => {
    const port = await http((seen, response) => {
      if (seen.url === '/') response.writeHead(302, { location: '/b' }).end();
      else echo(seen, response);
    });
    const facts = await probe(`http://127.0.0.1:${port}/`, {
      request: { headers: { authorization: 'Bearer x' } },
    });
    expect(seenBy(facts)).toMatchObject({ url: '/b', headers: { authorization: 'Bearer x' } });
  });

  test('with none allowed are answers', async () => {
    const port = await http((_request, response) => response.writeHead(302, { location: '/b' }).end());
    const facts = await probe(`http://127.0.0.1:${port}/`, { request: { redirects: 0 } });
    expect(facts.answer).toMatchObject({ status: 302, headers: { location: '/b' } });
  });
});

describe('addresses', () => {
  test('resolve takes the place of DNS, also for one port only', async () => {
    const port = await http(echo);
    const lookup = () => Promise.reject(new Error('DNS was asked'));
    for (const resolve of [{ 'app.example': '127.0.0.1' }, { [`app.example:${port}`]: '127.0.0.1' }]) {
      const facts = await probe(`http://app.example:${port}/`, { connection: { resolve }, lookup });
      expect(seenBy(facts).headers.host).toBe(`app.example:${port}`);
    }
  });

  test('localhost is tried in both families', async () => {
    const port = await http(echo, '::1');
    expect((await probe(`http://localhost:${port}/`)).peer).toBe(`[::1]:${port}`);
  });

  test('the next one is tried while the first does not answer', async () => {
    const port = await fullPort();
    await http(echo, '::1').catch(() => 0);
    const facts = await probe(`http://app.example:${port}/`, {
      lookup: async () => [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ],
      request: { connectTimeout: 1000 },
    });
    // Nothing listens on ::1 at that port, and that is known although 127.0.0.1 has said nothing yet.
    expect(facts.failure).toMatchObject({ kind: 'timeout', stage: 'connect' });
    expect(facts.duration).toBeGreaterThan(900);
  });

  test('are asked for once for tries at the same time', async () => {
    let asked = 0;
    const port = await http(echo);
    const prober = createProber(connection(), systemClock, async () => {
      asked++;
      await systemClock.sleep(20);
      return [{ address: '127.0.0.1', family: 4 }];
    });
    const { target } = planWait(request({ urls: [new URL(`http://app.example:${port}/`)] })).targets[0]!;
    const signal = new AbortController().signal;
    await Promise.all([1, 2, 3].map(() => prober.probe(target, 1000, signal)));
    expect(asked).toBe(1);
  });
});

describe('proxies', () => {
  const viaProxy = (port: number, user = ''): Options => ({
    connection: {
      proxies: {
        http_proxy: `http://${user}127.0.0.1:${port}`,
        https_proxy: `http://${user}127.0.0.1:${port}`,
      },
    },
  });

  test('get the whole URL of http, and their own password', async () => {
    const port = await http(echo);
    const seen = seenBy(await probe('http://app.example/a?b', viaProxy(port, 'u:p@')));
    expect(seen.url).toBe('http://app.example/a?b');
    expect(seen.headers).toMatchObject({
      host: 'app.example',
      'proxy-authorization': `Basic ${Buffer.from('u:p').toString('base64')}`,
    });
  });

  test('are not used for what no_proxy lists', async () => {
    const port = await http(echo);
    const facts = await probe(`http://app.example:${port}/`, {
      connection: {
        proxies: { http_proxy: 'http://127.0.0.1:1', no_proxy: '.example' },
        resolve: { 'app.example': '127.0.0.1' },
      },
    });
    expect(facts.answer!.status).toBe(200);
  });
});

describeIf('openssl', 'TLS', () => {
  let folder: string;
  let certificates: TestCertificates;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-probe-'));
    certificates = await makeCertificates(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const tls = (more: Partial<ConnectionOptions['tls']>) => ({
    connection: { tls: { ...connection().tls, ...more } },
  });
  const ca = () => [certificates.authority.certificate];

  test('a CA that is given is trusted', async () => {
    const port = await https(certificates.good);
    expect((await probe(`https://localhost:${port}/`, tls({ ca: ca() }))).answer!.status).toBe(200);
    expect((await probe(`https://127.0.0.1:${port}/`, tls({ ca: ca() }))).answer!.status).toBe(200);
  });

  test('another server name may be asked for', async () => {
    const port = await https(certificates.elsewhere);
    const facts = await probe(`https://127.0.0.1:${port}/`, tls({ ca: ca(), serverName: 'other.example' }));
    expect(facts.answer!.status).toBe(200);
  });

  test('insecure takes anything', async () => {
    const port = await https(certificates.expired);
    expect((await probe(`https://127.0.0.1:${port}/`, tls({ insecure: true }))).answer!.status).toBe(200);
  });

  test('a client certificate is shown', async () => {
    const port = await https({ ...certificates.good, requestCert: true, ca: ca() });
    const { cert: certificate, key } = await certificates.authority.issueClient({
      commonName: 'ci',
      organisation: 'example',
    });
    const facts = await probe(`https://localhost:${port}/`, tls({ ca: ca(), client: { certificate, key } }));
    expect(facts.answer!.status).toBe(200);
  });

  test.each([
    [
      'that do not belong together',
      () => ({ certificate: certificates.good.cert, key: certificates.own.key }),
      /do not belong/,
    ],
    [
      'that cannot be read',
      () => ({ certificate: certificates.good.cert, key: 'nothing' }),
      /cannot be read/,
    ],
  ])('a client certificate and a key %s are refused at once', (_name, client, text) => {
    const options = connection({ tls: { ...connection().tls, client: client() } });
    expect(() => createProber(options, systemClock)).toThrow(text);
  });

  test('a proxy makes a tunnel to a server of TLS', async () => {
    const port = await https(certificates.elsewhere);
    let asked = '';
    const proxy = await tcp((socket: Socket) => {
      socket.once('data', (data) => {
        asked = String(data).split('\r\n')[0]!;
        const onward = connect(port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          socket.pipe(onward).pipe(socket);
        });
        onward.on('error', () => socket.destroy());
      });
    });
    const facts = await probe('https://other.example/', {
      connection: {
        proxies: { https_proxy: `http://127.0.0.1:${proxy}` },
        tls: { ...connection().tls, ca: ca() },
      },
    });
    expect(asked).toBe('CONNECT other.example:443 HTTP/1.1');
    expect(facts.answer!.status).toBe(200);
  });
});
