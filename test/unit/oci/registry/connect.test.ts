import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Authority, type IssuedCertificate, openAuthority } from '../../../../lab/authority.ts';
import { startRegistry } from '../../../../lab/registry/start.ts';
import { dialAddress } from '../../../../src/base/dial.ts';
import { describeIf } from '../../../requirements.ts';
import { blobOf, client, MIB, manifestOf } from './bench.ts';
import { startScript } from './scripted-server.ts';

const open: { close(): Promise<unknown> }[] = [];
const DIGEST = blobOf(100).digest;

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

function connected(options: Parameters<typeof client>[0], context: Parameters<typeof client>[1] = {}) {
  const made = client(options, context);
  open.push(made.registry);
  return made.registry;
}

async function lab(options: Parameters<typeof startRegistry>[0] = {}) {
  const server = await startRegistry(options);
  open.push(server);
  return server;
}

describe('a host that is resolved by hand', () => {
  test('is dialled there, and named as ever', async () => {
    const server = await lab();
    const registry = connected({
      host: 'harbor.example.com',
      resolve: [`harbor.example.com=127.0.0.1:${server.port}`],
    });
    expect(await registry.headBlob('a/b', DIGEST)).toBeUndefined();
    expect(server.requests[0]!.headers.host).toBe('harbor.example.com');
  });

  test('needs no proxy', async () => {
    const server = await lab();
    const env = { http_proxy: 'http://127.0.0.1:1' };
    const registry = connected({ host: 'r.io', resolve: [`r.io:80=127.0.0.1:${server.port}`] }, { env });
    expect(await registry.headBlob('a/b', DIGEST)).toBeUndefined();
  });

  test.each(['r.io', 'r.io=', '=1.2.3.4', 'r.io=1.2.3.4:99999', 'a b=c', 'r.io=1=2'])(
    '"%s" is refused',
    (line) =>
      expect(() => connected({ host: 'r.io', resolve: [line] })).toThrow(
        expect.objectContaining({ name: 'UserError', code: 'RESOLVE_INVALID' }),
      ),
  );
});

describe('a way of its own', () => {
  test('carries all of a push: token, upload and manifest, whatever scheme the registry names', async () => {
    const accounts = { ci: { password: 'Planted-Passw0rd' } };
    const realm = 'https://harbor.example.com/token';
    const server = await lab({ auth: { kind: 'bearer', accounts, realm } });
    const dialled: string[] = [];
    const way = dialAddress('127.0.0.1', server.port);
    const registry = connected({
      host: 'harbor.example.com',
      credentials: { username: 'ci', password: 'Planted-Passw0rd' },
      dial: (host, port, signal) => {
        dialled.push(`${host}:${port}`);
        return way(host, port, signal);
      },
    });
    const [config, layer] = [blobOf(100), blobOf(3 * MIB, 2)];
    for (const blob of [config, layer]) await registry.ensureBlob('a/b', blob);
    await registry.putManifest('a/b', 'v1', manifestOf(config, layer));
    expect(await server.tags('a/b')).toEqual(['v1']);
    expect(new Set(dialled)).toEqual(new Set(['harbor.example.com:80']));
  });

  test('that breaks in the middle is dialled again', async () => {
    const server = await lab();
    const sockets: Socket[] = [];
    const registry = connected({
      host: 'r.io',
      dial: async () => {
        const socket = connect(server.port, '127.0.0.1');
        sockets.push(socket);
        if (sockets.length === 1) socket.once('data', () => setTimeout(() => socket.destroy(), 5));
        return socket;
      },
    });
    await registry.ensureBlob('a/b', blobOf(8 * MIB));
    expect(sockets.length).toBeGreaterThan(1);
  });

  test('that leads nowhere is told as it was', async () => {
    const registry = connected({ host: 'r.io', dial: dialAddress('127.0.0.1', 1) });
    await expect(registry.headBlob('a/b', DIGEST)).rejects.toMatchObject({ code: 'HTTP_REFUSED' });
  });
});

describe('what is no registry', () => {
  test.each([
    ['REGISTRY_NOT_FOUND', { on: 'GET /v2/', status: 404 }],
    ['REGISTRY_PROTOCOL', { on: 'GET /v2/', headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['REGISTRY_SCHEME', { on: 'GET /v2/', status: 301, headers: { location: 'https://r.io/v2/' } }],
    [
      'REGISTRY_SCHEME',
      { on: 'GET /v2/', status: 400, body: 'Client sent an HTTP request to an HTTPS server.' },
    ],
    ['REGISTRY_REFUSED', { on: 'GET /v2/', status: 410 }],
  ])('%s', async (code, line) => {
    const server = await startScript([line]);
    open.push(server);
    await expect(connected({ host: server.host }).headBlob('a/b', DIGEST)).rejects.toMatchObject({ code });
    server.check();
  });

  test('REGISTRY_SCHEME, where TLS is spoken to what has none', async () => {
    const server = await lab();
    const registry = connected({ host: server.host, plainHttp: false });
    await expect(registry.headBlob('a/b', DIGEST)).rejects.toMatchObject({
      code: 'REGISTRY_SCHEME',
      mend: expect.stringContaining('plain-http: true'),
    });
  });
});

describeIf('openssl', 'TLS', () => {
  let folder: string;
  let authority: Authority;
  let certificate: IssuedCertificate;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-'));
    authority = await openAuthority(folder);
    certificate = await authority.issue(['registry.example.com']);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const there = (port: number, more: object = {}) =>
    connected({
      host: 'registry.example.com',
      plainHttp: false,
      resolve: [`registry.example.com=127.0.0.1:${port}`],
      ...more,
    });

  test('is trusted by the CA that was given, by name though dialled by address', async () => {
    const server = await lab({ tls: certificate });
    const registry = there(server.port, { ca: [authority.certificate] });
    expect(await registry.ensureBlob('a/b', blobOf(2 * MIB))).toMatchObject({ how: 'uploaded' });
  });

  test('of an unknown CA is refused, with the mend', async () => {
    const server = await lab({ tls: certificate });
    await expect(there(server.port).headBlob('a/b', DIGEST)).rejects.toMatchObject({
      code: 'REGISTRY_UNTRUSTED',
      mend: expect.stringContaining('ca-certificates'),
    });
    expect(server.requests).toEqual([]);
  });

  test('for another name is refused', async () => {
    const server = await lab({ tls: certificate });
    const registry = connected({ host: server.host, plainHttp: false, ca: [authority.certificate] });
    await expect(registry.headBlob('a/b', DIGEST)).rejects.toMatchObject({ code: 'REGISTRY_UNTRUSTED' });
  });

  test('is not looked at where that was asked', async () => {
    const server = await lab({ tls: certificate });
    expect(await there(server.port, { insecure: true }).headBlob('a/b', DIGEST)).toBeUndefined();
  });

  test('an http Location behind it is asked by https', async () => {
    const server = await lab({ tls: certificate, quirks: { location: 'http' } });
    const registry = there(server.port, { ca: [authority.certificate] });
    expect(await registry.ensureBlob('a/b', blobOf(MIB))).toMatchObject({ how: 'uploaded' });
  });

  describe('with a client certificate', () => {
    let server: Server;
    let port: number;

    beforeAll(async () => {
      const tls = { ...certificate, ca: authority.certificate, requestCert: true, rejectUnauthorized: true };
      server = createTlsServer(tls, (_, response) => response.writeHead(404).end());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      port = (server.address() as AddressInfo).port;
    });

    afterAll(() => void server.close());

    test('a registry that wants one is reached', async () => {
      const own = await authority.issueClient({ commonName: 'ci', organisation: 'lab' });
      const registry = there(port, {
        ca: [authority.certificate],
        clientCertificate: own.cert,
        clientKey: own.key,
      });
      // It has no API, but it answers.
      await expect(registry.headBlob('a/b', DIGEST)).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' });
    });

    test('a registry that wants one says so', async () => {
      const registry = there(port, { ca: [authority.certificate] });
      await expect(registry.headBlob('a/b', DIGEST)).rejects.toMatchObject({
        code: expect.stringMatching(/REGISTRY_CLIENT_CERTIFICATE|HTTP_RESET/),
      });
    });

    test.each([
      ['half of one', (own: IssuedCertificate) => ({ clientCertificate: own.cert })],
      [
        'a key of another',
        (own: IssuedCertificate) => ({ clientCertificate: own.cert, clientKey: certificate.key }),
      ],
    ])('%s is a mistake of the user', async (_, options) => {
      const own = await authority.issueClient({ commonName: 'ci', organisation: 'lab' });
      await expect(there(port, options(own)).headBlob('a/b', DIGEST)).rejects.toMatchObject({
        code: 'CLIENT_CERTIFICATE_INVALID',
      });
    });
  });
});

test('a warning of the registry is passed on, once', async () => {
  const warning = '299 - "push elsewhere", 299 - "from \\"May\\" on"';
  const server = await startScript([
    { on: 'GET /v2/' },
    { on: /^HEAD/, status: 404, headers: { warning }, times: 2 },
  ]);
  const { registry, log } = client({ host: server.host });
  open.push(server, registry);
  for (const _ of [1, 2]) await registry.headBlob('a/b', DIGEST);
  const said = log.lines.filter((line) => line.includes(' says: '));
  expect(said).toEqual([`${server.host} says: push elsewhere`, `${server.host} says: from "May" on`]);
});

test('nothing is asked before the first question', () =>
  expect(connected({ host: 'r.io' }).requests).toBe(0));
