import { afterEach, describe, expect, test } from '@jest/globals';
import { type Auth, type LabRegistry, startRegistry } from '../../../lab/registry/start.ts';
import { FakeClock } from '../../unit/base/fake-clock.ts';
import { basic, beginUpload, errorOf, send } from './client.ts';

let registry: LabRegistry;
const clock = new FakeClock();

afterEach(() => registry.close());

const ACCOUNTS = {
  'robot$team+ci': { password: 'p:ss', repositories: { 'team/*': ['pull', 'push'] } },
  reader: { password: 'r', repositories: { '*': ['pull'] } },
} as const;
const robot = basic('robot$team+ci', 'p:ss');

async function start(auth: Auth): Promise<string> {
  registry = await startRegistry({ auth, clock });
  return registry.url;
}

/** The token that the challenge of a refused POST leads to. */
async function tokenFor(
  url: string,
  repository: string,
  credentials: Record<string, string>,
): Promise<string> {
  const refused = await send(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const [, realm, service, scope] = /realm="(.+?)",service="(.+?)",scope="(.+?)"/.exec(
    refused.headers.get('www-authenticate')!,
  )!;
  const query = new URLSearchParams({ service: service!, scope: scope! });
  const answer = await send(`${realm}?${query}`, { headers: credentials });
  const { token, access_token } = JSON.parse(answer.text) as { token?: string; access_token?: string };
  return token ?? access_token!;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const post = (url: string, repository: string, headers: Record<string, string>) =>
  send(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers });

describe('basic', () => {
  test.each([
    ['nobody', {}, 'team/app', 401],
    ['a wrong password', basic('reader', 'x'), 'team/app', 401],
    ['a reader', basic('reader', 'r'), 'team/app', 403],
    ['a robot at home', robot, 'team/app', 202],
    ['a robot elsewhere', robot, 'other/app', 403],
  ])('%s', async (_, headers, repository, status) => {
    const url = await start({ kind: 'basic', accounts: ACCOUNTS });
    expect((await post(url, repository, headers as Record<string, string>)).status).toBe(status);
  });
});

describe('bearer', () => {
  test('a token from the challenge opens what it was asked for', async () => {
    const url = await start({ kind: 'bearer', accounts: ACCOUNTS });
    const token = await tokenFor(url, 'team/app', robot);
    await beginUpload(url, 'team/app', bearer(token));
    expect((await post(url, 'team/else', bearer(token))).headers.get('www-authenticate')).toContain(
      'scope="repository:team/else:pull,push",error="insufficient_scope"',
    );
  });

  test('it ends after its lifetime', async () => {
    const url = await start({ kind: 'bearer', accounts: ACCOUNTS, lifetime: 10 });
    const token = await tokenFor(url, 'team/app', robot);
    await clock.advance(9_999);
    expect((await post(url, 'team/app', bearer(token))).status).toBe(202);
    await clock.advance(1);
    expect((await post(url, 'team/app', bearer(token))).headers.get('www-authenticate')).toContain(
      'invalid_token',
    );
  });

  test('all can be revoked at once', async () => {
    const url = await start({ kind: 'bearer', accounts: ACCOUNTS });
    const token = await tokenFor(url, 'team/app', robot);
    registry.issuer!.revoke();
    expect((await post(url, 'team/app', bearer(token))).status).toBe(401);
  });

  test('a reader gets a token that cannot push', async () => {
    const url = await start({ kind: 'bearer', accounts: ACCOUNTS, field: 'access_token' });
    const token = await tokenFor(url, 'team/app', basic('reader', 'r'));
    expect((await post(url, 'team/app', bearer(token))).status).toBe(401);
    expect((await send(`${url}/v2/team/app/tags/list`, { headers: bearer(token) })).status).toBe(404);
  });

  test('wrong credentials get no token', async () => {
    const url = await start({ kind: 'bearer', accounts: ACCOUNTS });
    const answer = await send(`${url}/token?scope=repository:a:pull`, { headers: basic('reader', 'x') });
    expect([answer.status, errorOf(answer).code]).toEqual([401, 'UNAUTHORIZED']);
  });

  test('only the first scope counts where the registry reads no more', async () => {
    const url = await start({ kind: 'bearer', accounts: ACCOUNTS, firstScopeOnly: true });
    const query = 'scope=repository:team/a:pull,push&scope=repository:team/b:pull';
    const { token } = JSON.parse((await send(`${url}/token?${query}`, { headers: robot })).text);
    expect((await post(url, 'team/a', bearer(token))).status).toBe(202);
    expect((await send(`${url}/v2/team/b/tags/list`, { headers: bearer(token) })).status).toBe(401);
  });

  test('several challenges come one per line or in one', async () => {
    const auth = {
      kind: 'bearer',
      accounts: ACCOUNTS,
      challenges: ['Negotiate', 'Basic realm="x"'],
    } as const;
    const url = await start({ ...auth, joined: true });
    const header = (await send(`${url}/v2/`)).headers.get('www-authenticate');
    expect(header).toMatch(/^Negotiate, Basic realm="x", Bearer realm="http:\/\/.+\/token",service="lab"$/);
  });

  test('a refresh token is taken by POST where there is such a thing, else 404', async () => {
    const body = 'grant_type=refresh_token&refresh_token=abc&service=lab&scope=repository:team/app:pull,push';
    const form = { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    let url = await start({ kind: 'bearer', accounts: ACCOUNTS });
    expect((await send(`${url}/token`, form)).status).toBe(404);
    await registry.close();
    url = await start({ kind: 'bearer', accounts: ACCOUNTS, refreshTokens: { abc: 'robot$team+ci' } });
    const { access_token } = JSON.parse((await send(`${url}/token`, form)).text);
    expect((await post(url, 'team/app', bearer(access_token))).status).toBe(202);
  });
});
