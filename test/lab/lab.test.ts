/** A lab that is stopped and started again on the same folder. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Cluster } from '../../lab/harvester/client.ts';
import { IMAGES } from '../../lab/harvester/kinds.ts';
import { isTrue } from '../../lab/harvester/objects.ts';
import { fastPace } from '../../lab/harvester/pace.ts';
import { type Lab, startLab } from '../../lab/lab.ts';

let folder: string;
let web: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-'));
  web = createServer((_request, response) => response.end('image bytes'));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  web.close();
  await rm(folder, { recursive: true, force: true });
});

async function withLab<T>(work: (lab: Lab, cluster: Cluster) => Promise<T>): Promise<T> {
  const lab = await startLab({ dataFolder: folder, pace: fastPace });
  const cluster = new Cluster(lab.kubeconfig.text);
  try {
    return await work(lab, cluster);
  } finally {
    await cluster.close();
    await lab.close();
  }
}

const imageOf = (cluster: Cluster) => cluster.get(IMAGES, { namespace: 'default', name: 'kept' });

test('finds its images, objects and bytes', async () => {
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/`;
  await withLab(async (_lab, cluster) => {
    await cluster.create(IMAGES, {
      metadata: { name: 'kept', namespace: 'default' },
      spec: { displayName: 'kept', sourceType: 'download', url },
    });
    while (!isTrue((await imageOf(cluster))?.status?.conditions, 'Imported')) await pause();
  });
  web.close();
  await withLab(async (lab, cluster) => {
    const image = await imageOf(cluster);
    expect(isTrue(image?.status?.conditions, 'Imported')).toBe(true);
    expect(await readFile(lab.harvester.imageFile('default/kept')!, 'utf8')).toBe('image bytes');
    await cluster.delete(IMAGES, { namespace: 'default', name: 'kept' });
    while (await imageOf(cluster)) await pause();
    expect(lab.harvester.imageFile('default/kept')).toBeUndefined();
  });
});

test('keeps its kubeconfig to its user', async () => {
  await withLab(async (lab) => {
    expect((await stat(lab.kubeconfig.path)).mode & 0o777).toBe(0o600);
    expect(await readFile(lab.kubeconfig.path, 'utf8')).toBe(lab.kubeconfig.text);
  });
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
