import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PushRequest } from '../../../../src/oci/push/request.ts';
import { runPush } from '../../../../src/oci/push/run.ts';
import { archiveKit, image, type Kit } from './archive-kit.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { pushRequest } from './push-request.ts';

let kit: Kit;
let registry: MemoryRegistry;
beforeAll(async () => {
  kit = await archiveKit();
});
afterAll(() => kit.remove());
beforeEach(() => {
  registry = new MemoryRegistry();
});
const push = (files: readonly string[], changes: Partial<PushRequest> = {}) =>
  runPush(pushRequest({ files, ...changes }), kit.context(registry));

describe('one docker-archive', () => {
  test('is pushed: gzip layers, OCI manifest, the tag from the name', async () => {
    const it = image();
    const file = await kit.file('one-v1.0-amd64.tar.gz', [it]);
    const report = await push([file]);
    const manifest = registry.manifest('one:v1.0');
    expect(manifest).toMatchObject({
      kind: 'image',
      config: { digest: it.config.digest },
      layers: [{ mediaType: expect.stringMatching(/gzip$/) }, {}],
    });
    expect(report.targets).toEqual([
      expect.objectContaining({
        repository: 'one',
        tags: ['v1.0'],
        digest: manifest?.raw.digest,
        reference: `registry.example.com/one:v1.0@${manifest?.raw.digest}`,
        changed: true,
        uploadedBlobs: 3,
        uploadedBytes: registry.received,
        images: [expect.objectContaining({ configDigest: it.config.digest, file: 'one-v1.0-amd64.tar.gz' })],
      }),
    ]);
    expect(kit.open()).toBe(0);
    expect(await readdir(kit.folder)).toEqual(
      expect.not.arrayContaining([expect.stringMatching(/^rke2-actions-/)]),
    );
  });

  test('pushed again costs one request, and nothing is opened', async () => {
    const file = await kit.file('again-v1.0-amd64.tar.gz', [image()]);
    const first = await push([file]);
    const [requests, opened] = [registry.requests, kit.opened.length];
    const second = await push([file]);
    expect(registry.requests - requests).toBe(1);
    expect(kit.opened).toHaveLength(opened);
    expect(second.targets[0]).toMatchObject({
      changed: false,
      digest: first.targets[0]?.digest,
      images: first.targets[0]?.images,
      uploadedBytes: 0,
    });
  });
});
