import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PERSONALITIES, type Quirks } from '../../../lab/registry/quirks.ts';
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
beforeEach(() => {
  registry.quirks = {};
  registry.faults.clear();
});
afterAll(() => registry.close());

const patch = (location: string, body: string, headers: Record<string, string> = {}) =>
  send(location, {
    method: 'PATCH',
    body,
    headers: { 'content-type': 'application/octet-stream', ...headers },
  });

describe('uploads of distribution 2.8', () => {
  const twoEight = PERSONALITIES['distribution-2.8'];

  test('go on from chunk to chunk with each new Location', async () => {
    registry.quirks = twoEight;
    const first = await patch(await beginUpload(url, 'team/app'), 'first ');
    const last = withDigest(first.headers.get('location')!, sha256('first second'));
    expect((await send(last, { method: 'PUT', body: 'second' })).status).toBe(201);
  });

  test('are dead after a body that broke on its way, for GET too', async () => {
    registry.quirks = twoEight;
    const location = await beginUpload(url, 'team/app');
    registry.faults.add({ method: 'PATCH', does: { cutAfterBytes: 3 } });
    await expect(patch(location, 'a chunk')).rejects.toThrow();
    const status = await send(location);
    expect([status.status, errorOf(status).code]).toEqual([404, 'BLOB_UPLOAD_INVALID']);
    expect(await registry.openUploads()).toEqual([]);
  });

  test('a POST with digest and body begins an upload and drops the body', async () => {
    registry.quirks = twoEight;
    const single = `${url}/v2/team/app/blobs/uploads/?digest=${sha256('whole')}`;
    expect((await send(single, { method: 'POST', body: 'whole' })).status).toBe(202);
    registry.quirks = {};
    expect((await send(single, { method: 'POST', body: 'whole' })).status).toBe(201);
  });

  test('no referrers', async () => {
    registry.quirks = twoEight;
    expect((await send(`${url}/v2/team/app/referrers/${sha256('x')}`)).status).toBe(404);
  });
});

describe('other uploads', () => {
  test('by the specification go on where a body broke', async () => {
    const location = await beginUpload(url, 'team/app');
    registry.faults.add({ method: 'PATCH', does: { cutAfterBytes: 3 } });
    await expect(patch(location, 'a chunk')).rejects.toThrow();
    const status = await send(location);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-2']);
    const rest = await patch(location, 'hunk', { 'content-range': '3-6' });
    expect(rest.headers.get('range')).toBe('0-6');
  });

  test('GHCR refuses a large ranged chunk, and takes it without a range', async () => {
    registry.quirks = { largestRangedChunk: 4 };
    const location = await beginUpload(url, 'team/app');
    const refused = await patch(location, 'large', { 'content-range': '0-4' });
    expect([refused.status, errorOf(refused).message]).toEqual([416, 'request body too large']);
    expect((await patch(location, 'large')).status).toBe(202);
  });

  test("ECR's Range stays at the first chunk", async () => {
    registry.quirks = { stuckRange: true, patchAnswers201: true };
    const location = await beginUpload(url, 'team/app');
    await patch(location, 'abc', { 'content-range': '0-2' });
    const second = await patch(location, 'def', { 'content-range': '3-5' });
    expect([second.status, second.headers.get('range')]).toEqual([201, '0-2']);
  });

  test('a minimum is told, and a short chunk must be the last', async () => {
    registry.quirks = { chunkMinLength: 4 };
    const begun = await send(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST' });
    expect(begun.headers.get('oci-chunk-min-length')).toBe('4');
    const location = begun.headers.get('location')!;
    expect((await patch(location, 'abc', { 'content-range': '0-2' })).status).toBe(202);
    expect((await patch(location, 'defg', { 'content-range': '3-6' })).status).toBe(416);
  });

  test.each([
    ['http', /^http:\/\/127/],
    ['relative', /^\/v2\/team\/app\//],
  ] as const)('a Location can be %s', async (location, form) => {
    registry.quirks = { location };
    const begun = await send(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST' });
    expect(begun.headers.get('location')).toMatch(form);
  });

  test("nginx's limit answers with a page", async () => {
    registry.quirks = { largestBody: 4 };
    const location = await beginUpload(url, 'team/app');
    const answer = await send(withDigest(location, sha256('large')), { method: 'PUT', body: 'large' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([413, 'text/html']);
    expect(answer.text).toContain('<h1>413 Request Entity Too Large</h1>');
  });
});

describe('mounts', () => {
  const cases: [string, Quirks, query: string, status: number][] = [
    ['Quay wants a source', { mountNeedsFrom: true }, '', 400],
    ['Docker Hub refuses a strange source', { refusesForeignMount: true }, '&from=no/such', 400],
    ['Docker Hub takes one that it has', { refusesForeignMount: true }, '&from=team/app', 201],
    ['ECR begins an upload', { neverMounts: true }, '&from=team/app', 202],
  ];
  test.each(cases)('%s', async (_, quirks, query, status) => {
    const { digest } = await pushBlob(url, 'team/app', 'mounted');
    registry.quirks = quirks;
    const mount = `${url}/v2/team/else/blobs/uploads/?mount=${digest}${query}`;
    expect((await send(mount, { method: 'POST' })).status).toBe(status);
  });
});

describe('manifests', () => {
  const docker = (manifest: string) =>
    manifest
      .replaceAll(
        'application/vnd.oci.image.manifest.v1+json',
        'application/vnd.docker.distribution.manifest.v2+json',
      )
      .replaceAll('application/vnd.oci.image.layer.v1.tar', 'application/vnd.docker.image.rootfs.diff.tar');

  test.each([
    ['zot, schema 2', { refusesSchema2: true }, 400, 201],
    ['Quay, plain Docker layers', { refusesPlainDockerLayers: true }, 400, 201],
    ['the specification', {}, 201, 201],
  ] as [string, Quirks, number, number][])('%s', async (_, quirks, ofDocker, ofOci) => {
    const manifest = await pushImageBlobs(url, 'team/app');
    registry.quirks = quirks;
    expect((await putManifest(url, 'team/app', 'docker', docker(manifest))).status).toBe(ofDocker);
    expect((await putManifest(url, 'team/app', 'oci', manifest)).status).toBe(ofOci);
  });

  test('Artifactory denies HEAD of what is not there', async () => {
    registry.quirks = { headManifestDenied: true };
    expect((await send(`${url}/v2/team/app/manifests/none`, { method: 'HEAD' })).status).toBe(403);
    expect((await send(`${url}/v2/team/app/manifests/none`)).status).toBe(404);
  });

  test('a scan gate withholds it, HEAD too', async () => {
    await putManifest(url, 'team/app', 'gated', await pushImageBlobs(url, 'team/app'));
    registry.quirks = { scanGate: true };
    const answer = await send(`${url}/v2/team/app/manifests/gated`);
    expect([answer.status, errorOf(answer).code]).toEqual([412, 'PROJECTPOLICYVIOLATION']);
    expect((await send(`${url}/v2/team/app/manifests/gated`, { method: 'HEAD' })).status).toBe(412);
  });

  test('an immutable tag takes its own digest again, and no other', async () => {
    const manifest = await pushImageBlobs(url, 'team/app');
    registry.quirks = { immutableTags: true };
    const put = (body: string) => putManifest(url, 'team/app', 'fixed', body);
    expect((await put(manifest)).status).toBe(201);
    expect((await put(manifest)).status).toBe(201);
    expect((await put(`${manifest} `)).status).toBe(400);
  });

  test('read-only refuses all that writes', async () => {
    registry.quirks = { readOnly: true };
    expect((await send(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST' })).status).toBe(405);
    expect((await send(`${url}/v2/`)).status).toBe(200);
  });

  test('a catch-all is content with everything', async () => {
    registry.quirks = { catchAll: true };
    const answer = await putManifest(url, 'no/such', '1', '{"mediaType":"x"}');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html']);
  });
});

describe('faults', () => {
  const ping = () => send(`${url}/v2/`);

  test('a storm of 429 with Retry-After ends after its number', async () => {
    registry.faults.add({ times: 2, does: { answer: 429, retryAfter: 1 } });
    const answers = [await ping(), await ping(), await ping()];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(answers[0]!.headers.get('retry-after')).toBe('1');
  });

  test('a sequence of gateway errors comes in order', async () => {
    registry.faults.add(...[500, 502, 503, 504].map((answer) => ({ does: { answer } })));
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push((await ping()).status);
    expect(statuses).toEqual([500, 502, 503, 504, 200]);
  });

  test('only what it names is met, and what it skips is not', async () => {
    registry.faults.add({ method: 'HEAD', path: /manifests/, skip: 1, does: { answer: 500 } });
    const head = () => send(`${url}/v2/team/app/manifests/none`, { method: 'HEAD' });
    expect((await ping()).status).toBe(200);
    expect([(await head()).status, (await head()).status, (await head()).status]).toEqual([404, 500, 404]);
    expect(registry.faults.pending).toBe(0);
  });

  test('a commit can succeed although nobody hears of it', async () => {
    const location = await beginUpload(url, 'team/late');
    registry.faults.add({ method: 'PUT', does: { commitLateMs: 20 } });
    const digest = sha256('late');
    await expect(send(withDigest(location, digest), { method: 'PUT', body: 'late' })).rejects.toThrow();
    const head = () => send(`${url}/v2/team/late/blobs/${digest}`, { method: 'HEAD' });
    expect((await head()).status).toBe(404);
    while ((await head()).status !== 200);
    expect(await registry.openUploads()).toEqual(expect.not.arrayContaining([expect.stringMatching(/late/)]));
  });

  test.each([
    ['without an answer', {}, ''],
    ['with a 504', { lateAnswer: 504 }, 'HTTP/1.1 504 Gateway Timeout'],
  ])('a request that takes too long ends %s', async (_, more, firstLine) => {
    const { host, hostname, port, pathname } = new URL(await beginUpload(url, 'team/slow'));
    registry.faults.add({ method: 'PATCH', does: { cutAfterMs: 50, ...more } });
    const socket = connect(Number(port), hostname);
    socket.write(`PATCH ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nhalf`);
    const answer = Buffer.concat(await socket.toArray()).toString();
    expect(answer.split('\r\n')[0]).toBe(firstLine);
    expect((await registry.openUploads()).join()).toContain('team/slow/');
  });

  test('an answer can be lost', async () => {
    registry.faults.add({ method: 'POST', does: { loseAnswer: true } });
    await expect(beginUpload(url, 'team/lost')).rejects.toThrow();
    expect((await registry.openUploads()).join()).toContain('team/lost/');
  });
});
