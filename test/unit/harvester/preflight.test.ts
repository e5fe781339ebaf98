import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { createHttp } from '../../../src/base/http.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { checkUrl } from '../../../src/harvester/preflight.ts';

const http = createHttp();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => http.close());

const image = Buffer.alloc(4096);
image.write('QFI\xfb', 'latin1');
image.writeUInt32BE(3, 4);
image.writeBigUInt64BE(1n << 30n, 24);

/** What a good server does. */
const good: RequestListener = ({ method, headers }, response) => {
  if (method === 'HEAD') return response.writeHead(200, { 'content-length': image.length }).end();
  const [, end] = /^bytes=0-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (end === undefined) return response.writeHead(200).end(image);
  const part = image.subarray(0, Number(end) + 1);
  return response.writeHead(206, { 'content-range': `bytes 0-${end}/${image.length}` }).end(part);
};

async function check(listener: RequestListener, backend?: 'cdi') {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const lines: string[] = [];
  const log = {
    ...silentLogger,
    info: (line: string) => lines.push(line),
    warning: (line: string) => lines.push(line),
  };
  const { port } = server.address() as AddressInfo;
  const facts = await checkUrl(`http://127.0.0.1:${port}/disk.qcow2?token=secret`, backend, { http, log });
  return { facts, lines };
}

const always =
  (status: number, body: string | Buffer = ''): RequestListener =>
  ({ method }, response) =>
    void response.writeHead(status).end(method === 'HEAD' ? undefined : body);

test('learns size, format, disk size and that parts are served', async () => {
  const { facts, lines } = await check(good, 'cdi');
  expect(facts).toEqual({ size: 4096, content: { format: 'qcow2', virtualSize: 2 ** 30 }, ranges: true });
  expect(lines.join()).toMatch(/disk.qcow2: qcow2 image of a disk of 1.0 GiB, 4.0 KiB/);
  expect(lines.join()).not.toContain('secret');
});

test('reads no more of a server without parts than it needs', async () => {
  let sent = 0;
  const endless: RequestListener = ({ method }, response) => {
    response.writeHead(200);
    if (method === 'HEAD') return void response.end();
    const more = () => {
      while (!response.destroyed && sent < 1 << 30) {
        sent += image.length;
        if (!response.write(image)) return void response.once('drain', more);
      }
    };
    more();
  };
  const { facts } = await check(endless);
  expect(facts).toMatchObject({ ranges: false, content: { format: 'qcow2' } });
  expect(sent).toBeLessThan(64 << 20);
});

test.each([
  ['404', always(404), 'URL_STATUS', /answers 404/],
  ['403', always(403), 'URL_STATUS', /answers 403/],
  [
    'a URL signed for GET alone',
    ((request, response) =>
      request.method === 'HEAD'
        ? always(403)(request, response)
        : good(request, response)) as RequestListener,
    'URL_NO_HEAD',
    /403 to HEAD/,
  ],
  ['a login page', always(200, '<html><body>Sign in</body></html>'), 'IMAGE_FORMAT', /HTML page/],
  ['an error with status 200', always(200, '<?xml version="1.0"?><Error/>'), 'IMAGE_FORMAT', /XML/],
  ['a compressed image', always(200, Buffer.from('fd377a585a000000', 'hex')), 'IMAGE_FORMAT', /xz/],
  ['an empty file', always(200), 'IMAGE_EMPTY', /empty/],
])('refuses %s', async (_name, listener, code, message) => {
  await expect(check(listener)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

const chunked: RequestListener = (request, response) =>
  request.method === 'HEAD'
    ? void response.writeHead(200, { 'transfer-encoding': 'chunked' }).end()
    : void response.writeHead(200).end(image);

test('cdi needs a length', () =>
  expect(check(chunked, 'cdi')).rejects.toMatchObject({ code: 'URL_NO_LENGTH' }));
test('cdi needs parts', () =>
  expect(
    check(
      ({ method }, response) =>
        void response
          .writeHead(200, { 'content-length': image.length })
          .end(method === 'HEAD' ? undefined : image),
      'cdi',
    ),
  ).rejects.toMatchObject({ code: 'URL_NO_RANGE' }));
test('the default backend needs neither', async () => {
  const { lines } = await check(chunked);
  expect(lines.join()).toMatch(/no parts.*does not say the length/s);
});

test('a server that this machine cannot reach is a warning', async () => {
  const lines: string[] = [];
  const log = { ...silentLogger, warning: (line: string) => lines.push(line) };
  expect(await checkUrl('http://127.0.0.1:9/x', undefined, { http, log })).toEqual({});
  expect(lines[0]).toMatch(/cannot look at the source .*nothing listens.*nodes of Harvester/);
});
