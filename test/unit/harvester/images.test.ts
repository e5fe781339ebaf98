import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import {
  createImage,
  downloadImage,
  findImported,
  keepImage,
  waitForImport,
} from '../../../src/harvester/images.ts';
import type { VirtualMachineImage } from '../../../src/harvester/import-state.ts';
import { EXPIRES_AT } from '../../../src/harvester/labels.ts';
import { VIRTUAL_MACHINE_IMAGES as IMAGES } from '../../../src/harvester/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';

const SHA512 = 'ab'.repeat(64);
const ownership = { runId: 'run-1', recipe: 'rocky9', expiresAt: '2026-11-22T12:00:00Z' };
const wanted = {
  namespace: 'ci',
  name: 'golden',
  url: 'http://10.0.0.5/x',
  sha512: SHA512,
  retry: 3,
  ownership,
};

function setUp() {
  const kube = new FakeKube([IMAGES]);
  const clock = new IdleClock();
  const said: string[] = [];
  const wait = (options: { signal?: AbortSignal } = {}) =>
    waitForImport({
      kube,
      namespace: 'ci',
      name: 'golden',
      stallAfter: 600_000,
      clock,
      log: silentLogger,
      progress: (text) => said.push(text),
      ...options,
    });
  const change = (status: VirtualMachineImage['status']) => kube.change(IMAGES, 'golden', { status });
  return { kube, clock, said, wait, change };
}

const imported = { conditions: [{ type: 'Imported', status: 'True' as const }], storageClassName: 'lh-1' };
const importing = { conditions: [{ type: 'Initialized', status: 'True' as const }] };

describe('downloadImage', () => {
  test('carries name, checksum, owner and a complete parameter map', () => {
    const { metadata, spec } = downloadImage({ ...wanted, storageClass: 'fast' });
    expect(spec).toMatchObject({ displayName: 'golden', sourceType: 'download', checksum: SHA512, retry: 3 });
    expect(spec.storageClassParameters).toMatchObject({ numberOfReplicas: '3' });
    expect(metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'rke2-actions',
      'rke2-actions.io/run-id': 'run-1',
      'harvesterhci.io/imageDisplayName': 'golden',
    });
    expect(metadata.annotations).toMatchObject({
      'harvesterhci.io/storageClassName': 'fast',
      [EXPIRES_AT]: ownership.expiresAt,
    });
  });

  test('leaves the checksum out when there is none', () =>
    expect(downloadImage({ ...wanted, sha512: undefined }).spec).not.toHaveProperty('checksum'));

  test('refuses a SHA-256, which Harvester would refuse after the whole download', () =>
    expect(() => downloadImage({ ...wanted, sha512: 'ab'.repeat(32) })).toThrow(/not a SHA-512/));
});

describe('createImage', () => {
  test('takes the image that an earlier try of the same run made', async () => {
    const { kube } = setUp();
    kube.put(IMAGES, downloadImage(wanted));
    expect(await createImage(kube, downloadImage(wanted), { runId: 'run-1' })).toMatchObject({
      kind: 'VirtualMachineImage',
    });
  });

  test("does not take another run's image of the same name", async () => {
    const { kube } = setUp();
    kube.put(IMAGES, downloadImage({ ...wanted, ownership: { ...ownership, runId: 'run-2' } }));
    await expect(createImage(kube, downloadImage(wanted), { runId: 'run-1' })).rejects.toMatchObject({
      code: 'HARVESTER_NAME_TAKEN',
    });
  });

  test('knows the webhook that guards display names', async () => {
    const { kube } = setUp();
    kube.refuse(
      'create',
      IMAGES,
      409,
      'admission webhook denied the request: A resource with the same name exists',
    );
    await expect(createImage(kube, downloadImage(wanted), { runId: 'run-1' })).rejects.toMatchObject({
      code: 'HARVESTER_NAME_TAKEN',
    });
  });

  test('takes the image whose creation got no answer', async () => {
    const { kube } = setUp();
    kube.refuse('create', IMAGES, 500, 'etcd: request timed out');
    kube.put(IMAGES, downloadImage(wanted));
    expect((await createImage(kube, downloadImage(wanted), { runId: 'run-1' })).metadata.name).toBe('golden');
  });
});

describe('waitForImport', () => {
  test('returns what the status says, once it is imported', async () => {
    const { kube, clock, wait, change, said } = setUp();
    kube.put(IMAGES, downloadImage(wanted));
    clock.at(3000, () => change({ ...importing, progress: 40 }));
    clock.at(9000, () => change({ ...imported, progress: 100, size: 7, virtualSize: 9 }));
    expect(await wait()).toEqual({
      id: 'ci/golden',
      namespace: 'ci',
      name: 'golden',
      displayName: 'golden',
      storageClassName: 'lh-1',
      size: 7,
      virtualSize: 9,
      checksum: SHA512,
    });
    expect(said).toContain('image ci/golden: importing, 40 %');
  });

  const failure = (message: string) => ({
    failed: 4,
    conditions: [{ type: 'RetryLimitExceeded', status: 'True' as const, message }],
  });

  test.each([
    ['got 404 status code from http://10.0.0.5/x', 'HARVESTER_SOURCE_UNREACHABLE'],
    ['Head "http://10.0.0.5": dial tcp: lookup x: no such host', 'HARVESTER_SOURCE_UNREACHABLE'],
    ["the expected checksum a doesn't match the file actual checksum b", 'HARVESTER_CHECKSUM_MISMATCH'],
    ['strconv.Atoi: parsing "": invalid syntax', 'HARVESTER_STORAGE_PARAMETERS'],
  ])('%s: %s', async (message, code) => {
    const { kube, clock, wait, change } = setUp();
    kube.put(IMAGES, downloadImage(wanted));
    clock.at(2000, () => change(failure(message)));
    await expect(wait()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('names the cause of the failure, not the removal that the last try was spent on', async () => {
    const { kube, clock, wait, change } = setUp();
    kube.put(IMAGES, downloadImage({ ...wanted, retry: 1 }));
    const pending = (message: string, failed: number) => ({
      failed,
      conditions: [
        { type: 'RetryLimitExceeded', status: failed > 1 ? ('True' as const) : ('False' as const), message },
      ],
    });
    clock.at(2000, () => change(pending("failed due to error: the expected checksum a doesn't match b", 1)));
    clock.at(3000, () =>
      change(pending('retry attempted 1/1 failed due to error: backing image vmi-1 is being deleted', 2)),
    );
    await expect(wait()).rejects.toMatchObject({
      code: 'HARVESTER_CHECKSUM_MISMATCH',
      message: expect.stringMatching(/after 2 attempts: .*checksum/),
    });
  });

  test('calls an import stuck when nothing moves', async () => {
    const { kube, clock, wait, change } = setUp();
    kube.put(IMAGES, downloadImage(wanted));
    clock.at(60_000, () => change({ ...importing, progress: 1 }));
    await expect(wait()).rejects.toMatchObject({ code: 'HARVESTER_IMPORT_STALLED' });
    expect(clock.monotonic()).toBeGreaterThan(660_000);
    expect(clock.monotonic()).toBeLessThan(665_000);
  });

  test('bears a long checksum run at 99 %', async () => {
    const { kube, clock, wait, change } = setUp();
    kube.put(IMAGES, downloadImage(wanted));
    clock.at(1000, () => change({ ...importing, progress: 99 }));
    clock.at(590_000, () => change(imported));
    expect((await wait()).storageClassName).toBe('lh-1');
  });

  test('notices that the image was deleted', async () => {
    const { kube, clock, wait } = setUp();
    kube.put(IMAGES, downloadImage(wanted));
    clock.at(5000, () => kube.drop(IMAGES, 'golden'));
    await expect(wait()).rejects.toMatchObject({ code: 'HARVESTER_IMAGE_GONE' });
  });
});

describe('findImported', () => {
  const put = (kube: FakeKube, name: string, extra: object = {}, status: object = imported) => {
    const object = downloadImage({ ...wanted, name });
    kube.put(IMAGES, {
      ...object,
      metadata: { ...object.metadata, ...extra },
      status,
    } as VirtualMachineImage);
  };
  const find = async (kube: FakeKube) =>
    (await findImported(kube, { namespace: 'ci', where: () => true })).map(({ metadata }) => metadata.name);

  test('newest first; only imported, whole and staying ones', async () => {
    const { kube } = setUp();
    put(kube, 'old', { creationTimestamp: '2026-01-01T00:00:00Z' });
    put(kube, 'new', { creationTimestamp: '2026-02-01T00:00:00Z' });
    put(kube, 'going', { deletionTimestamp: '2026-02-01T00:00:00Z' });
    put(kube, 'importing', {}, importing);
    put(
      kube,
      'lost',
      {},
      { ...imported, conditions: [...imported.conditions, { type: 'BackingImageMissing', status: 'True' }] },
    );
    expect(await find(kube)).toEqual(['new', 'old']);
  });
});

test('keepImage takes the expiry away and adds what is known now', async () => {
  const { kube } = setUp();
  kube.put(IMAGES, downloadImage(wanted));
  await keepImage(kube, { namespace: 'ci', name: 'golden' }, { annotations: { a: 'b' } });
  const { annotations } = kube.peek(IMAGES, 'golden')!.metadata;
  expect(annotations).toMatchObject({ a: 'b' });
  expect(annotations).not.toHaveProperty([EXPIRES_AT]);
});
