/** The lab's registry as other people's clients meet it: they push to each personality, and fail where they fail in the field. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { WRITERS } from '../../../lab/fixtures/archives/catalogue.ts';
import { writeArchive } from '../../../lab/fixtures/archives/outer.ts';
import { preparePeers, reasonToSkip } from '../../../lab/registry/peers.ts';
import { PERSONALITIES, type Quirks } from '../../../lab/registry/quirks.ts';
import { type LabRegistry, type RegistryOptions, startRegistry } from '../../../lab/registry/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { type CommandResult, runCommand } from '../../../src/base/process.ts';

const reason = await reasonToSkip(['crane', 'skopeo']);
const ROBOT = { name: 'robot$team+ci', secret: 'planted:secret' };

(reason ? describe.skip : describe)(`other clients${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let folder: string;
  let archive: string;
  let programs: Readonly<Record<'crane' | 'skopeo', string>>;
  let registry: LabRegistry;

  beforeAll(async () => {
    programs = await preparePeers(['crane', 'skopeo'], { log: silentLogger });
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-clients-'));
    archive = join(folder, 'app.tar');
    await writeArchive(archive, WRITERS['docker 24']().entries);
  }, 300_000);
  afterEach(() => registry.close());
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** `localhost`, as crane refuses a token realm at a loopback address. */
  const start = async (options: RegistryOptions): Promise<string> => {
    registry = await startRegistry(options);
    return `localhost:${registry.port}`;
  };
  const run = async (
    client: 'crane' | 'skopeo',
    host: string,
    repository: string,
  ): Promise<CommandResult> => {
    const auth = Buffer.from(`${ROBOT.name}:${ROBOT.secret}`).toString('base64');
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    const env = { ...process.env, DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: join(folder, 'config.json') };
    const target = `${host}/${repository}:${client}`;
    const args =
      client === 'crane'
        ? ['push', '--insecure', archive, target]
        : ['copy', '--dest-tls-verify=false', `docker-archive:${archive}`, `docker://${target}`];
    return runCommand(programs[client], args, { env });
  };

  test.each(Object.entries(PERSONALITIES as Readonly<Record<string, Quirks>>))(
    'push to %s',
    async (name, quirks) => {
      const host = await start({ quirks });
      await run('crane', host, 'team/app');
      await run('skopeo', host, 'team/app');
      // crane has nothing but Docker's schema 2 for a docker-archive, which zot refuses (knative/func #2721).
      expect(await registry.tags('team/app')).toEqual(name === 'zot' ? ['skopeo'] : ['crane', 'skopeo']);
      expect(await registry.openUploads()).toEqual([]);
    },
  );

  test.each(['token', 'access_token'] as const)('get a bearer token in the field %s', async (field) => {
    const accounts = { [ROBOT.name]: { password: ROBOT.secret } };
    const host = await start({ auth: { kind: 'bearer', accounts, field, challenges: ['Negotiate'] } });
    await run('crane', host, 'team/app');
    await run('skopeo', host, 'team/app');
    expect(await registry.tags('team/app')).toEqual(['crane', 'skopeo']);
  });

  describe('Harbor', () => {
    const harbor = {
      adminPassword: 'Harbor12345',
      projects: { team: {}, cache: { proxyCache: true } },
      robots: { [ROBOT.name]: { secret: ROBOT.secret } },
    };

    test('lets a robot push', async () => {
      const host = await start({ harbor });
      expect(await run('crane', host, 'team/app')).toMatchObject({ exitCode: 0 });
      expect(await run('skopeo', host, 'team/app')).toMatchObject({ exitCode: 0 });
    });

    test.each(['nowhere', 'cache'])('tells them nothing of use about project %s', async (project) => {
      const host = await start({ harbor });
      const { exitCode, stderr } = await run('crane', host, `${project}/app`);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('401 Unauthorized')]);
      expect(await registry.tags(`${project}/app`)).toEqual([]);
    });
  });
});
