/** What lab/api does beyond the contract: the end of history, slow clients, bookmarks, persistence. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { LabApi } from '../../../lab/api/kubeconfig.ts';
import { type ApiOptions, startApi } from '../../../lab/api/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { APPLY, ApiClient, eventually, MERGE, take } from './api-client.ts';
import { CRDS, widget, widgetDefinition, widgetsIn } from './widgets.ts';

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options: Partial<ApiOptions> = {}): Promise<{ lab: LabApi; api: ApiClient }> {
  const lab = await startApi({ log: silentLogger, ...options });
  const api = new ApiClient(lab.adminKubeconfig);
  closers.push(
    () => lab.close(),
    () => api.close(),
  );
  return { lab, api };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lab-api-test-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('watches', () => {
  test('a version before the window: 410 Expired', async () => {
    const { api } = await start({ watchWindow: 3 });
    const { body } = await api.get(CONFIGMAPS);
    for (const name of ['a', 'b', 'c', 'd']) await api.ask('POST', CONFIGMAPS, { metadata: { name } });
    const path = `${CONFIGMAPS}?watch=true&resourceVersion=${body.metadata.resourceVersion}`;
    const [event] = await take(api.watch(path), 1);
    expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    expect(event!.object.message).toMatch(/^too old resource version: \d+ \(\d+\)$/);
  });

  test('a continue token from before the window: 410', async () => {
    const { api } = await start({ watchWindow: 3 });
    for (const name of ['a', 'b']) await api.ask('POST', CONFIGMAPS, { metadata: { name } });
    const { body } = await api.get(`${CONFIGMAPS}?limit=1`);
    for (const name of ['c', 'd', 'e', 'f']) await api.ask('POST', CONFIGMAPS, { metadata: { name } });
    expect((await api.get(`${CONFIGMAPS}?limit=1&continue=${body.metadata.continue}`)).status).toBe(410);
  });

  test('bookmarks come where they are wanted', async () => {
    const { api } = await start({ bookmarkInterval: 20 });
    const { body } = await api.get(CONFIGMAPS);
    const path = `${CONFIGMAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=${body.metadata.resourceVersion}`;
    const [first] = await take(api.watch(path), 1);
    expect(first).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1' } });
    expect(first!.object.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
  });

  test('a client that does not read is dropped', async () => {
    const { api } = await start();
    const stuck = api.watch(`${CONFIGMAPS}?watch=true`);
    await api.ask('POST', CONFIGMAPS, { metadata: { name: 'first' } });
    await stuck.next();
    const data = { x: 'y'.repeat(1024 * 1024) };
    for (let count = 0; count < 24; count++) {
      await api.ask('POST', CONFIGMAPS, { metadata: { name: `c${count}` }, data });
    }
    const drain = async () => {
      let seen = 0;
      for await (const _event of stuck) seen += 1;
      return seen;
    };
    await expect(drain()).rejects.toThrow();
  });
});

describe('server', () => {
  test('server-side apply: a clear 415', async () => {
    const { api } = await start();
    const { status, body } = await api.ask('PATCH', `${CONFIGMAPS}/a?fieldManager=me`, {}, APPLY);
    expect(status).toBe(415);
    expect(body.message).toMatch(/^server-side apply is not supported - accepted media types include: /);
  });

  test('YAML is read', async () => {
    const { api } = await start();
    const yaml = { 'content-type': 'application/yaml' };
    const made = await api.ask('POST', CONFIGMAPS, 'metadata: {name: a}\ndata: {x: "1"}\n', yaml);
    expect(made).toMatchObject({ status: 201, body: { data: { x: '1' } } });
  });

  test('users with tokens of their own', async () => {
    const { lab, api } = await start();
    const bob = new ApiClient(lab.kubeconfigFor({ name: 'bob', groups: ['devs'], token: 'secret-of-bob' }));
    closers.push(() => bob.close());
    expect((await bob.get(CONFIGMAPS)).body.message).toContain('User "bob" cannot list');
    const subjects = [{ kind: 'Group', name: 'devs' }];
    const roleRef = { kind: 'ClusterRole', name: 'cluster-admin' };
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
    await api.ask('POST', path, { metadata: { name: 'devs' }, subjects, roleRef });
    expect((await bob.get(CONFIGMAPS)).status).toBe(200);
    expect((await api.withToken('secret-of-bob').get(CONFIGMAPS)).status).toBe(200);
  });

  test('a Secret of type service-account-token is filled', async () => {
    const { api } = await start();
    await api.ask('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
    const annotations = { 'kubernetes.io/service-account.name': 'robot' };
    const secret = { metadata: { name: 'token', annotations }, type: 'kubernetes.io/service-account-token' };
    await api.ask('POST', '/api/v1/namespaces/default/secrets', secret);
    await eventually(async () => {
      const { body } = await api.get('/api/v1/namespaces/default/secrets/token');
      expect(Object.keys(body.data).sort()).toEqual(['ca.crt', 'namespace', 'token']);
      const token = Buffer.from(body.data.token, 'base64').toString('utf8');
      expect((await api.withToken(token).get('/api')).status).toBe(200);
    });
  });

  test('a port in use is said so', async () => {
    const { lab } = await start();
    const port = Number(new URL(lab.url).port);
    await expect(start({ port })).rejects.toMatchObject({ code: 'LAB_PORT_IN_USE' });
  });

  test('closing ends watches', async () => {
    const lab = await startApi({ log: silentLogger });
    const api = new ApiClient(lab.adminKubeconfig);
    const events = api.watch(`${CONFIGMAPS}?watch=true&resourceVersion=0`);
    const end = events.next().then(
      ({ done }) => done,
      () => true,
    );
    await api.get(CONFIGMAPS);
    await lab.close();
    expect(await end).toBe(true);
    await api.close();
  });
});

describe('persistence', () => {
  test('objects, definitions, versions and identities survive a restart', async () => {
    const dataFolder = await temporaryFolder();
    const first = await startApi({ log: silentLogger, dataFolder });
    let api = new ApiClient(first.adminKubeconfig);
    await api.ask('POST', CRDS, widgetDefinition('widgets', 'Widget'));
    const widgets = widgetsIn('default');
    const { body: made } = await api.ask('POST', widgets, widget('a'));
    await api.close();
    await first.close();

    ({ api } = await start({ dataFolder }));
    const { body: kept } = await api.get(`${widgets}/a`);
    expect(kept).toEqual(made);
    const { body: changed } = await api.ask('PATCH', `${widgets}/a`, { spec: { size: 4 } }, MERGE);
    expect(Number(changed.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
  });

  test('a watch from before the restart: 410', async () => {
    const dataFolder = await temporaryFolder();
    const first = await startApi({ log: silentLogger, dataFolder });
    let api = new ApiClient(first.adminKubeconfig);
    const { body } = await api.get(CONFIGMAPS);
    await api.ask('POST', CONFIGMAPS, { metadata: { name: 'a' } });
    await api.close();
    await first.close();
    ({ api } = await start({ dataFolder }));
    const path = `${CONFIGMAPS}?watch=true&resourceVersion=${body.metadata.resourceVersion}`;
    expect((await take(api.watch(path), 1))[0]).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });

  test('an unreadable file is named, not overwritten', async () => {
    const dataFolder = await temporaryFolder();
    const { writeFile, readFile } = await import('node:fs/promises');
    await writeFile(join(dataFolder, 'objects.json'), '{broken');
    await expect(startApi({ log: silentLogger, dataFolder })).rejects.toMatchObject({
      code: 'LAB_DATA_UNREADABLE',
    });
    expect(await readFile(join(dataFolder, 'objects.json'), 'utf8')).toBe('{broken');
  });
});
