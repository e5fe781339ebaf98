import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LabRegistry, startRegistry } from '../../../lab/registry/start.ts';
import { FakeClock } from '../../unit/base/fake-clock.ts';
import { basic, errorOf, pushBlob, pushImageBlobs, putManifest, send } from './client.ts';

const MiB = 1 << 20;
const admin = basic('admin', 'Harbor12345');
const robot = basic('robot$team+ci', 'secret');
let registry: LabRegistry;
let url: string;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  registry = await startRegistry({
    clock,
    harbor: {
      adminPassword: 'Harbor12345',
      projects: {
        team: { immutableTags: ['v*'] },
        small: { quota: 100 },
        cache: { proxyCache: true },
        scanned: { preventsVulnerable: true },
      },
      robots: {
        'robot$team+ci': { secret: 'secret', expiresAt: clock.now() + 3_600_000 },
        'robot$team+pull': { secret: 'secret', actions: ['pull'] },
        robot$builder: { secret: 'secret' },
      },
    },
  });
  url = registry.url;
});
afterEach(() => registry.close());

const post = (repository: string, headers: Record<string, string> = {}) =>
  send(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers });

async function tokenOf(headers: Record<string, string>, repository: string): Promise<Record<string, string>> {
  const scope = `repository:${repository}:pull,push`;
  const answer = await send(`${url}/service/token?service=harbor-registry&scope=${scope}`, { headers });
  return { authorization: `Bearer ${JSON.parse(answer.text).token}` };
}

describe('who gets in', () => {
  test('without credentials, the way to the token service', async () => {
    const challenge = (await post('team/app')).headers.get('www-authenticate');
    const realm = `Bearer realm="${url}/service/token",service="harbor-registry"`;
    expect(challenge).toBe(`${realm},scope="repository:team/app:pull,push"`);
  });

  test('a right that is missing is 401 with Basic, not 403', async () => {
    const answer = await post('team/app', basic('robot$team+pull', 'secret'));
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="harbor"']);
    expect(errorOf(answer).message).toMatch(/^unauthorized to access repository: team\/app, action: push/);
  });

  test('a project that is missing is 401 by name, and its token is empty', async () => {
    const answer = await post('nowhere/app', await tokenOf(admin, 'nowhere/app'));
    expect([answer.status, errorOf(answer).message]).toEqual([401, 'project nowhere not found']);
  });

  test('wrong credentials get a token without rights', async () => {
    expect((await post('team/app', await tokenOf(basic('admin', 'x'), 'team/app'))).status).toBe(401);
    expect(
      (await send(`${url}/service/token?service=harbor-registry`, { headers: basic('admin', 'x') })).status,
    ).toBe(401);
  });

  test('a robot ends at its time', async () => {
    expect((await post('team/app', robot)).status).toBe(202);
    await clock.advance(3_600_000);
    expect((await post('team/app', robot)).status).toBe(401);
  });

  test('a token from long before the project does not open it', async () => {
    const token = await tokenOf(admin, 'team/app');
    await clock.advance(61_000);
    registry.harbor!.createProject('team', {}, 'admin');
    expect((await post('team/app', token)).status).toBe(401);
    expect((await post('team/app', await tokenOf(admin, 'team/app'))).status).toBe(202);
  });
});

describe('what is refused', () => {
  test('above the quota', async () => {
    const tooLarge = pushBlob(url, 'small/app', 'x'.repeat(101), admin);
    await expect(tooLarge).rejects.toThrow(
      /403.*adding 101 B of storage resource, which when updated to current usage of 0 B will exceed the configured upper limit of 100 B\./,
    );
    await pushBlob(url, 'small/app', 'x'.repeat(100), admin);
    expect((await post('small/app', admin)).status).toBe(403);
  });

  test('an immutable tag, for its own digest too', async () => {
    const manifest = await pushImageBlobs(url, 'team/app', robot);
    expect((await putManifest(url, 'team/app', 'v1', manifest, robot)).status).toBe(201);
    const again = await putManifest(url, 'team/app', 'v1', manifest, robot);
    expect([again.status, errorOf(again).code]).toEqual([412, 'PRECONDITION']);
    expect(errorOf(again).message).toBe(
      "Failed to process request due to 'team/app:v1' configured as immutable.",
    );
    expect((await putManifest(url, 'team/app', 'latest', manifest, robot)).status).toBe(201);
  });

  test('a push to a proxy cache', async () => {
    const answer = await post('cache/app', admin);
    expect([answer.status, errorOf(answer).message]).toEqual([
      403,
      'can not push artifact to a proxy project: "cache"',
    ]);
  });

  test('any write while it is read-only', async () => {
    registry.harbor!.readOnly = true;
    const answer = await post('team/app', robot);
    expect([answer.status, errorOf(answer).message]).toEqual([
      403,
      'The system is in read only mode. Any modification is prohibited.',
    ]);
  });
});

describe('the API', () => {
  const api = (path: string, headers: Record<string, string> = admin, init: RequestInit = {}) =>
    send(`${url}/api/v2.0/${path}`, { ...(init as object), headers });

  test('projects are found, made once, and used', async () => {
    expect((await api('projects?project_name=fresh', admin, { method: 'HEAD' })).status).toBe(404);
    const create = { method: 'POST', body: '{"project_name":"fresh","metadata":{"public":"false"}}' };
    expect((await api('projects', admin, create)).status).toBe(201);
    expect(errorOf(await api('projects', admin, create)).code).toBe('CONFLICT');
    expect((await api('projects?project_name=fresh', admin, { method: 'HEAD' })).status).toBe(200);
    expect((await post('fresh/app', admin)).status).toBe(202);
  });

  test.each([
    ['robot$team+ci', 403],
    ['robot$builder', 201],
  ])('%s makes a project: %s', async (name, status) => {
    const headers = { ...basic(name, 'secret'), 'content-type': 'application/json' };
    const body = JSON.stringify({ project_name: 'fresh' });
    expect((await send(`${url}/api/v2.0/projects`, { method: 'POST', headers, body })).status).toBe(status);
  });

  test('the summary tells quota and use', async () => {
    await pushBlob(url, 'small/app', '0123456789', admin);
    expect(JSON.parse((await api('projects/small/summary')).text).quota).toEqual({
      hard: { storage: 100 },
      used: { storage: 10 },
    });
  });

  test('immutable tags are told as rules', async () => {
    const [rule] = JSON.parse((await api('projects/team/immutabletagrules')).text);
    expect(rule.tag_selectors).toEqual([{ kind: 'doublestar', decoration: 'matches', pattern: 'v*' }]);
  });

  test('what a scan gate withholds is still an artifact', async () => {
    const manifest = await pushImageBlobs(url, 'scanned/app', admin);
    const { headers } = await putManifest(url, 'scanned/app', '1.0', manifest, admin);
    const digest = headers.get('docker-content-digest');
    expect((await send(`${url}/v2/scanned/app/manifests/1.0`, { headers: admin })).status).toBe(412);
    const artifact = await api(`projects/scanned/repositories/app/artifacts/${digest}`);
    expect(JSON.parse(artifact.text)).toMatchObject({ digest, tags: [{ name: '1.0' }] });
  });

  test.each([
    ['ping', {}, 200],
    ['users/current', admin, 200],
    ['users/current', robot, 412],
    ['users/current', {}, 401],
    ['projects/team', robot, 200],
    ['projects/team', {}, 401],
    ['projects/team', basic('admin', 'wrong'), 401],
    ['projects/small', robot, 403],
    ['projects/nowhere', robot, 403],
    ['projects/nowhere', admin, 404],
    ['configurations', robot, 403],
    ['nothing', admin, 404],
  ])('%s', async (path, headers, status) => {
    expect((await api(path, headers as Record<string, string>)).status).toBe(status);
  });
});

test('it takes a blob of a megabyte and counts it once', async () => {
  const large = 'x'.repeat(MiB);
  await pushBlob(url, 'team/a', large, robot);
  await pushBlob(url, 'team/b', large, robot);
  const summary = await send(`${url}/api/v2.0/projects/team/summary`, { headers: admin });
  expect(JSON.parse(summary.text).quota.used.storage).toBe(MiB);
});
