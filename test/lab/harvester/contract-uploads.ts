/** The management address and its action `upload`: facts/harvester.md §1.7 and §3.2-9. Part of the suite of contract.ts. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { BACKING_IMAGES, DATA_SOURCES, IMAGES } from '../../../lab/harvester/kinds.ts';
import type { ImageSpec } from '../../../lab/harvester/objects.ts';
import { createAccount } from './account.ts';
import type { ContractLab } from './contract-lab.ts';
import { condition, NAMESPACE, storedFile, waitFor } from './subjects.ts';
import { call, upload } from './uploading.ts';

const LONGHORN = 'longhorn-system';
const FILE = Buffer.alloc(512 * 400, 'image');

export function describeUploads(lab: ContractLab): void {
  const createImage = (name: string, script: object = {}, spec: Partial<ImageSpec> = {}) =>
    lab.cluster.create(IMAGES, {
      metadata: {
        name,
        namespace: NAMESPACE,
        annotations: { 'lab.rke2-actions.io/script': JSON.stringify(script) },
      },
      spec: { displayName: name, sourceType: 'upload', ...spec },
    });
  const becomes = (name: string, type: string, status: string) =>
    waitFor(lab.cluster, IMAGES, name, (found) => condition(found, type)?.status === status);
  const imageOf = (name: string) => lab.cluster.get(IMAGES, { namespace: NAMESPACE, name });
  /** An image whose data source waits for its file. */
  const prepared = async (name: string, script: object = {}, spec: Partial<ImageSpec> = {}) => {
    await createImage(name, script, spec);
    await becomes(name, 'Initialized', 'True');
  };
  /** Uploads until a window is open, which is some time after the failure. */
  const sentAgain = async (name: string) => {
    for (let look = 0; (await upload(lab, name, FILE)).status !== 200; look++) {
      if (look > 200) throw new Error(`${name} takes no file`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  test('9: a file sent as the field chunk becomes the image', async () => {
    await prepared('uploaded');
    expect(await imageOf('uploaded')).toMatchObject({
      spec: { sourceType: 'upload' },
      status: { failed: 0 },
    });
    expect(await upload(lab, 'uploaded', FILE)).toMatchObject({ status: 200, text: '' });
    const { status } = await becomes('uploaded', 'Imported', 'True');
    expect(status).toMatchObject({ progress: 100, size: FILE.length, virtualSize: FILE.length });
    expect(await readFile(await storedFile(lab.harvester, 'uploaded'))).toEqual(FILE);
  });

  test('9: the image offers the action, with the address it was asked at', async () => {
    await prepared('offering');
    const path = '/v1/harvester/harvesterhci.io.virtualmachineimages/default/offering';
    const { status, text } = await call(lab, path);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      id: 'default/offering',
      type: 'harvesterhci.io.virtualmachineimage',
      actions: { upload: `${lab.harvester.vip.url}${path}?action=upload` },
    });
  });

  test('the cluster’s API is below /k8s/clusters/local, and uploads are, too', async () => {
    await prepared('proxied');
    const { text } = await call(
      lab,
      '/k8s/clusters/local/apis/harvesterhci.io/v1beta1/namespaces/default/virtualmachineimages/proxied',
    );
    expect(JSON.parse(text)).toMatchObject({ metadata: { name: 'proxied' } });
    const refused = await call(lab, '/k8s/clusters/local/apis/harvesterhci.io/v1beta1/x', {
      token: 'stranger',
    });
    expect(refused.status).toBe(401);
    const dressed = await call(
      lab,
      '/k8s/clusters/local/v1/harvester/harvesterhci.io.virtualmachineimages/default/proxied',
    );
    expect(JSON.parse(dressed.text)).toMatchObject({ id: 'default/proxied' });
  });

  test('a stranger’s token is answered as Rancher does, and nothing happens to the image', async () => {
    await prepared('guarded');
    const refused = await upload(lab, 'guarded', FILE, { token: 'expired' });
    expect(refused).toEqual({
      status: 401,
      type: 'application/json',
      text: '{"type":"error","status":"401","message":"must authenticate"}\n',
    });
    expect(condition((await imageOf('guarded'))!, 'Imported')!.status).toBe('Unknown');
  });

  test('who may read an image but not change it is not offered the action', async () => {
    await prepared('readable');
    const { token } = await createAccount(lab, 'reader', [
      { apiGroups: ['harvesterhci.io'], resources: ['virtualmachineimages'], verbs: ['get'] },
    ]);
    const path = '/v1/harvester/harvesterhci.io.virtualmachineimages/default/readable';
    const { status, text } = await call(lab, path, { token });
    expect([status, JSON.parse(text).actions]).toEqual([200, undefined]);
    expect((await upload(lab, 'readable', FILE, { token })).status).toBe(403);
  });

  test('an image that does not exist is a 404 in Rancher’s shape', async () => {
    const { status, text } = await upload(lab, 'nowhere', FILE);
    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({ type: 'error', code: 'NotFound', status: 404 });
  });

  const refusals: [string, Parameters<typeof upload>[3], string][] = [
    ['without a size', { size: '' }, 'strconv.ParseInt: parsing "": invalid syntax'],
    ['with a size that is no number', { size: '1Gi' }, 'strconv.ParseInt: parsing "1Gi": invalid syntax'],
    [
      'with a size that is no multiple of 512',
      { size: 513 },
      'the uploaded file size 513 should be a multiple of 512 bytes since Longhorn uses directIO by default',
    ],
    ['under another field', { field: 'file' }, 'EOF'],
    [
      'without multipart',
      { contentType: 'application/octet-stream' },
      "request Content-Type isn't multipart/form-data",
    ],
    [
      'shorter than promised',
      { size: 512 * 401 },
      `processed data size ${FILE.length} does not match the expected file size ${512 * 401}`,
    ],
  ];
  for (const [title, mistakes, text] of refusals) {
    test(`9: a file ${title} is refused with 500 and UploadFailed, not RetryLimitExceeded`, async () => {
      const name = `bad-${refusals.findIndex((entry) => entry[0] === title)}`;
      await prepared(name, { upload: { window: 60_000 } });
      expect(await upload(lab, name, FILE, mistakes)).toMatchObject({
        status: 500,
        text: `upload failed: ${text}\n`,
      });
      const { status } = (await imageOf(name))!;
      const failed = status!.conditions!.filter((entry) => entry.reason === 'UploadFailed');
      expect(failed).toEqual([
        expect.objectContaining({ type: 'Imported', status: 'False', message: `upload failed: ${text}\n` }),
      ]);
      expect(status!.conditions!.find(({ type }) => type === 'RetryLimitExceeded')?.status).not.toBe('True');
    });
  }

  test('9: the file’s checksum is compared after the answer', async () => {
    await prepared('wrong-sum', {}, { checksum: '0'.repeat(128), retry: 0 });
    expect((await upload(lab, 'wrong-sum', FILE)).status).toBe(200);
    const { status } = await becomes('wrong-sum', 'RetryLimitExceeded', 'True');
    expect(status!.conditions!.find(({ type }) => type === 'Imported')).toMatchObject({
      status: 'False',
      message: expect.stringContaining(`the expected checksum ${'0'.repeat(128)} doesn't match`),
    });
  });

  test('9: a window that is missed fails the try; the request is told so, and the status is not its doing', async () => {
    await createImage('late-upload', { upload: { window: 100 } }, { retry: 0 });
    const { status } = await becomes('late-upload', 'RetryLimitExceeded', 'True');
    const text = 'timeout waiting for the datasource file processing begin';
    expect(status!.conditions!.find(({ type }) => type === 'Imported')).toMatchObject({
      status: 'False',
      reason: 'Importing',
      message: `failed due to error: ${text}`,
    });
    expect(await upload(lab, 'late-upload', FILE)).toMatchObject({ status: 500, text });
  });

  test('9: an empty file is answered with 200, and never becomes an image', async () => {
    await prepared('empty', { upload: { window: 400 } }, { retry: 0 });
    expect((await upload(lab, 'empty', Buffer.alloc(0))).status).toBe(200);
    const { status } = await becomes('empty', 'RetryLimitExceeded', 'True');
    expect(condition({ status } as never, 'Imported')!.message).toContain(
      'failed to wait for processing begin in 60 seconds, current state starting',
    );
  });

  test('9: a connection that breaks fails the try, and a later one has a window of its own', async () => {
    await prepared('cut', { upload: { cutAt: { times: 1, percent: 50 } } });
    await expect(upload(lab, 'cut', FILE)).rejects.toThrow();
    const again = await waitFor(
      lab.cluster,
      IMAGES,
      'cut',
      (found) => found.status?.failed === 2 && condition(found, 'Imported')?.status === 'Unknown',
    );
    expect(condition(again, 'Initialized')!.status).toBe('True');
    expect(condition(again, 'Imported')!.message).toBe('unexpected EOF');
    await sentAgain('cut');
    await becomes('cut', 'Imported', 'True');
  });

  test('9: a transfer that stands still is given up', async () => {
    await prepared('idle', { upload: { idleAt: { times: 1, percent: 50 }, idle: 200 } }, { retry: 0 });
    const text = 'upload failed: failed to copy the data with timeout: context cancelled during the copy\n';
    expect(await upload(lab, 'idle', FILE)).toMatchObject({ status: 500, text });
    await becomes('idle', 'RetryLimitExceeded', 'True');
  });

  const answers: [number, string, RegExp][] = [
    [400, 'application/json', /backing image vmi-\S+ already exists/],
    [401, 'application/json', /must authenticate/],
    [413, 'text/html', /<center><h1>413 Request Entity Too Large<\/h1><\/center>/],
    [415, 'application/json', /unsupported media type/],
    [500, 'text/plain; charset=utf-8', /^timeout waiting for backing image data source to be ready$/],
  ];
  for (const [status, type, text] of answers) {
    test(`9: scripted, the first requests are answered with ${status} and leave the image as it is`, async () => {
      const name = `answer-${status}`;
      await prepared(name, { upload: { answers: { times: 2, status } } });
      for (let time = 0; time < 2; time++) {
        const answer = await upload(lab, name, FILE);
        expect(answer).toMatchObject({ status, type, text: expect.stringMatching(text) });
      }
      expect(condition((await imageOf(name))!, 'Imported')!.status).toBe('Unknown');
      expect((await upload(lab, name, FILE)).status).toBe(200);
      await becomes(name, 'Imported', 'True');
    });
  }

  test('Longhorn’s data source tells its state, and goes with its image', async () => {
    await prepared('observed');
    const { uid } = (await imageOf('observed'))!.metadata;
    const reference = { namespace: LONGHORN, name: `vmi-${uid}` };
    const state = async () => (await lab.cluster.get(DATA_SOURCES, reference))?.status?.currentState;
    for (let look = 0; (await state()) !== 'pending' && look < 1000; look++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await state()).toBe('pending');
    await lab.cluster.delete(IMAGES, { namespace: NAMESPACE, name: 'observed' });
    for (let look = 0; (await lab.cluster.get(BACKING_IMAGES, reference)) && look < 1000; look++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await lab.cluster.get(DATA_SOURCES, reference)).toBeUndefined();
  });
}
