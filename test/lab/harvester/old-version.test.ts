/** What clients meet on Harvester 1.3 and no longer on new versions (facts/harvester.md §3.2, §4). */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Cluster } from '../../../lab/harvester/client.ts';
import { IMAGES, SETTINGS } from '../../../lab/harvester/kinds.ts';
import type { VirtualMachineImage } from '../../../lab/harvester/objects.ts';
import { fastPace } from '../../../lab/harvester/pace.ts';
import { type Lab, startLab } from '../../../lab/lab.ts';

const LABEL = 'harvesterhci.io/imageDisplayName';
let folder: string;
let lab: Lab;
let cluster: Cluster;
let web: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harvester-1.3-'));
  lab = await startLab({ dataFolder: folder, version: '1.3', pace: fastPace });
  cluster = new Cluster(lab.kubeconfig.text);
  web = createServer((_request, response) => response.end('image bytes'));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  web.close();
  await cluster.close();
  await lab.close();
  await rm(folder, { recursive: true, force: true });
});

const create = (name: string, displayName: string, script: object = {}) =>
  cluster.create(IMAGES, {
    metadata: {
      name,
      namespace: 'default',
      annotations: { 'lab.rke2-actions.io/script': JSON.stringify(script) },
    },
    spec: {
      displayName,
      sourceType: 'download',
      url: `http://127.0.0.1:${(web.address() as AddressInfo).port}/`,
      retry: 1,
    },
  });

test('the setting says so', async () => {
  expect(await cluster.get(SETTINGS, { name: 'server-version' })).toMatchObject({ value: 'v1.3.2' });
});

test('the class is named after the image, and the label comes only with the import', async () => {
  const created = await create('old', 'old');
  expect(created.metadata.labels?.[LABEL]).toBeUndefined();
  const found = await until('old', ({ metadata }) => metadata.labels?.[LABEL] === 'old');
  expect(found.status).toMatchObject({ storageClassName: 'longhorn-old', size: 11, progress: 100 });
  expect(found.status!.virtualSize).toBeUndefined();
});

test('11: two images of one display name are both accepted before either is imported', async () => {
  await create('twin-a', 'twin', { quiet: 2000 });
  await expect(create('twin-b', 'twin', { quiet: 2000 })).resolves.toMatchObject({
    spec: { displayName: 'twin' },
  });
});

test('4: tries run past the limit, and the text is one fixed sentence', async () => {
  await create('over', 'over', { headFails: { times: 99 }, overshoot: 2 });
  const { status } = await until(
    'over',
    (image) => conditionOf(image, 'RetryLimitExceeded')?.status === 'True',
  );
  expect(status!.failed).toBe(4);
  expect(status!.conditions).toContainEqual(
    expect.objectContaining({
      type: 'RetryLimitExceeded',
      message: 'VMImage has reached the specified retry limit',
    }),
  );
});

function conditionOf(image: VirtualMachineImage, type: string) {
  return image.status?.conditions?.find((condition) => condition.type === type);
}

async function until(
  name: string,
  done: (image: VirtualMachineImage) => boolean,
): Promise<VirtualMachineImage> {
  for (let look = 0; look < 1000; look++) {
    const image = await cluster.get(IMAGES, { namespace: 'default', name });
    if (image && done(image)) return image;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`image ${name} did not become what was expected`);
}
