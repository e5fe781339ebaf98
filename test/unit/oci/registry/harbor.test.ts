import { afterEach, describe, expect, test } from '@jest/globals';
import type { HarborOptions } from '../../../../lab/registry/harbor/world.ts';
import { type LabRegistry, startRegistry } from '../../../../lab/registry/start.ts';
import type { GivenCredentials } from '../../../../src/oci/registry/options.ts';
import type { Registry } from '../../../../src/oci/registry/registry.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { blobOf, client, MIB, manifestOf } from './bench.ts';

const PASSWORD = 'Planted-Passw0rd';
const ADMIN = { username: 'admin', password: PASSWORD };
const ROBOT = { username: 'robot$team+ci', password: 'Planted-Robot-Secret' };

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function harbor(options: Partial<HarborOptions> = {}): Promise<LabRegistry> {
  const server = await startRegistry({
    clock: new FakeClock(),
    harbor: {
      adminPassword: PASSWORD,
      projects: { team: {} },
      robots: { [ROBOT.username]: { secret: ROBOT.password } },
      people: { jane: 'Janes-Password' },
      ...options,
    },
  });
  open.push(server);
  return server;
}

function connect(
  server: LabRegistry,
  credentials: GivenCredentials = ROBOT,
  context: Parameters<typeof client>[1] = {},
) {
  const connected = client({ host: server.host, credentials }, context);
  open.push(connected.registry);
  return connected;
}

/** An image of two small blobs. */
async function push(registry: Registry, repository: string, tag = 'v1', size = MIB): Promise<void> {
  const [config, layer] = [blobOf(100), blobOf(size, 2)];
  await registry.ensureBlob(repository, config);
  await registry.ensureBlob(repository, layer);
  await registry.putManifest(repository, tag, manifestOf(config, layer));
}

test('a robot pushes into its project', async () => {
  const server = await harbor();
  const { registry, masked } = connect(server);
  await push(registry, 'team/app');
  expect(await server.tags('team/app')).toEqual(['v1']);
  expect(masked).toContain(ROBOT.password);
});

describe('why a push is refused', () => {
  const expired = { [ROBOT.username]: { secret: ROBOT.password, expiresAt: 1 } };
  const disabled = { [ROBOT.username]: { secret: ROBOT.password, disabled: true } };
  const reader = { [ROBOT.username]: { secret: ROBOT.password, actions: ['pull'] as const } };

  const cases: [string, string, Partial<HarborOptions>, string, GivenCredentials, RegExp][] = [
    ['no login', 'REGISTRY_AUTH_REFUSED', {}, 'team/app', {}, /none was given/],
    [
      'a wrong password',
      'REGISTRY_AUTH_REFUSED',
      {},
      'team/app',
      { ...ADMIN, password: 'wrong-one' },
      /refuses the login/,
    ],
    [
      'an expired robot',
      'REGISTRY_ROBOT_REFUSED',
      { robots: expired },
      'team/app',
      ROBOT,
      /robot\$team\+ci: it is expired/,
    ],
    ['a disabled robot', 'REGISTRY_ROBOT_REFUSED', { robots: disabled }, 'team/app', ROBOT, /disabled/],
    ['no project', 'REGISTRY_PROJECT_MISSING', {}, 'nowhere/app', ADMIN, /project nowhere/],
    ['another project', 'REGISTRY_PUSH_FORBIDDEN', {}, 'library/app', ROBOT, /project library/],
    [
      'a robot that only reads',
      'REGISTRY_PUSH_FORBIDDEN',
      { robots: reader },
      'team/app',
      ROBOT,
      /does not let robot\$team\+ci push/,
    ],
    [
      'no right',
      'REGISTRY_PUSH_FORBIDDEN',
      {},
      'team/app',
      { username: 'jane', password: 'Janes-Password' },
      /jane/,
    ],
    [
      'the quota',
      'REGISTRY_QUOTA',
      { projects: { team: { quota: MIB } } },
      'team/app',
      ROBOT,
      /of 1\.0 MiB are used/,
    ],
    ['read-only', 'REGISTRY_READ_ONLY', { readOnly: true }, 'team/app', ROBOT, /read-only/],
    [
      'a proxy project',
      'REGISTRY_PROXY_PROJECT',
      { projects: { team: { proxyCache: true } } },
      'team/app',
      ROBOT,
      /only caches/,
    ],
  ];

  test.each(cases)('%s: %s', async (_, code, options, repository, credentials, message) => {
    const { registry, log } = connect(await harbor(options), credentials);
    const failure = await push(registry, repository).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code,
      name: 'EnvironmentError',
      message: expect.stringMatching(message),
    });
    const told = `${JSON.stringify(failure)} ${(failure as Error).stack} ${log.lines.join()}`;
    for (const secret of [PASSWORD, ROBOT.password, 'wrong-one']) expect(told).not.toContain(secret);
  });

  test('an immutable tag: REGISTRY_TAG_IMMUTABLE', async () => {
    const { registry } = connect(await harbor({ projects: { team: { immutableTags: ['v*'] } } }));
    await push(registry, 'team/app');
    await expect(push(registry, 'team/app')).rejects.toMatchObject({ code: 'REGISTRY_TAG_IMMUTABLE' });
    await push(registry, 'team/app', 'latest');
  });

  test('a robot of another project is told where it belongs', async () => {
    const { registry } = connect(await harbor());
    await expect(push(registry, 'library/app')).rejects.toMatchObject({
      mend: expect.stringContaining('belongs to the project team'),
    });
  });
});

test('a cancelled push does not wait for what the API knows', async () => {
  const server = await harbor();
  const clock = new FakeClock();
  const { registry } = connect(server, ROBOT, { clock });
  const controller = new AbortController();
  server.faults.add({ path: /^\/api/, times: Number.POSITIVE_INFINITY, does: { answer: 503 } });
  const sleep = clock.sleep.bind(clock);
  clock.sleep = (ms, signal) => {
    queueMicrotask(() => controller.abort());
    return sleep(ms, signal);
  };
  const manifest = manifestOf(blobOf(100), blobOf(MIB, 2));
  const pushing = registry.putManifest('library/app', 'v1', manifest, { signal: controller.signal });
  await expect(pushing).rejects.toMatchObject({ code: 'CANCELLED' });
});

describe('a scan gate', () => {
  test('withholds the manifest, and the API tells its digest', async () => {
    const { registry } = connect(await harbor({ projects: { team: { preventsVulnerable: true } } }));
    await push(registry, 'team/deep/app');
    const { digest } = manifestOf(blobOf(100), blobOf(MIB, 2));
    expect(await registry.getManifest('team/deep/app', 'v1')).toMatchObject({ state: 'gated', digest });
    expect(await registry.headManifest('team/deep/app', 'v1')).toMatchObject({ state: 'gated' });
  });
});

describe('a project', () => {
  test('is made, and pushed to with a fresh token', async () => {
    const server = await harbor();
    const { registry } = connect(server, ADMIN);
    await expect(push(registry, 'new/app')).rejects.toMatchObject({ code: 'REGISTRY_PROJECT_MISSING' });
    expect(await registry.ensureProject('new/app')).toBe('created');
    await push(registry, 'new/app');
    expect(server.harbor!.project('new')).toMatchObject({ public: false });
  });

  test('that is there stays as it is', async () => {
    const { registry } = connect(await harbor(), ADMIN);
    expect(await registry.ensureProject('team/app')).toBe('present');
  });

  test('is not for everybody to make', async () => {
    const { registry } = connect(await harbor());
    await expect(registry.ensureProject('new/app')).rejects.toMatchObject({
      code: 'REGISTRY_PROJECT_FORBIDDEN',
    });
  });

  test('is needed in every repository', async () => {
    const { registry } = connect(await harbor(), ADMIN);
    await expect(registry.ensureProject('app')).rejects.toMatchObject({ code: 'REPOSITORY_INVALID' });
  });

  test('is unknown to another registry', async () => {
    const server = await startRegistry();
    open.push(server);
    expect(await connect(server, {}).registry.ensureProject('new/app')).toBe('unsupported');
  });
});
