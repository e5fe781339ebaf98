import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../../../src/base/log.ts';
import { withTempFolder } from '../../../../../src/base/temp.ts';
import type { RunHelper } from '../../../../../src/oci/registry/login/credential-helper.ts';
import { configFiles, Logins } from '../../../../../src/oci/registry/login/credentials.ts';
import type { Login } from '../../../../../src/oci/registry/login/login.ts';
import type { GivenCredentials } from '../../../../../src/oci/registry/options.ts';
import { FakeClock } from '../../../base/fake-clock.ts';

const SECRET = 'Planted-Passw0rd';
const pair = (text: string) => Buffer.from(text).toString('base64');
const password = (username: string, secret = SECRET) => ({ kind: 'password', username, password: secret });

interface World {
  readonly host?: string;
  readonly repository?: string;
  readonly given?: GivenCredentials;
  /** Path below the home folder → content. */
  readonly files?: Readonly<Record<string, unknown>>;
  readonly env?: (home: string) => Readonly<Record<string, string>>;
  readonly run?: RunHelper;
}

function find({ repository, ...world }: World): Promise<Login> {
  return withLogins(world, (logins) => logins.of(repository));
}

function withLogins<T>(
  { host = 'r.io', given = {}, files = {}, env, run = noHelper }: World,
  work: (logins: Logins) => Promise<T>,
): Promise<T> {
  return withTempFolder(async (home) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(home, name)), { recursive: true });
      await writeFile(join(home, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    const context = { clock: new FakeClock(), env: { HOME: home, ...env?.(home) }, log: silentLogger, run };
    return work(new Logins({ host, given }, context));
  });
}

const authFile = (home: string) => ({ REGISTRY_AUTH_FILE: join(home, 'auth.json') });

const noHelper: RunHelper = async (command) => {
  throw new Error(`${command} must not be run`);
};

const DOCKER = '.docker/config.json';
const auths = (key: string, entry: object = { auth: pair(`ci:${SECRET}`) }) => ({ auths: { [key]: entry } });

describe('what was given', () => {
  test('goes before every file', async () => {
    const given = { username: 'robot$team+ci', password: 'p$1' };
    expect(await find({ given, files: { [DOCKER]: auths('r.io') } })).toEqual(
      password('robot$team+ci', 'p$1'),
    );
  });
  test('may be a token', async () =>
    expect(await find({ given: { token: 't' } })).toEqual({ kind: 'bearer', token: 't' }));
  test.each([[{ username: 'ci' }], [{ password: SECRET }], [{ username: 'ci', password: '' }]])(
    'by half is a mistake of the user',
    async (given) => {
      const failure = await find({ given }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'UserError', code: 'CREDENTIALS_INCOMPLETE' });
      expect(JSON.stringify(failure)).not.toContain(SECRET);
    },
  );
});

describe("Docker's configuration", () => {
  test.each([
    ['r.io', 'r.io'],
    ['https://r.io', 'r.io'],
    ['http://r.io/', 'r.io'],
    ['https://r.io/v1/', 'r.io'],
    ['https://r.io/v2/', 'r.io'],
    ['R.IO', 'r.io'],
    ['localhost:5000', 'localhost:5000'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
  ])('has it under %s for %s', async (key, host) =>
    expect(await find({ host, files: { [DOCKER]: auths(key) } })).toEqual(password('ci')),
  );

  test.each([['r.io:5000'], ['r.io.evil.com'], ['xr.io'], ['https://r.io/team'], ['index.docker.io']])(
    'has nothing under %s for r.io',
    async (key) => expect(await find({ files: { [DOCKER]: auths(key) } })).toEqual({ kind: 'anonymous' }),
  );

  test.each([
    ['a password with a colon', { auth: pair('ci:a:b') }, password('ci', 'a:b')],
    ['a padded one', { auth: pair(`ci:${SECRET}\0\0`) }, password('ci')],
    ['two fields', { username: 'ci', password: SECRET }, password('ci')],
    [
      'an identity token',
      { auth: pair('ci:'), identitytoken: 'i' },
      { kind: 'identity', username: 'ci', token: 'i' },
    ],
    ['a registry token', { registrytoken: 't' }, { kind: 'bearer', token: 't' }],
    ['nothing', {}, { kind: 'anonymous' }],
  ])('has %s', async (_, entry, login) =>
    expect(await find({ files: { [DOCKER]: auths('r.io', entry) } })).toEqual(login),
  );

  test('is found by DOCKER_CONFIG', async () =>
    expect(
      await find({
        files: { 'd/config.json': auths('r.io') },
        env: (home) => ({ DOCKER_CONFIG: join(home, 'd') }),
      }),
    ).toEqual(password('ci')));

  test.each(['.config/containers/auth.json'])("podman's is found, too: %s", async (name) =>
    expect(await find({ files: { [name]: auths('r.io') } })).toEqual(password('ci')),
  );

  test('REGISTRY_AUTH_FILE goes before it', async () => {
    const files = { 'auth.json': auths('r.io', { auth: pair('other:x-secret') }), [DOCKER]: auths('r.io') };
    const env = (home: string) => ({ REGISTRY_AUTH_FILE: join(home, 'auth.json') });
    expect(await find({ files, env })).toEqual(password('other', 'x-secret'));
  });

  test('without the registry leaves it to the next file', async () => {
    const files = { [DOCKER]: auths('other.io'), '.config/containers/auth.json': auths('r.io') };
    expect(await find({ files })).toEqual(password('ci'));
  });

  test.each([
    ['no JSON', `{"auths": ${SECRET}`],
    ['a list', '[]'],
    ['an auth without a colon', JSON.stringify(auths('r.io', { auth: pair(SECRET) }))],
  ])('with %s is a mistake that shows no secret', async (_, text) => {
    const failure = await find({ files: { [DOCKER]: text } }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'UserError', code: 'DOCKER_CONFIG_INVALID' });
    const told = `${(failure as Error).stack} ${JSON.stringify(failure)}`;
    for (const form of [SECRET, pair(SECRET)]) expect(told).not.toContain(form);
  });

  test.each(['', '  \n'])('that is empty is none', async (text) =>
    expect(await find({ files: { [DOCKER]: text } })).toEqual({ kind: 'anonymous' }),
  );
});

describe('a credential helper', () => {
  const calls: { command: string; args: readonly string[]; input: unknown }[] = [];
  const helper =
    (exitCode: number, stdout: string): RunHelper =>
    async (command, args, { input }) => {
      calls.push({ command, args, input });
      return { exitCode, stdout, stderr: '' };
    };
  const secret = JSON.stringify({ ServerURL: 'x', Username: 'ci', Secret: SECRET });
  const of = (host: string) => ({ files: { [DOCKER]: { credHelpers: { [host]: 'pass' } } } });

  test('is asked on stdin, and never told a secret', async () => {
    calls.length = 0;
    expect(await find({ ...of('r.io'), run: helper(0, secret) })).toEqual(password('ci'));
    expect(calls).toEqual([{ command: 'docker-credential-pass', args: ['get'], input: 'r.io' }]);
  });

  test('may have an identity token', async () => {
    const run = helper(0, JSON.stringify({ Username: '<token>', Secret: 'i' }));
    expect(await find({ ...of('r.io'), run })).toMatchObject({ kind: 'identity', token: 'i' });
  });

  test('may have nothing', async () => {
    const run = helper(1, 'credentials not found in native keychain\n');
    expect(await find({ ...of('r.io'), run })).toEqual({ kind: 'anonymous' });
  });

  test.each([
    ['that fails', helper(1, `no ${SECRET}`)],
    ['that prints no JSON', helper(0, `oops ${SECRET}`)],
    ['that is not there', (async () => Promise.reject(new Error('ENOENT'))) as RunHelper],
  ])('%s is a failure that shows no secret', async (_, run) => {
    const failure = await find({ ...of('r.io'), run }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'EnvironmentError', code: 'CREDENTIAL_HELPER_FAILED' });
    expect(`${(failure as Error).stack} ${JSON.stringify(failure)}`).not.toContain(SECRET);
  });

  test.each(['../../bin/sh', 'a b', 'x;y', ''])('is no path: "%s"', async (name) => {
    const finding = find({ files: { [DOCKER]: { credHelpers: { 'r.io': name } } } });
    await expect(finding).rejects.toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED' });
  });

  test('of Docker Hub is asked for its old address', async () => {
    calls.length = 0;
    const files = { [DOCKER]: { credHelpers: { 'https://index.docker.io/v1/': 'pass' } } };
    await find({ host: 'docker.io', files, run: helper(0, secret) });
    expect(calls[0]!.input).toBe('https://index.docker.io/v1/');
  });

  test('for all is asked before the entries', async () => {
    const files = { [DOCKER]: { credsStore: 'pass', ...auths('r.io', {}) } };
    expect(await find({ files, run: helper(0, secret) })).toEqual(password('ci'));
  });

  test('for all that fails matters only where the registry is listed', async () => {
    const failing = helper(1, 'locked');
    expect(await find({ files: { [DOCKER]: { credsStore: 'pass' } }, run: failing })).toEqual({
      kind: 'anonymous',
    });
    const listed = { [DOCKER]: { credsStore: 'pass', ...auths('r.io', {}) } };
    await expect(find({ files: listed, run: failing })).rejects.toMatchObject({
      code: 'CREDENTIAL_HELPER_FAILED',
    });
  });
});

describe('a key with a path', () => {
  const team = { auth: pair('team:Planted-Team') };
  const app = { auth: pair('app:Planted-App') };
  const host = { auth: pair(`ci:${SECRET}`) };
  const all = { 'r.io/team/app': app, 'r.io/team': team, 'r.io': host };

  test.each([
    ['team/app', all, password('app', 'Planted-App')],
    ['team/app/deep', all, password('app', 'Planted-App')],
    ['team/apple', all, password('team', 'Planted-Team')],
    ['teams/app', all, password('ci')],
    [undefined, all, password('ci')],
    ['team/app', { 'https://R.io/team/': team }, password('team', 'Planted-Team')],
    ['team/app', { 'r.io/team': {}, 'r.io': host }, password('ci')],
    ['team/app', { 'r.io/other': team }, { kind: 'anonymous' }],
    ['team/app', { 'x.io/team': team }, { kind: 'anonymous' }],
    ['team/v1/app', { 'r.io/team/v1': team }, password('team', 'Planted-Team')],
    ['team/v2', { 'r.io/team/v1': team }, { kind: 'anonymous' }],
  ])('for %s: the longest that leads there', async (repository, auths, login) =>
    expect(
      await find({ ...(repository && { repository }), files: { 'auth.json': { auths } }, env: authFile }),
    ).toEqual(login),
  );

  test('is known of Docker Hub by each of its names', async () => {
    const files = { [DOCKER]: { auths: { 'docker.io/team': team, 'index.docker.io/library': app } } };
    const of = (repository: string) => find({ host: 'docker.io', repository, files });
    expect(await of('team/x')).toEqual(password('team', 'Planted-Team'));
    expect(await of('library/busybox')).toEqual(password('app', 'Planted-App'));
  });

  test('counts in credHelpers, too, and each helper is asked once', async () => {
    const asked: unknown[] = [];
    const run: RunHelper = async (_command, _args, { input }) => {
      asked.push(input);
      const answer = { Username: String(input), Secret: SECRET };
      return { exitCode: 0, stdout: JSON.stringify(answer), stderr: '' };
    };
    const files = { [DOCKER]: { credHelpers: { 'r.io/team': 'pass', 'r.io': 'pass' } } };
    await withLogins({ files, run }, async (logins) => {
      const [one, other] = await Promise.all([logins.of('team/app'), logins.of('team/other')]);
      expect(one).toEqual(password('r.io/team'));
      expect(other).toBe(one);
      expect(await logins.of('else/app')).toEqual(password('r.io'));
    });
    expect(asked).toEqual(['r.io/team', 'r.io']);
  });

  test('goes before a helper of the host, and before a store for all', async () => {
    const files = {
      [DOCKER]: { auths: { 'r.io/team': team }, credHelpers: { 'r.io': 'never' }, credsStore: 'never' },
    };
    expect(await find({ repository: 'team/app', files })).toEqual(password('team', 'Planted-Team'));
  });

  test('of an earlier file goes before a longer one of a later file', async () => {
    const files = { 'auth.json': { auths: { 'r.io': host } }, [DOCKER]: { auths: all } };
    expect(await find({ repository: 'team/app', files, env: authFile })).toEqual(password('ci'));
  });
});

test('files are looked at in this order', () => {
  const env = { HOME: '/h', DOCKER_CONFIG: '/d', XDG_RUNTIME_DIR: '/run/1', REGISTRY_AUTH_FILE: '/r.json' };
  expect(configFiles(env)).toEqual([
    '/r.json',
    '/d/config.json',
    '/run/1/containers/auth.json',
    '/h/.config/containers/auth.json',
  ]);
  expect(configFiles({})).toEqual([]);
});
