/** Images that CDI keeps: facts/harvester.md §1.5 and §3.2-13. Part of the suite of contract.ts. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { DATA_VOLUMES, IMAGES, STORAGE_CLASSES, VOLUME_CLAIMS } from '../../../lab/harvester/kinds.ts';
import type { ImageSpec } from '../../../lab/harvester/objects.ts';
import type { ContractLab } from './contract-lab.ts';
import { condition, createClaim, NAMESPACE, storedFile, waitFor, waitGone } from './subjects.ts';
import { upload } from './uploading.ts';

const CLASS = 'harvester-longhorn';
const FILE = Buffer.alloc(512 * 400, 'cdi');

export function describeCdi(lab: ContractLab): void {
  const createImage = (name: string, spec: Partial<ImageSpec> = {}, script: object = {}) =>
    lab.cluster.create(IMAGES, {
      metadata: {
        name,
        namespace: NAMESPACE,
        annotations: { 'lab.rke2-actions.io/script': JSON.stringify(script) },
      },
      spec: {
        displayName: name,
        backend: 'cdi',
        sourceType: 'download',
        ...((spec.sourceType ?? 'download') === 'download' && { url: lab.web.url('/raw') }),
        ...spec,
      },
    });
  const becomes = (name: string, type: string, status: string) =>
    waitFor(lab.cluster, IMAGES, name, (found) => condition(found, type)?.status === status);
  const reference = (name: string) => ({ namespace: NAMESPACE, name });

  test('13: the image becomes a volume of its name in the target class, and has no class of its own', async () => {
    const created = await createImage('cdi-good');
    expect(created.spec).toMatchObject({ targetStorageClassName: CLASS });
    expect(created.spec.storageClassParameters).toBeUndefined();
    const { status, metadata } = await becomes('cdi-good', 'Imported', 'True');
    const size = lab.web.raw.length;
    expect(status).toMatchObject({ size, virtualSize: size, storageClassName: CLASS, progress: 100 });
    expect(await lab.cluster.get(DATA_VOLUMES, reference('cdi-good'))).toMatchObject({
      spec: { source: { http: { url: lab.web.url('/raw') } }, storage: { storageClassName: CLASS } },
      status: { phase: 'Succeeded', progress: '100.0%' },
    });
    expect(await lab.cluster.get(VOLUME_CLAIMS, reference('cdi-good'))).toMatchObject({
      metadata: { annotations: { 'harvesterhci.io/goldenImage': 'true' } },
      status: { phase: 'Bound' },
    });
    const own = { name: `lh-${metadata.uid}`.slice(0, 40) };
    expect(await lab.cluster.get(STORAGE_CLASSES, own)).toBeUndefined();
    expect(await readFile(await storedFile(lab.harvester, 'cdi-good'))).toEqual(lab.web.raw);
  });

  test('13: its volume cannot be deleted, the image always can, and both go', async () => {
    await createImage('cdi-used');
    await becomes('cdi-used', 'Imported', 'True');
    await createClaim(lab.cluster, 'cdi-neighbour', CLASS);
    await expect(lab.cluster.delete(VOLUME_CLAIMS, reference('cdi-used'))).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining('can not delete golden image PVC'),
    });
    await lab.cluster.delete(IMAGES, reference('cdi-used'));
    await waitGone(lab.cluster, IMAGES, 'cdi-used');
    await waitGone(lab.cluster, DATA_VOLUMES, 'cdi-used');
    await waitGone(lab.cluster, VOLUME_CLAIMS, 'cdi-used');
    expect(await lab.cluster.get(STORAGE_CLASSES, { name: CLASS })).toBeDefined();
  });

  test('13: a server that does not tell the length is refused when the image is initialised', async () => {
    await createImage('cdi-unsized', { url: lab.web.url('/unsized'), retry: 0 });
    const found = await becomes('cdi-unsized', 'RetryLimitExceeded', 'True');
    expect(condition(found, 'Initialized')).toMatchObject({
      status: 'False',
      message: 'failed due to error: failed to fetch image size: Content-Length is not found in the header',
    });
  });

  test('13: a download that breaks is repeated by CDI, and is no failure of the image', async () => {
    await createImage('cdi-broken', {}, { breaksAt: { times: 1, percent: 40 } });
    const { status } = await becomes('cdi-broken', 'Imported', 'True');
    expect(status!.failed).toBe(0);
    const volume = await lab.cluster.get(DATA_VOLUMES, reference('cdi-broken'));
    expect(volume!.status!.restartCount).toBe(1);
  });

  test('13: the checksum is not looked at', async () => {
    await createImage('cdi-sum', { checksum: '0'.repeat(128) });
    await becomes('cdi-sum', 'Imported', 'True');
  });

  test('13: a file is uploaded as the field file', async () => {
    await createImage('cdi-upload', { sourceType: 'upload' });
    await becomes('cdi-upload', 'Initialized', 'True');
    expect(await upload(lab, 'cdi-upload', FILE, { field: 'file' })).toMatchObject({ status: 200 });
    const { status } = await becomes('cdi-upload', 'Imported', 'True');
    expect(status).toMatchObject({ size: FILE.length, virtualSize: FILE.length });
    expect(await readFile(await storedFile(lab.harvester, 'cdi-upload'))).toEqual(FILE);
  });

  test('13: an upload under another field, or without a size, fails with UploadFailed', async () => {
    await createImage('cdi-chunk', { sourceType: 'upload' });
    await becomes('cdi-chunk', 'Initialized', 'True');
    expect(await upload(lab, 'cdi-chunk', FILE, { size: '' })).toMatchObject({
      status: 500,
      text: 'failed to parse file size: strconv.ParseInt: parsing "": invalid syntax',
    });
    expect(await upload(lab, 'cdi-chunk', FILE)).toMatchObject({ status: 500, text: 'upload failed: ' });
    const found = await becomes('cdi-chunk', 'Imported', 'False');
    expect(condition(found, 'Imported')!.reason).toBe('UploadFailed');
  });

  test('13: a volume is copied, unless a pod uses it', async () => {
    await createClaim(lab.cluster, 'cdi-source', CLASS);
    await waitFor(lab.cluster, VOLUME_CLAIMS, 'cdi-source', ({ status }) => status?.phase === 'Bound');
    const spec = {
      sourceType: 'export-from-volume',
      pvcNamespace: NAMESPACE,
      pvcName: 'cdi-source',
    } as const;
    await createImage('cdi-export', spec);
    const { status } = await becomes('cdi-export', 'Imported', 'True');
    expect(status).toMatchObject({ size: 4 * 2 ** 30, virtualSize: 4 * 2 ** 30 });
  });
}
