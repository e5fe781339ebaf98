/** What test/e2e/oci-faults.test.ts does to the lab's registry, done to the real ones: their sessions are lost in their own ways. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openAuthority } from '../../../lab/authority.ts';
import type { Expected } from '../../../lab/fixtures/archives/expected.ts';
import { writeLargeArchive } from '../../../lab/fixtures/archives/large.ts';
import { type CuttingProxyOptions, startCuttingProxy } from '../../../lab/registry/cutting-proxy.ts';
import type { RealRegistry } from '../../../lab/registry/real.ts';
import { startTokenServer } from '../../../lab/registry/token-server.ts';
import { send } from '../../lab/registry/client.ts';
import { push } from '../../lab/registry/push.ts';
import { describeReal } from './registries.ts';

const MiB = 1 << 20;
const OCI = 'application/vnd.oci.image.manifest.v1+json';

await describeReal((_, start) => {
  let folder: string;
  let file: string;
  let expected: Expected;
  let registry: RealRegistry;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-faults-'));
    file = join(folder, 'app-v1.0.0-amd64.tar');
    expected = await writeLargeArchive(file, { size: 20 * MiB, outer: 'none' });
    // What must be built first is built here, not within the time of a test.
    await (await start()).close();
  }, 300_000);
  beforeEach(async () => {
    registry = await start({ folder: await mkdtemp(join(folder, 'registry-')) });
  });
  afterEach(() => registry.close());
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const pushTo = (host: string) =>
    push({
      registry: { host, plainHttp: true, credentials: { username: 'ci', password: 'p' } },
      request: { files: [file], repository: 'team/app', tag: 'v1', compression: 'none' },
    });
  const expectWhole = async (headers: Record<string, string> = {}) => {
    const answer = await send(`${registry.url}/v2/team/app/manifests/v1`, {
      headers: { accept: OCI, ...headers },
    });
    const { config, layers } = JSON.parse(answer.text);
    expect(config.digest).toBe(expected.images[0]!.configDigest);
    expect(layers.map(({ digest }: { digest: string }) => digest)).toEqual(expected.images[0]!.diffIds);
  };
  const uploads = async () => {
    const names = await readdir(join(registry.folder, 'data'), { recursive: true });
    return names.filter((name) => /_uploads\/[^/]+$/.test(name));
  };

  const cuts: Readonly<Record<string, Omit<CuttingProxyOptions, 'target'>>> = {
    'after 6 MiB': { cutAfterBytes: 6 * MiB },
    'after 700 ms': { cutAfterMs: 700, bytesPerSecond: 12 * MiB },
    'after 700 ms with a 504': { cutAfterMs: 700, bytesPerSecond: 12 * MiB, status: 504 },
  };
  test.each(Object.entries(cuts))('every request is cut %s', async (__, cut) => {
    const proxy = await startCuttingProxy({ target: registry.url, ...cut });
    try {
      await pushTo(proxy.host);
      expect(proxy.cuts).toBeGreaterThan(0);
      await expectWhole();
    } finally {
      await proxy.close();
    }
  });

  test('it restarts in the middle of a push', async () => {
    const proxy = await startCuttingProxy({ target: registry.url, bytesPerSecond: 10 * MiB });
    try {
      const pushed = pushTo(proxy.host);
      while ((await uploads().catch(() => [])).length === 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const { port, folder: kept } = registry;
      await registry.close();
      registry = await start({ port, folder: kept });
      await pushed;
      await expectWhole();
    } finally {
      await proxy.close();
    }
  });

  test('tokens of two seconds end in the middle of a push', async () => {
    const authority = await openAuthority(join(folder, 'authority'));
    const accounts = { ci: { password: 'p' } };
    const tokens = await startTokenServer({ accounts, authority, lifetime: 2 });
    await registry.close();
    registry = await start({ folder: await mkdtemp(join(folder, 'registry-')), auth: tokens.auth });
    const proxy = await startCuttingProxy({ target: registry.url, bytesPerSecond: 5 * MiB });
    try {
      await pushTo(proxy.host);
      const { token } = JSON.parse((await tokenFor(tokens.auth)).text);
      await expectWhole({ authorization: `Bearer ${token}` });
      expect(tokens.issuer.issued).toBeGreaterThan(2);
      expect(await uploads()).toEqual([]);
    } finally {
      await proxy.close();
      await tokens.close();
    }
  });
});

/** A token to pull with. */
function tokenFor(auth: { readonly kind: string; readonly realm?: string }) {
  const credentials = Buffer.from('ci:p').toString('base64');
  const query = 'service=lab&scope=repository:team/app:pull';
  return send(`${auth.realm}?${query}`, { headers: { authorization: `Basic ${credentials}` } });
}
