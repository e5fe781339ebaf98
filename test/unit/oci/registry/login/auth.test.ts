import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Auth, type LabRegistry, startRegistry } from '../../../../../lab/registry/start.ts';
import { withTempFolder } from '../../../../../src/base/temp.ts';
import { mergeScopes } from '../../../../../src/oci/registry/login/auth.ts';
import { readToken } from '../../../../../src/oci/registry/login/token.ts';
import type { GivenCredentials } from '../../../../../src/oci/registry/options.ts';
import type { Registry } from '../../../../../src/oci/registry/registry.ts';
import { FakeClock } from '../../../base/fake-clock.ts';
import { blobOf, client, MIB, manifestOf } from '../bench.ts';
import { type Line, startScript } from '../scripted-server.ts';

const PASSWORD = 'Planted-Passw0rd!';
const CI = { username: 'ci', password: PASSWORD };
const ACCOUNTS = { ci: { password: PASSWORD } };
const DIGEST = blobOf(100).digest;

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** The registry and its client live by the same clock. */
async function lab(auth: object = {}, credentials: GivenCredentials = CI, env: Record<string, string> = {}) {
  const clock = new FakeClock();
  const server = await startRegistry({
    auth: { kind: 'bearer', accounts: ACCOUNTS, ...auth } as Auth,
    clock,
  });
  const connected = client({ host: server.host, credentials }, { clock, env });
  open.push(server, connected.registry);
  return { ...connected, server, clock };
}

async function script(
  lines: readonly Line[] | ((url: string) => readonly Line[]),
  credentials: GivenCredentials = CI,
) {
  const server = await startScript(lines);
  const connected = client({ host: server.host, credentials });
  open.push(server, connected.registry);
  return { server, ...connected };
}

async function push(registry: Registry, repository = 'a/b'): Promise<void> {
  const [config, layer] = [blobOf(100), blobOf(MIB, 2)];
  await registry.ensureBlob(repository, config);
  await registry.ensureBlob(repository, layer, { mountFrom: ['a/neighbour'] });
  await registry.putManifest(repository, 'v1', manifestOf(config, layer));
}

const tokens = (server: LabRegistry) => server.requests.filter(({ path }) => path.startsWith('/token'));
const refused = (server: LabRegistry) => server.requests.filter(({ status }) => status === 401);

describe('a token', () => {
  test('is fetched once for all of a push, the right to push first', async () => {
    const { server, registry } = await lab();
    await push(registry);
    expect(server.requests.slice(0, 2).map(({ status }) => status)).toEqual([401, 200]);
    expect(refused(server)).toHaveLength(1);
    const [first, mount] = tokens(server).map(({ path }) =>
      new URL(path, 'http://x').searchParams.getAll('scope'),
    );
    expect(first).toEqual(['repository:a/b:push,pull']);
    expect(mount).toEqual(['repository:a/b:push,pull', 'repository:a/neighbour:pull']);
    expect(tokens(server)).toHaveLength(2);
  });

  test('is fetched once for many who wait for it', async () => {
    const { server, registry } = await lab();
    await Promise.all([1, 2, 3, 4, 5].map((seed) => registry.ensureBlob('a/b', blobOf(1000, seed))));
    expect(tokens(server)).toHaveLength(1);
  });

  test.each([
    ['which is called token', {}],
    ['which is called access_token', { field: 'access_token' }],
    [
      'behind Negotiate and Basic in one header',
      { challenges: ['Negotiate', 'Basic realm="x"'], joined: true },
    ],
    ['behind Negotiate in another header', { challenges: ['Negotiate abc=='] }],
    ['of a server that reads one scope alone', { firstScopeOnly: true }],
    ['that says nothing of its life', { silentAboutExpiry: true }],
  ])('%s opens the registry', async (_, auth) => {
    const { server, registry } = await lab(auth);
    await push(registry);
    expect(await server.tags('a/b')).toEqual(['v1']);
  });

  test.each([
    ['60 s, where nothing is said', { silentAboutExpiry: true, lifetime: 60 }, 44, 46],
    ['its life', { lifetime: 600 }, 539, 541],
    ['a short life', { lifetime: 8 }, 5, 7],
  ])('is renewed before the end of %s', async (_, auth, still, over) => {
    const { server, registry, clock } = await lab(auth);
    await registry.headBlob('a/b', DIGEST);
    await clock.advance(still * 1000);
    await registry.headBlob('a/b', DIGEST);
    expect(tokens(server)).toHaveLength(1);
    await clock.advance((over - still) * 1000);
    await registry.headBlob('a/b', DIGEST);
    expect(tokens(server)).toHaveLength(2);
    expect(refused(server)).toHaveLength(1);
  });

  test('that is revoked in the middle of a push is replaced, and the request sent again', async () => {
    const { server, registry } = await lab();
    await registry.headBlob('a/b', DIGEST);
    server.issuer!.revoke();
    await push(registry);
    server.issuer!.revoke();
    expect(await registry.headManifest('a/b', 'v1')).toMatchObject({ state: 'present' });
  });

  test('that is revoked under many uploads at once is replaced once', async () => {
    const { server, registry } = await lab();
    const blobs = [1, 2, 3, 4, 5, 6].map((seed) => blobOf(100_000, seed));
    let opened = 0;
    const open = (blob: (typeof blobs)[number]) => (range?: object) => {
      // The last body goes out with a token that is over; the registry may judge the others before or after.
      if (++opened === blobs.length) server.issuer!.revoke();
      return blob.open(range);
    };
    const outcomes = await Promise.all(
      blobs.map((blob) => registry.ensureBlob('a/b', { ...blob, open: open(blob) })),
    );
    expect(outcomes.map(({ how }) => how)).toEqual(blobs.map(() => 'uploaded'));
    expect(tokens(server)).toHaveLength(2);
    expect(await server.openUploads()).toEqual([]);
  });

  test('that is revoked before a body is replaced, and the body sent again', async () => {
    const { server, registry } = await lab();
    const blob = blobOf(MIB);
    let opened = 0;
    const open = (range?: object) => {
      if (opened++ === 0) server.issuer!.revoke();
      return blob.open(range);
    };
    expect(await registry.ensureBlob('a/b', { ...blob, open })).toMatchObject({ how: 'uploaded' });
    expect(opened).toBe(2);
  });

  test('of nobody reads what is public', async () => {
    const { registry } = await lab({ anybody: ['pull'] }, {});
    expect(await registry.headBlob('a/b', DIGEST)).toBeUndefined();
    await expect(registry.ensureBlob('a/b', blobOf(10))).rejects.toMatchObject({
      code: 'REGISTRY_AUTH_REFUSED',
      message: expect.stringMatching(/none was given/),
    });
  });

  test('that was given is used as it is', async () => {
    const { server, registry, masked } = await script(
      [
        { on: 'GET /v2/', status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } },
        { on: /^HEAD/, status: 404 },
      ],
      { token: 'given-token' },
    );
    await registry.headBlob('a/b', DIGEST);
    expect(server.headers[1]!.authorization).toBe('Bearer given-token');
    expect(masked).toContain('given-token');
    server.check();
  });

  test('that one call has given up is fetched all the same for the others', async () => {
    const gate = Promise.withResolvers<void>();
    const controller = new AbortController();
    const { server, registry } = await script([
      { on: 'GET /v2/', status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } },
      { on: /^GET \/token/, body: { token: 'planted-token' }, seen: () => gate.resolve() },
      { on: /^HEAD/, status: 404 },
    ]);
    const first = registry.headBlob('a/b', DIGEST, { signal: controller.signal });
    const second = registry.headBlob('a/b', DIGEST);
    void gate.promise.then(() => controller.abort());
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await second).toBeUndefined();
    server.check();
  });

  test('that was given and is refused is not sent a second time', async () => {
    const challenge = { 'www-authenticate': 'Bearer realm="/token"' };
    const { registry, server } = await script(
      [
        { on: 'GET /v2/', status: 401, headers: challenge },
        { on: /^HEAD/, status: 401, headers: challenge },
      ],
      { token: 'given-token' },
    );
    await expect(registry.headBlob('a/b', DIGEST)).rejects.toMatchObject({ status: 401 });
    server.check();
  });

  test('is masked', async () => {
    const { registry, masked } = await lab();
    await registry.headBlob('a/b', DIGEST);
    expect(masked.filter((text) => text.startsWith('eyJ'))).toHaveLength(1);
  });
});

describe('a wrong password', () => {
  test.each(['bearer', 'basic'] as const)('is told as such by %s, and shown nowhere', async (kind) => {
    const { registry, log, masked } = await lab({ kind }, { username: 'ci', password: 'Wrong-Passw0rd' });
    const failure = await registry.ensureBlob('a/b', blobOf(10)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'REGISTRY_AUTH_REFUSED',
      message: expect.stringMatching(/refuses the login/),
    });
    const told = `${JSON.stringify(failure)} ${(failure as Error).stack} ${log.lines.join()}`;
    expect(told).not.toContain('Wrong-Passw0rd');
    expect(told).not.toContain(Buffer.from('ci:Wrong-Passw0rd').toString('base64'));
    expect(masked).toContain('Wrong-Passw0rd');
  });
});

describe('Basic', () => {
  test('is sent from the second request on', async () => {
    const { server, registry } = await lab({ kind: 'basic' });
    await push(registry);
    expect(refused(server)).toHaveLength(1);
    expect(await server.tags('a/b')).toEqual(['v1']);
  });
});

describe('an identity token', () => {
  async function withConfig(
    auth: object,
    work: (connected: Awaited<ReturnType<typeof lab>>) => Promise<void>,
  ) {
    await withTempFolder(async (folder) => {
      const connected = await lab(auth, {}, { DOCKER_CONFIG: folder });
      const entry = {
        auth: Buffer.from(`ci:${PASSWORD}`).toString('base64'),
        identitytoken: 'planted-identity',
      };
      await mkdir(folder, { recursive: true });
      await writeFile(
        join(folder, 'config.json'),
        JSON.stringify({ auths: { [connected.server.host]: entry } }),
      );
      await work(connected);
    });
  }

  test('is exchanged by POST, and in no address', () =>
    withConfig({ refreshTokens: { 'planted-identity': 'ci' } }, async ({ server, registry }) => {
      await push(registry);
      expect(tokens(server).map(({ method }) => method)).toEqual(['POST', 'POST']);
      expect(server.requests.map(({ path }) => path).join()).not.toContain('planted');
    }));

  test('is tried as a password where the server knows no POST', () =>
    withConfig({ accounts: { ci: { password: 'planted-identity' } } }, async ({ server, registry }) => {
      await push(registry);
      expect(tokens(server).map(({ method, status }) => [method, status])).toContainEqual(['POST', 404]);
      expect(await server.tags('a/b')).toEqual(['v1']);
    }));
});

describe('logins by path', () => {
  test.each([{}, { kind: 'basic' }])('are each used for its own repositories: %j', (auth) =>
    withTempFolder(async (folder) => {
      const only = (path: string) => ({ repositories: { [path]: ['push', 'pull'] } });
      const accounts = {
        ci: { password: PASSWORD, ...only('a/*') },
        team: { password: 'Planted-Team', ...only('team/*') },
      };
      const { server, registry } = await lab({ accounts, ...auth }, {}, { DOCKER_CONFIG: folder });
      const entry = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
      const auths = {
        [`${server.host}/team`]: entry('team:Planted-Team'),
        [server.host]: entry(`ci:${PASSWORD}`),
      };
      await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }));
      await Promise.all([push(registry, 'team/app'), push(registry, 'a/b')]);
      expect(await Promise.all(['team/app', 'a/b'].map((name) => server.tags(name)))).toEqual([
        ['v1'],
        ['v1'],
      ]);
    }),
  );
});

describe('credentials stay', () => {
  const challenge = (realm: string) => ({ 'www-authenticate': `Bearer realm="${realm}",service="s"` });

  test('with the registry where an upload goes elsewhere', async () => {
    const stranger = await startScript([{ on: /^PUT \/x\?digest=/, status: 201, times: 1 }]);
    open.push(stranger);
    const blob = blobOf(MIB);
    const { server, registry } = await script([
      { on: 'GET /v2/', status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
      { on: /^HEAD/, status: 404 },
      {
        on: /^POST/,
        status: 202,
        headers: { location: `${stranger.url.replace('127.0.0.1', 'localhost')}/x` },
      },
    ]);
    await registry.ensureBlob('a/b', blob);
    expect(server.headers[2]!.authorization).toMatch(/^Basic /);
    expect(stranger.headers[0]!.authorization).toBeUndefined();
    stranger.check();
  });

  test('with the registry where a download goes elsewhere', async () => {
    const blob = blobOf(100);
    const stranger = await startScript([{ on: 'GET /x', body: blob.bytes.toString('latin1') }]);
    open.push(stranger);
    const { registry } = await script([
      { on: 'GET /v2/', status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
      {
        on: /^GET .*blobs/,
        status: 307,
        headers: { location: `${stranger.url.replace('127.0.0.1', 'localhost')}/x` },
      },
    ]);
    await registry.getBlob('a/b', blob.digest).catch(() => {});
    expect(stranger.headers[0]!.authorization).toBeUndefined();
    stranger.check();
  });

  test.each(['http://10.0.0.9/token', 'http://169.254.169.254/token', 'ftp://127.0.0.1/token'])(
    'where they are: the realm %s is not asked',
    async (realm) => {
      const { registry } = await script([{ on: 'GET /v2/', status: 401, headers: challenge(realm) }]);
      await expect(registry.headBlob('a/b', DIGEST)).rejects.toMatchObject({
        code: 'REGISTRY_LOCATION_REFUSED',
      });
    },
  );

  test('in a redirect of the token server, which is not followed', async () => {
    const stranger = await startScript([]);
    open.push(stranger);
    const { registry } = await script((url) => [
      { on: 'GET /v2/', status: 401, headers: challenge(`${url}/token`) },
      { on: /^GET \/token/, status: 302, headers: { location: `${stranger.url}/x` } },
    ]);
    await expect(registry.headBlob('a/b', DIGEST)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
    expect(stranger.requests).toEqual([]);
  });
});

describe('the answer of a token server', () => {
  const read = (body: string, cutOff = false) => readToken({ bytes: Buffer.from(body), cutOff }, 'r.io');

  test.each([
    ['{"token":"abc"}', { text: 'abc', life: 60 }],
    ['{"access_token":"abc","expires_in":300}', { text: 'abc', life: 300 }],
    ['{"token":"","access_token":"b"}', { text: 'b', life: 60 }],
    ['{"token":"a","expires_in":-1}', { text: 'a', life: 60 }],
    ['{"token":"a","expires_in":"300"}', { text: 'a', life: 60 }],
    ['{"token":"a","expires_in":1e99}', { text: 'a', life: 86_400 }],
  ])('%s', (body, token) => expect(read(body)).toEqual(token));

  test.each([
    '',
    '{}',
    'null',
    '[]',
    '"x"',
    '<html>',
    '{"token":5}',
    String.raw`{"token":"a\r\nX: y"}`,
    '{"token":"é"}',
  ])('%s is none', (body) =>
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'REGISTRY_TOKEN_INVALID' })),
  );

  test('is no longer than 64 KiB', () =>
    expect(() => read('{"token":"a"}', true)).toThrow(
      expect.objectContaining({ code: 'REGISTRY_TOKEN_INVALID' }),
    ));
});

test('scopes of one repository are one', () =>
  expect(
    mergeScopes(['repository:a:pull', 'repository:b:pull', 'repository:a:push,pull', 'registry:catalog:*']),
  ).toEqual(['repository:a:pull,push', 'repository:b:pull', 'registry:catalog:*']));
