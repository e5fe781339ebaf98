/** The gateway must be invisible while all is well, and do exactly what it is asked to where it is not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { LabApi } from '../../../../lab/api/kubeconfig.ts';
import { startApi } from '../../../../lab/api/start.ts';
import { openAuthority } from '../../../../lab/authority.ts';
import {
  type ApiGateway,
  type ApiRequest,
  EXPIRED_WATCH,
  failureStatus,
  openApiGateway,
} from '../../../../lab/harvester/faults/api-gateway.ts';
import { silentLogger } from '../../../../src/base/log.ts';
import { connectKube } from '../../../../src/kube/connect.ts';
import type { Kube } from '../../../../src/kube/kube.ts';
import { SECRETS } from '../../../../src/kube/resources.ts';

let folder: string;
let api: LabApi;
let gateway: ApiGateway;
let kube: Kube;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-gateway-'));
  api = await startApi({ dataFolder: join(folder, 'api'), log: silentLogger });
  gateway = await openApiGateway(api, await openAuthority(join(folder, 'gateway')));
  kube = await connectKube({ kubeconfig: gateway.kubeconfig(api.adminKubeconfig) });
});
beforeEach(() => {
  gateway.decide = undefined;
});
afterAll(async () => {
  await kube.close();
  await gateway.close();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const watch = (resourceVersion: string) =>
  kube.watch(SECRETS, { namespace: 'default', resourceVersion })[Symbol.asyncIterator]();
const secrets = () => kube.list(SECRETS, { namespace: 'default' });

test('what is passed on is answered by the server behind it, writes and watches too', async () => {
  const name = 'through';
  await kube.create(SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
  });
  const { items, resourceVersion } = await secrets();
  expect(items.map(({ metadata }) => metadata.name)).toContain(name);
  const events = watch(resourceVersion);
  const first = events.next();
  await kube.delete(SECRETS, { namespace: 'default', name });
  expect((await first).value).toMatchObject({ type: 'DELETED' });
  await events.return?.();
});

test('a request can be answered in place of the server', async () => {
  gateway.decide = () => ({ status: 401, body: failureStatus(401, 'Unauthorized', 'Unauthorized') });
  await expect(secrets()).rejects.toMatchObject({ code: 'KUBE_UNAUTHORIZED' });
});

test('a watch can be told that its version is too old', async () => {
  gateway.decide = ({ streams }) => (streams ? EXPIRED_WATCH : 'pass');
  const events = watch('1');
  await expect(events.next()).rejects.toMatchObject({ code: 'KUBE_GONE' });
});

test('a restart cuts what is open and refuses what comes, then all is as before', async () => {
  const seen: ApiRequest[] = [];
  gateway.decide = (request) => {
    seen.push(request);
    return 'pass';
  };
  const { resourceVersion } = await secrets();
  const events = watch(resourceVersion);
  const cut = expect(events.next()).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
  while (!seen.some(({ streams }) => streams)) await new Promise((resolve) => setTimeout(resolve, 5));
  await gateway.restart(100);
  await cut;
  expect((await secrets()).items).toEqual(expect.any(Array));
});
