import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { type ImportRequest, importImage } from '../../../src/harvester/import.ts';
import type { VirtualMachineImage } from '../../../src/harvester/import-state.ts';
import { EXPIRES_AT, SHA512 } from '../../../src/harvester/labels.ts';
import {
  BACKING_IMAGES,
  DATA_VOLUMES,
  VIRTUAL_MACHINE_IMAGES as IMAGES,
  VIRTUAL_MACHINES,
} from '../../../src/harvester/resources.ts';
import { EVENTS, PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES } from '../../../src/kube/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';

const SHA = 'ab'.repeat(64);
const request: ImportRequest = {
  namespace: 'ci',
  name: 'rocky',
  source: { kind: 'url', url: 'https://images.test/rocky.qcow2' },
  sha512: SHA,
  retry: 3,
  stallAfter: 600_000,
  deleteOnFailure: true,
  ownership: { runId: 'run-1', recipe: 'import', expiresAt: '2026-11-22T12:00:00Z' },
};
const file: ImportRequest = {
  ...request,
  source: {
    kind: 'file',
    name: 'disk.qcow2',
    size: 1024,
    open: async () => Readable.from([Buffer.alloc(1024)]),
  },
  uploadEndpoint: { url: 'https://vip' },
};

const condition = (type: string, status: 'True' | 'False' | 'Unknown', message = '') => ({
  type,
  status,
  message,
});
const initialized = { conditions: [condition('Initialized', 'True'), condition('Imported', 'Unknown')] };
const imported = {
  conditions: [condition('Initialized', 'True'), condition('Imported', 'True')],
  progress: 100,
  size: 1024,
  virtualSize: 4096,
  storageClassName: 'lh-1',
};

function setUp(react: (change: (status: VirtualMachineImage['status']) => void) => void = () => {}) {
  const kube = new FakeKube([
    IMAGES,
    EVENTS,
    BACKING_IMAGES,
    DATA_VOLUMES,
    STORAGE_CLASSES,
    PERSISTENT_VOLUME_CLAIMS,
    VIRTUAL_MACHINES,
  ]);
  const clock = new IdleClock();
  const change = (status: VirtualMachineImage['status']) => kube.change(IMAGES, 'rocky', { status });
  kube.on('create', IMAGES, () => react(change));
  const run = (asked: Partial<ImportRequest> = {}, signal?: AbortSignal) =>
    importImage({ ...request, ...asked }, { kube, clock, log: silentLogger, progress: () => {}, signal });
  return { kube, clock, change, run };
}

/** A cluster that imports at once; POST answers are given one after the other, then 200. */
function uploading(...answers: { status: number; text: string }[]) {
  const cluster = setUp((change) => change(initialized));
  const { kube } = cluster;
  kube.serve(async (_url, { method, body }) => {
    if (method === 'GET') return { status: 200, text: '{"type":"collection"}' };
    for await (const _ of body!);
    const answer = answers.shift() ?? { status: 200, text: '' };
    if (answer.status === 200) cluster.change(imported);
    return answer;
  });
  return cluster;
}

const existing = (more: object = {}, spec: object = {}): VirtualMachineImage => ({
  apiVersion: 'harvesterhci.io/v1beta1',
  kind: 'VirtualMachineImage',
  metadata: { name: 'rocky', namespace: 'ci', ...more },
  spec: { displayName: 'rocky', sourceType: 'download', checksum: SHA, ...spec },
  status: imported,
});

describe('from a URL', () => {
  test('makes an image that stays once it is imported', async () => {
    const { kube, run } = setUp((change) => change(imported));
    expect(await run()).toMatchObject({
      image: { id: 'ci/rocky', storageClassName: 'lh-1', size: 1024, virtualSize: 4096, checksum: SHA },
      attempts: 1,
      skipped: false,
    });
    const { metadata } = kube.peek(IMAGES, 'rocky')!;
    expect(metadata.annotations).toMatchObject({ [SHA512]: SHA });
    expect(metadata.annotations).not.toHaveProperty([EXPIRES_AT]);
  });

  test("counts Harvester's own tries", async () => {
    const { run } = setUp((change) => change({ ...imported, failed: 2 }));
    expect(await run()).toMatchObject({ attempts: 3 });
  });

  test('takes a failed image away, and quotes what the cluster knows', async () => {
    const { kube, run } = setUp((change) =>
      change({
        failed: 4,
        conditions: [condition('RetryLimitExceeded', 'True', 'got 404 status code from x')],
      }),
    );
    kube.put(BACKING_IMAGES, {
      apiVersion: 'longhorn.io/v1beta2',
      kind: 'BackingImage',
      metadata: {
        name: 'vmi-1',
        namespace: 'longhorn-system',
        annotations: { 'harvesterhci.io/imageId': 'ci/rocky' },
      },
      status: { diskFileStatusMap: { d1: { state: 'failed', progress: 3, message: 'disk full' } } },
    } as never);
    const failure = await run().catch((error) => error);
    expect(failure).toMatchObject({ code: 'HARVESTER_SOURCE_UNREACHABLE' });
    expect(failure.evidence).toContain('BackingImage vmi-1, disk d1: failed, 3 % disk full');
    expect(kube.names(IMAGES)).toEqual([]);
  });

  test('leaves a failed image to its caller where that is wanted', async () => {
    const { kube, run } = setUp((change) => change({ conditions: [condition('Imported', 'False', 'x')] }));
    await expect(run({ deleteOnFailure: false })).rejects.toMatchObject({ code: 'HARVESTER_IMPORT_FAILED' });
    expect(kube.peek(IMAGES, 'rocky')!.metadata.annotations).toHaveProperty([EXPIRES_AT]);
  });

  test('takes it away too when the time is over, but leaves a cancelled one to the caller', async () => {
    for (const [reason, left] of [
      [Object.assign(new Error('late'), { code: 'X' }), 0],
      [new CancelledError(), 1],
    ] as const) {
      const abort = new AbortController();
      const { kube, clock, run } = setUp((change) => change(initialized));
      clock.at(5000, () => abort.abort(reason));
      await expect(run({}, abort.signal)).rejects.toBe(reason);
      expect(kube.names(IMAGES)).toHaveLength(left);
    }
  });
});

describe('a name that is taken', () => {
  const other = { labels: {}, creationTimestamp: '2026-11-20T12:00:00Z' };

  test('fails before anything is created', async () => {
    const { kube, run } = setUp();
    kube.put(IMAGES, existing(other));
    await expect(run()).rejects.toMatchObject({ code: 'HARVESTER_NAME_TAKEN' });
    expect(kube.calls).toEqual(['list virtualmachineimages']);
  });

  test('counts as taken by display name too', async () => {
    const { kube, run } = setUp();
    kube.put(IMAGES, existing({ ...other, name: 'image-x7k2p' }));
    await expect(run()).rejects.toMatchObject({
      code: 'HARVESTER_NAME_TAKEN',
      message: /image-x7k2p .*"rocky"/,
    });
  });

  test('skip-if-same takes an image of the same bytes', async () => {
    const { kube, run } = setUp();
    kube.put(IMAGES, existing(other));
    expect(await run({ onExisting: 'skip-if-same' })).toMatchObject({
      skipped: true,
      attempts: 0,
      image: { id: 'ci/rocky' },
    });
    expect(kube.calls.filter((call) => /create|patch|delete/.test(call))).toEqual([]);
  });

  test('skip-if-same believes our annotation where there is no checksum', async () => {
    const { kube, run } = setUp();
    kube.put(IMAGES, existing({ ...other, annotations: { [SHA512]: SHA } }, { checksum: '' }));
    expect(await run({ onExisting: 'skip-if-same' })).toMatchObject({ skipped: true });
  });

  test('skip-if-same waits for one that is still on its way', async () => {
    const { kube, clock, change, run } = setUp();
    kube.put(IMAGES, { ...existing(other), status: initialized } as never);
    clock.at(4000, () => change(imported));
    expect(await run({ onExisting: 'skip-if-same' })).toMatchObject({
      skipped: true,
      duration: expect.any(Number),
    });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(4000);
  });

  test.each([
    ['other bytes', existing(other, { checksum: 'cd'.repeat(64) }), {}, 'HARVESTER_IMAGE_DIFFERS'],
    ['unknown bytes', existing(other, { checksum: '' }), {}, 'HARVESTER_IMAGE_DIFFERS'],
    [
      'a failed import',
      { ...existing(other), status: { conditions: [condition('Imported', 'False')] } },
      {},
      'HARVESTER_IMAGE_UNUSABLE',
    ],
    ['no checksum asked for', existing(other), { sha512: undefined }, 'CHECKSUM_NEEDED'],
  ])('skip-if-same refuses %s', async (_name, image, asked, code) => {
    const { kube, run } = setUp();
    kube.put(IMAGES, image as VirtualMachineImage);
    await expect(run({ onExisting: 'skip-if-same', ...asked })).rejects.toMatchObject({ code });
  });

  test('replace takes the former away first', async () => {
    const { kube, run } = setUp((change) => change(imported));
    kube.put(IMAGES, existing(other));
    expect(await run({ onExisting: 'replace' })).toMatchObject({ skipped: false });
    expect(kube.calls.indexOf('delete virtualmachineimages rocky')).toBeLessThan(
      kube.calls.indexOf('create virtualmachineimages rocky'),
    );
  });

  test('replace does not touch one that is in use', async () => {
    const { kube, run } = setUp();
    kube.put(IMAGES, existing(other));
    kube.refuse('delete', IMAGES, 422, 'Cannot delete image ci/rocky: being used by volume ci/node-1');
    await expect(run({ onExisting: 'replace' })).rejects.toMatchObject({
      code: 'HARVESTER_IMAGE_IN_USE',
      message: 'ci/rocky cannot be replaced, it is being used by volume ci/node-1',
    });
  });

  test('waits for one that is being deleted', async () => {
    const { kube, clock, run } = setUp((change) => change(imported));
    kube.put(IMAGES, existing({ ...other, deletionTimestamp: '2026-11-21T12:00:00Z', finalizers: ['x'] }));
    clock.at(7000, () => kube.drop(IMAGES, 'rocky'));
    expect(await run()).toMatchObject({ skipped: false });
  });

  test('gives way to an older one that was made at the same moment', async () => {
    const { kube, run } = setUp();
    kube.on('create', IMAGES, () =>
      kube.put(IMAGES, existing({ ...other, name: 'image-elder', uid: 'elder' })),
    );
    await expect(run({ deleteOnFailure: false })).rejects.toMatchObject({ code: 'HARVESTER_NAME_TAKEN' });
    expect(kube.names(IMAGES)).toEqual(['image-elder']);
  });

  test('does not give way to a younger one', async () => {
    const { kube, run } = setUp((change) => change(imported));
    const younger = { ...other, name: 'image-younger', uid: 'z', creationTimestamp: '2026-11-21T12:00:01Z' };
    kube.on('create', IMAGES, () => kube.put(IMAGES, existing(younger)));
    expect(await run()).toMatchObject({ skipped: false });
  });
});

describe('from a file', () => {
  test('uploads once the image is initialized', async () => {
    const { kube, run } = uploading();
    expect(await run(file)).toMatchObject({ attempts: 1, image: { id: 'ci/rocky' } });
    const { spec, metadata } = kube.peek<VirtualMachineImage>(IMAGES, 'rocky')!;
    // Harvester's own retry would wait for a file that nobody sends.
    expect(spec).toMatchObject({ sourceType: 'upload', checksum: SHA, retry: 0 });
    expect(metadata.annotations).toMatchObject({ 'harvesterhci.io/image-name': 'disk.qcow2' });
  });

  test('makes a new image after a failure that may pass', async () => {
    const { kube, run } = uploading({ status: 500, text: 'upload failed: no space' });
    expect(await run(file)).toMatchObject({ attempts: 2 });
    expect(kube.calls.filter((call) => /^(create|delete) virtualmachineimages/.test(call))).toEqual([
      'create virtualmachineimages rocky',
      'delete virtualmachineimages rocky',
      'create virtualmachineimages rocky',
    ]);
  });

  test('takes the image away after a refusal', async () => {
    const { kube, run } = uploading({ status: 413, text: '' });
    await expect(run(file)).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' });
    expect(kube.names(IMAGES)).toEqual([]);
  });

  test('gives up after its tries', async () => {
    const { kube, run } = uploading(
      ...Array.from({ length: 3 }, () => ({ status: 502, text: 'bad gateway' })),
    );
    await expect(run({ ...file, retry: 2 })).rejects.toMatchObject({ code: 'UPLOAD_FAILED' });
    expect(kube.calls.filter((call) => call.startsWith('create'))).toHaveLength(3);
  });

  test.each([
    ['an empty file', 0, /empty/],
    ['a size that is not whole sectors', 1000, /multiple of 512/],
  ])('refuses %s before anything is created', async (_name, size, message) => {
    const { kube, run } = uploading();
    await expect(run({ ...file, source: { ...file.source, size } as never })).rejects.toMatchObject({
      code: 'UPLOAD_SIZE',
      message,
    });
    expect(kube.names(IMAGES)).toEqual([]);
  });
});

describe('the upload endpoint', () => {
  const answering = (status: number, text: string) => {
    const cluster = uploading();
    cluster.kube.serve(() => ({ status, text }));
    return cluster;
  };

  test.each([
    ['a plain API server', { uploadEndpoint: {} }, 404, '{"message":"not found"}', 'UPLOAD_ENDPOINT_UNKNOWN'],
    ['an API server that hides it', { uploadEndpoint: {} }, 403, '{}', 'UPLOAD_ENDPOINT_UNKNOWN'],
    ['a web page', { uploadEndpoint: {} }, 200, '<html>', 'UPLOAD_ENDPOINT_UNKNOWN'],
    ['a login that is refused', {}, 401, '{"message":"must authenticate"}', 'UPLOAD_UNAUTHORIZED'],
  ])('%s is noticed before anything is created', async (_name, asked, status, text, code) => {
    const { kube, run } = answering(status, text);
    await expect(run({ ...file, ...asked })).rejects.toMatchObject({ code });
    expect(kube.names(IMAGES)).toEqual([]);
  });

  test.each(['https://vip/', 'https://vip/v1', 'https://vip/v1/harvester/', 'https://vip/dashboard/c/local'])(
    '%s is understood',
    async (url) => {
      const { kube, run } = uploading();
      await run({ ...file, uploadEndpoint: { url } });
      expect(kube.calls).toContain('POST /v1/harvester/harvesterhci.io.virtualmachineimages/ci/rocky');
    },
  );

  test("keeps the path of Rancher's way to a cluster", async () => {
    const { kube, run } = uploading();
    await run({ ...file, uploadEndpoint: { url: 'https://rancher/k8s/clusters/c-1' } });
    expect(kube.calls).toContain(
      'POST /k8s/clusters/c-1/v1/harvester/harvesterhci.io.virtualmachineimages/ci/rocky',
    );
  });
});

describe('from a volume', () => {
  const volume: Partial<ImportRequest> = {
    source: { kind: 'volume', namespace: 'ci', name: 'disk' },
    sha512: undefined,
  };
  const claim = (phase: string) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'disk', namespace: 'ci' },
    spec: { resources: { requests: { storage: '10Gi' } } },
    status: { phase },
  });
  const machine = (printableStatus: string) => ({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name: 'vm-1', namespace: 'ci' },
    spec: {
      runStrategy: 'Always',
      template: { spec: { volumes: [{ name: 'root', persistentVolumeClaim: { claimName: 'disk' } }] } },
    },
    status: { printableStatus },
  });

  test('names the volume', async () => {
    const { kube, run } = setUp((change) => change(imported));
    kube.put(PERSISTENT_VOLUME_CLAIMS, claim('Bound'));
    kube.put(VIRTUAL_MACHINES, machine('Stopped'));
    await run(volume);
    expect(kube.peek<VirtualMachineImage>(IMAGES, 'rocky')!.spec).toMatchObject({
      sourceType: 'export-from-volume',
      pvcNamespace: 'ci',
      pvcName: 'disk',
    });
  });

  test.each([
    ['is missing', undefined, undefined, 'VOLUME_MISSING'],
    ['is not bound', claim('Pending'), undefined, 'VOLUME_NOT_BOUND'],
    ['is held by a running machine', claim('Bound'), machine('Running'), 'VOLUME_IN_USE'],
  ])('one that %s is refused before anything is created', async (_name, found, vm, code) => {
    const { kube, run } = setUp();
    if (found) kube.put(PERSISTENT_VOLUME_CLAIMS, found);
    if (vm) kube.put(VIRTUAL_MACHINES, vm);
    await expect(run(volume)).rejects.toMatchObject({ code });
    expect(kube.names(IMAGES)).toEqual([]);
  });

  test('goes on where machines may not be listed', async () => {
    const { kube, run } = setUp((change) => change(imported));
    kube.put(PERSISTENT_VOLUME_CLAIMS, claim('Bound'));
    kube.refuse('list', VIRTUAL_MACHINES, 403, 'forbidden');
    expect(await run(volume)).toMatchObject({ skipped: false });
  });
});
