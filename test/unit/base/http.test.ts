import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openAuthority } from '../../../lab/authority.ts';
import { CancelledError } from '../../../src/base/errors.ts';
import { createHttp, type Http } from '../../../src/base/http.ts';
import { withTempFolder } from '../../../src/base/temp.ts';
import { describeIf } from '../../requirements.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];
const clients: Http[] = [];

/** Starts a server that answers by path; what it does not know is 404. */
function serve(
  answers: Record<string, Answer> | 'by itself',
  server: Server = createServer(),
  host = '127.0.0.1',
) {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (answers === 'by itself') return;
    const answer = answers[new URL(request.url!, 'http://x').pathname];
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  servers.push(server);
  return new Promise<string>((resolve) => {
    server.listen(0, host, () => resolve(`http://localhost:${(server.address() as AddressInfo).port}`));
  });
}

function client(options: Parameters<typeof createHttp>[0] = {}): Http {
  const http = createHttp(options);
  clients.push(http);
  return http;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString();
}

afterEach(async () => {
  for (const http of clients.splice(0)) await http.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('a request', () => {
  test('carries method, headers, query and body, and returns status, headers and text', async () => {
    const base = await serve({
      '/echo': async (request, response) => {
        const seen = { method: request.method, url: request.url, header: request.headers['x-a'] };
        response.setHeader('X-Many', ['a', 'b']);
        response.writeHead(201).end(JSON.stringify({ ...seen, body: await bodyOf(request) }));
      },
    });
    const answer = await client().request(`${base}/echo?q=1`, {
      method: 'PUT',
      headers: { 'X-A': '1' },
      body: 'hi',
    });
    expect(answer).toMatchObject({ status: 201, url: `${base}/echo?q=1`, headers: { 'x-many': 'a, b' } });
    expect(JSON.parse(await answer.text())).toEqual({
      method: 'PUT',
      url: '/echo?q=1',
      header: '1',
      body: 'hi',
    });
  });

  test('any status is an answer', async () => {
    const base = await serve({ '/': (_, response) => void response.writeHead(503).end('later') });
    expect(await client().request(base)).toMatchObject({ status: 503 });
  });

  test('a stream is sent as it comes', async () => {
    const base = await serve({ '/': async (request, response) => void response.end(await bodyOf(request)) });
    const answer = await client().request(base, { method: 'POST', body: Readable.from(['a', 'b']) });
    expect(await answer.text()).toBe('ab');
  });

  test('user and password of the URL become basic authorization, unless a header says otherwise', async () => {
    const base = await serve({
      '/': (request, response) => void response.end(request.headers.authorization),
    });
    const url = base.replace('//', '//us%C3%A9r:p%40ss@');
    expect(await (await client().request(url)).text()).toBe(
      `Basic ${Buffer.from('usér:p@ss').toString('base64')}`,
    );
    const bearer = await client().request(url, { headers: { Authorization: 'Bearer x' } });
    expect(await bearer.text()).toBe('Bearer x');
  });

  test('an IPv6 address is reached', async () => {
    const base = await serve({ '/': (_, response) => void response.end('six') }, createServer(), '::1');
    expect(await (await client().request(base.replace('localhost', '[::1]'))).text()).toBe('six');
  });

  test.each(['ftp://host/x', 'not a url', 'https://'])('%s is a mistake of the user', async (url) => {
    await expect(client().request(url)).rejects.toMatchObject({ name: 'UserError', code: 'HTTP_URL' });
  });
});

describe('a redirect', () => {
  const to = (location: string, status = 302): Answer => {
    return (_, response) => void response.writeHead(status, { location }).end('moved');
  };
  const showing: Answer = async (request, response) => {
    const { authorization, cookie, 'x-api-key': key, accept } = request.headers;
    response.end(
      JSON.stringify({
        method: request.method,
        authorization,
        cookie,
        key,
        accept,
        body: await bodyOf(request),
      }),
    );
  };
  const secrets = { Authorization: 'Bearer s', Cookie: 'c=1', 'X-Api-Key': 'k', Accept: 'text/plain' };

  test('is followed, relative ones too, and the final URL is told', async () => {
    const base = await serve({ '/a': to('b'), '/b': to('/c'), '/c': showing });
    expect(await client().request(`${base}/a`)).toMatchObject({ status: 200, url: `${base}/c` });
  });

  test('keeps credentials within the origin', async () => {
    const base = await serve({ '/a': to('/b'), '/b': showing });
    const answer = await client().request(`${base}/a`, { headers: secrets });
    expect(JSON.parse(await answer.text())).toMatchObject({
      authorization: 'Bearer s',
      cookie: 'c=1',
      key: 'k',
    });
  });

  test('drops credentials for another origin, a port is enough', async () => {
    const other = await serve({ '/b': showing });
    const base = await serve({ '/a': to(`${other}/b`) });
    const answer = await client().request(`${base}/a`, { headers: secrets });
    expect(JSON.parse(await answer.text())).toEqual({ method: 'GET', accept: 'text/plain', body: '' });
  });

  test.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'data'],
    [308, 'PUT', 'PUT', 'data'],
    [301, 'PUT', 'PUT', 'data'],
  ])('%d of %s becomes %s', async (status, method, becomes, body) => {
    const base = await serve({ '/a': to('/b', status), '/b': showing });
    const answer = await client().request(`${base}/a`, { method, body: 'data' });
    expect(JSON.parse(await answer.text())).toMatchObject({ method: becomes, body });
  });

  test('a stream is not sent twice', async () => {
    const base = await serve({ '/a': to('/b', 307) });
    const sending = client().request(`${base}/a`, { method: 'PUT', body: Readable.from(['x']) });
    await expect(sending).rejects.toMatchObject({ code: 'HTTP_REDIRECTS' });
  });

  test('a loop ends', async () => {
    const base = await serve({ '/a': to('/a?token=secret') });
    await expect(client().request(`${base}/a`)).rejects.toMatchObject({
      code: 'HTTP_REDIRECTS',
      message: `${base}/a redirects more than 5 times.`,
    });
  });

  test('none is followed if none is wanted', async () => {
    const base = await serve({ '/a': to('/b') });
    expect(await client().request(`${base}/a`, { redirects: 0 })).toMatchObject({ status: 302 });
  });

  test('to what is no http URL is refused', async () => {
    const base = await serve({ '/a': to('file:///etc/passwd') });
    await expect(client().request(`${base}/a`)).rejects.toMatchObject({ code: 'HTTP_REDIRECTS' });
  });
});

describe('the body', () => {
  const big: Answer = (_, response) => void response.end('x'.repeat(5000));

  test('as text is bounded', async () => {
    const base = await serve({ '/': big });
    await expect((await client().request(base)).text(4999)).rejects.toMatchObject({ code: 'HTTP_TOO_LARGE' });
    expect(await (await client().request(base)).text(5000)).toHaveLength(5000);
  });

  test('that is cut on the way fails in our words', async () => {
    const base = await serve({
      '/': (_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('half');
        setImmediate(() => response.destroy());
      },
    });
    const { body } = await client().request(base);
    await expect(body.toArray()).rejects.toMatchObject({ name: 'EnvironmentError', code: 'HTTP_RESET' });
  });

  test('that nobody reads is cut off by destroying it', async () => {
    const closed = Promise.withResolvers<void>();
    const base = await serve({
      '/': (_, response) => {
        response.on('close', () => closed.resolve());
        response.write('x'.repeat(1 << 20));
      },
    });
    (await client().request(base)).body.destroy();
    await closed.promise;
  });

  test('that nobody reads does not end the process when its connection does', async () => {
    const base = await serve({ '/': (_, response) => void response.write('first') });
    const http = client();
    const { body } = await http.request(base);
    await http.close();
    await expect(body.toArray()).rejects.toMatchObject({ name: 'EnvironmentError' });
  });

  test('that is being read ends when cancelled, with the reason of the cancellation', async () => {
    const base = await serve({ '/': (_, response) => void response.write('first') });
    const stop = new AbortController();
    const { body } = await client().request(base, { signal: stop.signal });
    body.once('data', () => stop.abort());
    await expect(body.toArray()).rejects.toThrow(CancelledError);
  });
});

describe('a failure', () => {
  test('nothing listens', async () => {
    const base = await serve({});
    servers.pop()!.close();
    await expect(client().request(`${base}/x?token=secret`)).rejects.toMatchObject({
      name: 'EnvironmentError',
      code: 'HTTP_REFUSED',
      message: `${base}/x: nothing listens on that port.`,
      mend: expect.stringContaining('port'),
    });
  });

  test('no such host', async () => {
    await expect(client().request('http://no-such-host.invalid/')).rejects.toMatchObject({
      code: 'HTTP_DNS',
    });
  });

  test('no answer in time', async () => {
    const base = await serve({ '/': () => {} });
    await expect(client().request(base, { timeout: 50 })).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
  });

  test('the connection is cut before the answer', async () => {
    const base = await serve({ '/': (request) => void request.socket.destroy() });
    await expect(client().request(base)).rejects.toMatchObject({ code: 'HTTP_RESET' });
  });

  test('cancelled before and while it waits', async () => {
    const base = await serve({ '/': () => stop.abort() });
    const stop = new AbortController();
    await expect(client().request(base, { signal: stop.signal })).rejects.toThrow(CancelledError);
    await expect(client().request(base, { signal: stop.signal })).rejects.toThrow(CancelledError);
  });
});

/** A proxy that notes what it is asked: whole URLs for http, CONNECT for https. */
async function startProxy(refuse?: number) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    response.end('from the proxy');
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${request.url}`);
    if (refuse) return socket.end(`HTTP/1.1 ${refuse} Refused\r\n\r\n`);
    const [host = '', port] = request.url!.split(':');
    const target = connect(Number(port), host.replace('target.test', '127.0.0.1'), () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    return socket.on('error', () => target.destroy());
  });
  return { url: await serve('by itself', server), seen };
}

describe('a proxy', () => {
  test('gets plain requests whole, with its user and password', async () => {
    const proxy = await startProxy();
    const http = client({ env: { http_proxy: proxy.url.replace('//', '//me:pw@') } });
    expect(await (await http.request('http://target.test/path')).text()).toBe('from the proxy');
    const basic = Buffer.from('me:pw').toString('base64');
    expect(proxy.seen).toEqual([`GET http://target.test/path Basic ${basic}`]);
  });

  test('that refuses the tunnel is named, without its password', async () => {
    const proxy = await startProxy(407);
    const http = client({ env: { https_proxy: proxy.url.replace('//', '//me:geheim@') } });
    const error = await http.request('https://target.test/').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'HTTP_PROXY', mend: expect.stringContaining('password') });
    expect(error.message).toBe(
      `https://target.test/: the proxy answered 407 (through the proxy ${proxy.url}/).`,
    );
  });

  test('that is not there is named', async () => {
    const http = client({ env: { http_proxy: 'http://127.0.0.1:1' } });
    await expect(http.request('http://target.test/')).rejects.toMatchObject({
      code: 'HTTP_REFUSED',
      message: expect.stringContaining('through the proxy http://127.0.0.1:1/'),
    });
  });

  test('is left out for loopback and no_proxy', async () => {
    const base = await serve({ '/': (_, response) => void response.end('direct') });
    const http = client({ env: { http_proxy: 'http://127.0.0.1:1' } });
    expect(await (await http.request(base)).text()).toBe('direct');
  });
});

let authority: { ca: string; issue: (names: string[]) => Promise<{ cert: string; key: string }> };

async function startTls(names: string[]) {
  const server = createTlsServer(await authority.issue(names));
  const url = await serve(
    { '/': (_, response) => void response.end('private') },
    server as unknown as Server,
  );
  return { url: url.replace('http:', 'https:'), ca: authority.ca };
}

describeIf('openssl', 'TLS', () => {
  let release: () => void;
  let folderGone: Promise<void>;

  beforeAll(
    () =>
      new Promise<void>((ready, failed) => {
        folderGone = withTempFolder(async (folder) => {
          const { certificate, issue } = await openAuthority(folder);
          authority = { ca: certificate, issue };
          ready();
          await new Promise<void>((resolve) => (release = resolve));
        });
        folderGone.catch(failed);
      }),
  );

  afterAll(async () => {
    release();
    await folderGone;
  });

  test('an own CA is trusted', async () => {
    const { url, ca } = await startTls(['localhost']);
    expect(await (await client({ ca: [ca] }).request(url)).text()).toBe('private');
  });

  test('an unknown CA is refused, and the mend asks for it', async () => {
    const { url } = await startTls(['localhost']);
    await expect(client().request(url)).rejects.toMatchObject({
      code: 'HTTP_TLS',
      message: expect.stringContaining('TLS handshake failed: '),
      mend: expect.stringContaining('CA certificate'),
    });
  });

  test('a certificate for another name is refused', async () => {
    const { url, ca } = await startTls(['other.example']);
    await expect(client({ ca: [ca] }).request(url)).rejects.toMatchObject({ code: 'HTTP_TLS' });
  });

  test('https to a plain server is named as TLS, not as a riddle', async () => {
    const base = await serve({});
    await expect(client().request(base.replace('http:', 'https:'))).rejects.toMatchObject({
      code: 'HTTP_TLS',
    });
  });

  test('goes through the tunnel of a proxy, and the own CA counts inside the tunnel', async () => {
    const proxy = await startProxy();
    const { url, ca } = await startTls(['target.test']);
    const http = client({ ca: [ca], env: { https_proxy: proxy.url } });
    const target = url.replace('localhost', 'target.test');
    expect(await (await http.request(target)).text()).toBe('private');
    expect(proxy.seen).toEqual([`CONNECT ${new URL(target).host}`]);
  });
});
