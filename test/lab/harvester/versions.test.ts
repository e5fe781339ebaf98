/** What a client meets on each version: facts/harvester.md §3.2 and §4. Version 1.3 has a file of its own beside this one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Cluster } from '../../../lab/harvester/client.ts';
import { IMAGES } from '../../../lab/harvester/kinds.ts';
import type { ImageSpec, VirtualMachineImage } from '../../../lab/harvester/objects.ts';
import { fastPace } from '../../../lab/harvester/pace.ts';
import { type Lab, startLab } from '../../../lab/lab.ts';
import { condition, NAMESPACE, startWeb, type Web, waitFor } from './subjects.ts';

jest.setTimeout(60_000);

const LABEL = 'harvesterhci.io/imageDisplayName';

interface Expected {
  readonly version: string;
  readonly cdi: boolean;
  readonly renames: boolean;
  readonly twins: boolean;
  readonly classByUid: boolean;
  readonly overshoots: boolean;
  readonly anyName: boolean;
}

const VERSIONS: Expected[] = [
  {
    version: '1.4',
    cdi: false,
    renames: true,
    twins: true,
    classByUid: false,
    overshoots: true,
    anyName: true,
  },
  {
    version: '1.5',
    cdi: true,
    renames: true,
    twins: true,
    classByUid: false,
    overshoots: true,
    anyName: true,
  },
  {
    version: '1.6',
    cdi: true,
    renames: false,
    twins: true,
    classByUid: false,
    overshoots: true,
    anyName: true,
  },
  {
    version: '1.7',
    cdi: true,
    renames: false,
    twins: false,
    classByUid: false,
    overshoots: true,
    anyName: true,
  },
  {
    version: '1.8',
    cdi: true,
    renames: false,
    twins: false,
    classByUid: true,
    overshoots: false,
    anyName: true,
  },
  {
    version: '1.9',
    cdi: true,
    renames: false,
    twins: false,
    classByUid: true,
    overshoots: false,
    anyName: false,
  },
];

describe.each(VERSIONS)('Harvester $version', (expected) => {
  let folder: string;
  let lab: Lab;
  let cluster: Cluster;
  let web: Web;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'harvester-version-'));
    lab = await startLab({ dataFolder: folder, version: expected.version, pace: fastPace });
    cluster = new Cluster(lab.kubeconfig.text);
    web = await startWeb();
  });
  afterAll(async () => {
    await web?.close();
    await cluster?.close();
    await lab?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const create = (name: string, spec: Partial<ImageSpec> = {}, script: object = {}) =>
    cluster.create(IMAGES, {
      metadata: {
        name,
        namespace: NAMESPACE,
        annotations: { 'lab.rke2-actions.io/script': JSON.stringify(script) },
      },
      spec: { displayName: name, sourceType: 'download', url: web.url('/raw'), ...spec },
    });
  const becomes = (name: string, type: string) =>
    waitFor(cluster, IMAGES, name, (image: VirtualMachineImage) => condition(image, type)?.status === 'True');
  const outcome = (attempt: Promise<unknown>) => attempt.then(() => 200).catch((error) => error.status);

  test('names, sizes, label and target of an image', async () => {
    const created = await create('image');
    expect(LABEL in (created.metadata.labels ?? {})).toBe(!expected.twins);
    expect(created.spec.targetStorageClassName).toBe(expected.cdi ? 'harvester-longhorn' : undefined);
    const { status, metadata } = await becomes('image', 'Imported');
    expect(status).toMatchObject({
      storageClassName: expected.classByUid ? `lh-${metadata.uid}`.slice(0, 40) : 'longhorn-image',
      virtualSize: web.raw.length,
    });
  });

  test('11: two images of one display name, and a display name that is changed', async () => {
    await create('twin-a', { displayName: 'twin' }, { quiet: 60_000 });
    expect(await outcome(create('twin-b', { displayName: 'twin' }, { quiet: 60_000 }))).toBe(
      expected.twins ? 200 : 409,
    );
    await create('renamed', {}, { quiet: 60_000 });
    const rename = { spec: { displayName: 'other' } };
    const renaming = cluster.patch(IMAGES, { namespace: NAMESPACE, name: 'renamed' }, rename);
    expect(await outcome(renaming)).toBe(expected.renames ? 200 : 422);
  });

  test('4: tries end at the limit, or run past it, with a text that says which it was', async () => {
    await create('limit', { retry: 1 }, { headFails: { times: 99 }, overshoot: 1 });
    const found = await becomes('limit', 'RetryLimitExceeded');
    expect(found.status!.failed).toBe(expected.overshoots ? 3 : 2);
    expect(condition(found, 'Initialized')!.message).toBe(
      `retry attempted ${expected.overshoots ? 2 : 1}/1 failed due to error: got 404 status code from the script`,
    );
  });

  test('a display name that is no label value', async () => {
    const status = await outcome(create('spaced', { displayName: 'with space' }, { quiet: 60_000 }));
    // With the label set at creation the API server refuses it itself.
    expect(status).toBe(expected.twins ? 200 : 422);
    if (expected.anyName) return;
    await expect(create('spaced-b', { displayName: 'with space' })).rejects.toThrow(
      /not a valid Kubernetes label value|metadata.labels: Invalid value/,
    );
  });

  test('13: the backend cdi', async () => {
    await create('backend', { backend: 'cdi' });
    const { status } = await becomes('backend', 'Imported');
    const own = expected.classByUid ? /^lh-/ : /^longhorn-backend$/;
    expect(status!.storageClassName).toMatch(expected.cdi ? /^harvester-longhorn$/ : own);
  });

  test('9: an upload', async () => {
    await create('upload', { sourceType: 'upload', url: '' });
    const { metadata } = await becomes('upload', 'Initialized');
    expect(metadata.name).toBe('upload');
  });

  test('7, 10: nothing at first, and a while of terminating at last', async () => {
    const { status } = await create('slow-life', {}, { quiet: 300, terminating: 300 });
    expect(status).toBeUndefined();
    expect((await cluster.get(IMAGES, { namespace: NAMESPACE, name: 'slow-life' }))!.status).toBeUndefined();
    await becomes('slow-life', 'Imported');
    await cluster.delete(IMAGES, { namespace: NAMESPACE, name: 'slow-life' });
    const dying = await cluster.get(IMAGES, { namespace: NAMESPACE, name: 'slow-life' });
    expect(dying!.metadata.deletionTimestamp).toBeDefined();
  });
});
