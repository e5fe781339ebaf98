/** The real registries as the tests start them: credentials, the lab's own tokens, TLS. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Authority, openAuthority } from '../../../lab/authority.ts';
import type { RealRegistry, RealRegistryOptions } from '../../../lab/registry/real.ts';
import { startTokenServer } from '../../../lab/registry/token-server.ts';
import { basic, beginUpload, pushBlob, send } from '../../lab/registry/client.ts';
import { describeReal } from './registries.ts';

await describeReal((_, startReal) => {
  let folder: string;
  let authority: Authority;
  let registry: RealRegistry | undefined;

  const start = async (options: RealRegistryOptions) => {
    registry = await startReal(options);
    return registry;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-real-'));
    authority = await openAuthority(folder);
    // What must be built first is built here, not within the time of a test.
    await (await startReal()).close();
  }, 300_000);
  afterEach(() => registry?.close());
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('takes the accounts of an htpasswd', async () => {
    const { url } = await start({ auth: { kind: 'basic', accounts: { robot$ci: 'pa ss' } } });
    expect((await send(`${url}/v2/`)).status).toBe(401);
    expect((await send(`${url}/v2/`, { headers: basic('robot$ci', 'wrong') })).status).toBe(401);
    await pushBlob(url, 'team/app', 'with credentials', basic('robot$ci', 'pa ss'));
  });

  test("takes tokens of the lab's issuer", async () => {
    const accounts = { ci: { password: 'p', repositories: { 'team/*': ['pull', 'push'] } } } as const;
    const tokens = await startTokenServer({ accounts, authority });
    try {
      const { url } = await start({ auth: tokens.auth });
      const challenge = (await send(`${url}/v2/`)).headers.get('www-authenticate')!;
      const realm = /realm="(.+?)"/.exec(challenge)![1];
      const query = 'service=lab&scope=repository:team/app:pull,push';
      const { token } = JSON.parse((await send(`${realm}?${query}`, { headers: basic('ci', 'p') })).text);
      const bearer = { authorization: `Bearer ${token}` };
      expect(await beginUpload(url, 'team/app', bearer)).toContain('/v2/team/app/blobs/uploads/');
      const elsewhere = `${url}/v2/other/app/blobs/uploads/`;
      expect((await send(elsewhere, { method: 'POST', headers: bearer })).status).toBe(401);
    } finally {
      await tokens.close();
    }
  });

  test('speaks TLS with a certificate of a private authority', async () => {
    const { url } = await start({ tls: await authority.issue(['127.0.0.1']) });
    const status = await new Promise((resolve, reject) => {
      const call = request(`${url}/v2/`, { ca: authority.certificate }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      call.once('error', reject).end();
    });
    expect(status).toBe(200);
    await expect(send(`${url}/v2/`)).rejects.toThrow();
  });

  test('can be read-only', async () => {
    const { url } = await start({ readOnly: true });
    const answer = await send(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST' });
    expect(answer.status).toBe(405);
  });
});
