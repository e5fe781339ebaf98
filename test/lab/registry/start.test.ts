import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type LabRegistry, startRegistry } from '../../../lab/registry/start.ts';
import {
  beginUpload,
  errorOf,
  pushBlob,
  pushImageBlobs,
  putManifest,
  send,
  sha256,
  withDigest,
} from './client.ts';

let registry: LabRegistry;
let url: string;

beforeAll(async () => {
  registry = await startRegistry();
  url = registry.url;
});

beforeEach(() => registry.resetLog());
afterAll(() => registry.close());

describe('blobs', () => {
  test('a blob that was pushed in one PUT comes back, whole and in ranges', async () => {
    const { digest } = await pushBlob(url, 'team/app', 'hello, layer');
    expect((await send(`${url}/v2/team/app/blobs/${digest}`)).text).toBe('hello, layer');
    const part = await send(`${url}/v2/team/app/blobs/${digest}`, { headers: { range: 'bytes=7-' } });
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([
      206,
      'layer',
      'bytes 7-11/12',
    ]);
  });

  test('another repository does not have it until it is mounted there', async () => {
    const { digest } = await pushBlob(url, 'team/app', 'to be mounted');
    expect((await send(`${url}/v2/team/other/blobs/${digest}`)).status).toBe(404);
    const mount = `${url}/v2/team/other/blobs/uploads/?mount=${digest}`;
    expect((await send(mount, { method: 'POST' })).status).toBe(201);
    expect((await send(`${url}/v2/team/other/blobs/${digest}`)).text).toBe('to be mounted');
  });

  test('a mount of what is nowhere begins an upload', async () => {
    const mount = `${url}/v2/team/other/blobs/uploads/?mount=${sha256('nowhere')}&from=team/app`;
    expect((await send(mount, { method: 'POST' })).status).toBe(202);
  });

  test('chunks are taken in order alone', async () => {
    const location = await beginUpload(url, 'team/app');
    const chunk = (range: string, body: string) =>
      send(location, { method: 'PATCH', body, headers: { 'content-range': range } });
    expect((await chunk('0-2', 'abc')).headers.get('range')).toBe('0-2');
    const wrong = await chunk('4-6', 'efg');
    expect([wrong.status, wrong.headers.get('range')]).toEqual([416, '0-2']);
    expect((await chunk('3-5', 'def')).status).toBe(202);
    const done = await send(withDigest(location, sha256('abcdef')), { method: 'PUT' });
    expect([done.status, done.headers.get('docker-content-digest')]).toEqual([201, sha256('abcdef')]);
  });

  test('a wrong digest is refused, and the upload is gone', async () => {
    const location = await beginUpload(url, 'team/app');
    const answer = await send(withDigest(location, sha256('else')), { method: 'PUT', body: 'this' });
    expect([answer.status, errorOf(answer).code]).toEqual([400, 'DIGEST_INVALID']);
    expect((await send(location)).status).toBe(404);
  });

  test('a cancelled upload is not open any more', async () => {
    const location = await beginUpload(url, 'team/cancelled');
    expect((await registry.openUploads()).join()).toContain('team/cancelled/');
    expect((await send(location, { method: 'DELETE' })).status).toBe(204);
    expect((await registry.openUploads()).join()).not.toContain('team/cancelled/');
  });
});

describe('manifests', () => {
  test('one whose blobs are missing is refused', async () => {
    const manifest = await pushImageBlobs(url, 'team/app');
    const answer = await putManifest(url, 'team/empty', '1.0', manifest);
    expect([answer.status, errorOf(answer).code]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    expect(await registry.tags('team/empty')).toEqual([]);
  });

  test('tags are listed in pages', async () => {
    const manifest = await pushImageBlobs(url, 'team/paged');
    for (const tag of ['a', 'b', 'c']) await putManifest(url, 'team/paged', tag, manifest);
    const page = await send(`${url}/v2/team/paged/tags/list?n=2`);
    expect(JSON.parse(page.text)).toEqual({ name: 'team/paged', tags: ['a', 'b'] });
    expect(page.headers.get('link')).toBe('</v2/team/paged/tags/list?n=2&last=b>; rel="next"');
  });

  test('a subject finds its referrers', async () => {
    const manifest = JSON.parse(await pushImageBlobs(url, 'team/signed')) as object;
    const digest = sha256('the subject');
    const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 3 };
    const signature = JSON.stringify({ ...manifest, artifactType: 'example/signature', subject });
    const answer = await putManifest(url, 'team/signed', sha256(signature), signature);
    expect(answer.headers.get('oci-subject')).toBe(digest);
    const listed = await send(`${url}/v2/team/signed/referrers/${digest}`);
    expect(JSON.parse(listed.text).manifests).toMatchObject([
      { digest: sha256(signature), artifactType: 'example/signature' },
    ]);
  });
});

describe('the log', () => {
  test('has method, path, status and bytes, and no credentials', async () => {
    await send(`${url}/v2/`, { headers: { authorization: 'Bearer c2VjcmV0' } });
    await pushBlob(url, 'team/app', '12 bytes of.');
    expect(registry.requests.map(({ method, status, bytes }) => [method, status, bytes])).toEqual([
      ['GET', 200, 0],
      ['POST', 202, 0],
      ['PUT', 201, 12],
    ]);
    expect(JSON.stringify(registry.requests)).not.toContain('c2VjcmV0');
    expect(registry.blobBytes).toBe(12);
  });
});

describe('a restart', () => {
  test('keeps uploads that are under way', async () => {
    const location = await beginUpload(url, 'team/restarted');
    await send(location, { method: 'PATCH', body: 'first ' });
    await registry.restart();
    const done = await send(withDigest(location, sha256('first second')), { method: 'PUT', body: 'second' });
    expect(done.status).toBe(201);
  });
});
