import { afterEach, describe, expect, test } from '@jest/globals';
import { MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST } from '../../../../src/oci/media-types.ts';
import { blobOf, client, digestOf, manifestOf } from './bench.ts';
import { type Line, startScript } from './scripted-server.ts';

const MANIFEST = manifestOf(blobOf(10), blobOf(20));
const BODY = Buffer.from(MANIFEST.bytes).toString();
const OTHER = digestOf(Buffer.from('other'));
const LOOK: Line = { on: 'GET /v2/' };
const GET = 'GET /v2/a/b/manifests/v1';
const PUT = 'PUT /v2/a/b/manifests/v1';
const type = { 'content-type': OCI_MANIFEST };

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function script(...lines: Line[]) {
  const server = await startScript([LOOK, ...lines]);
  const { registry } = client({ host: server.host });
  open.push(server, registry);
  return { server, registry };
}

describe('a manifest that is read', () => {
  test('is asked for in all four types, and has the digest of its bytes', async () => {
    const { server, registry } = await script({ on: GET, headers: type, body: BODY });
    const answer = await registry.getManifest('a/b', 'v1');
    expect(answer).toEqual({
      state: 'present',
      manifest: { ...MANIFEST, bytes: Buffer.from(MANIFEST.bytes) },
    });
    expect(server.headers[1]!.accept).toBe(MANIFEST_TYPES.join(', '));
    server.check();
  });

  test.each<[string, Partial<Line>, object]>([
    ['absent at 404', { status: 404 }, { state: 'absent' }],
    ['unknown at 401', { status: 401 }, { state: 'unknown', reason: 'HTTP 401' }],
    [
      'unknown at 403',
      { status: 403, body: '{"errors":[{"code":"DENIED"}]}' },
      { state: 'unknown', reason: 'DENIED' },
    ],
    ['unknown at 405', { status: 405 }, { state: 'unknown' }],
    ['gated at 412', { status: 412 }, { state: 'gated' }],
    [
      'taken by the type within',
      { headers: { 'content-type': 'text/plain' }, body: BODY },
      { state: 'present' },
    ],
  ])('is %s', async (_, line, answer) => {
    const { registry } = await script({ on: GET, ...line });
    expect(await registry.getManifest('a/b', 'v1')).toMatchObject(answer);
  });

  test.each<[string, Partial<Line>]>([
    ['REGISTRY_DIGEST', { headers: { ...type, 'docker-content-digest': OTHER }, body: BODY }],
    ['REGISTRY_PROTOCOL', { headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['REGISTRY_PROTOCOL', { headers: type, body: ' '.repeat((4 << 20) + 1) }],
    ['REGISTRY_PROTOCOL', { status: 204 }],
    ['REGISTRY_REFUSED', { status: 400 }],
    ['REGISTRY_UNAVAILABLE', { status: 503, times: 6 }],
  ])('is refused: %s', async (code, line) => {
    const { registry } = await script({ on: GET, ...line });
    await expect(registry.getManifest('a/b', 'v1')).rejects.toMatchObject({ code });
  });

  test('by its digest has no other', async () => {
    const { registry } = await script({ on: /manifests/, headers: type, body: BODY });
    await expect(registry.getManifest('a/b', OTHER)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST' });
  });

  test('is read again after a failure that passes', async () => {
    const { server, registry } = await script(
      { on: GET, status: 502, times: 2 },
      { on: GET, headers: type, body: BODY },
    );
    expect(await registry.getManifest('a/b', 'v1')).toMatchObject({ state: 'present' });
    server.check();
  });

  test('by HEAD tells digest, size and type', async () => {
    const headers = { ...type, 'docker-content-digest': MANIFEST.digest, 'content-length': '321' };
    const { registry } = await script({ on: 'HEAD /v2/a/b/manifests/v1', headers });
    const head = { state: 'present', digest: MANIFEST.digest, size: 321, mediaType: OCI_MANIFEST };
    expect(await registry.headManifest('a/b', 'v1')).toEqual(head);
  });
});

describe('a manifest that is put', () => {
  const put = async (...lines: Line[]) => {
    const { server, registry } = await script(...lines);
    await registry.putManifest('a/b', 'v1', MANIFEST);
    server.check();
  };

  test('is there once its digest was told', () =>
    put({ on: PUT, status: 201, headers: { 'docker-content-digest': MANIFEST.digest } }));

  test('is read where no digest was told', () =>
    put({ on: PUT, status: 201 }, { on: GET, headers: type, body: BODY }));

  test('is there though a policy withholds it', () =>
    put({ on: PUT, status: 201 }, { on: GET, status: 412 }));

  test('is put again after a failure that passes', () =>
    put(
      { on: PUT, status: 504 },
      { on: PUT, cutAfter: 1 },
      { on: PUT, status: 201, headers: { 'docker-content-digest': MANIFEST.digest } },
    ));

  test.each<[string, ...Line[]]>([
    ['REGISTRY_PROTOCOL', { on: PUT, status: 200 }],
    ['REGISTRY_PROTOCOL', { on: PUT, status: 202 }],
    ['REGISTRY_PROTOCOL', { on: PUT, status: 201 }, { on: GET, status: 404 }],
    ['REGISTRY_DIGEST', { on: PUT, status: 201, headers: { 'docker-content-digest': OTHER } }],
    [
      'REGISTRY_DIGEST',
      { on: PUT, status: 201 },
      { on: GET, headers: type, body: '{"mediaType":"application/vnd.x"}' },
    ],
    ['REGISTRY_MANIFEST_REFUSED', { on: PUT, status: 400, body: { errors: [{ code: 'MANIFEST_INVALID' }] } }],
    ['REGISTRY_MANIFEST_REFUSED', { on: PUT, status: 415 }],
    [
      'REGISTRY_BLOB_MISSING',
      { on: PUT, status: 400, body: { errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] } },
    ],
    ['REGISTRY_BODY_TOO_LARGE', { on: PUT, status: 413 }],
    [
      'REGISTRY_TAG_IMMUTABLE',
      {
        on: PUT,
        status: 412,
        body: { errors: [{ code: 'PRECONDITION', message: "'x' configured as immutable" }] },
      },
    ],
    [
      'REGISTRY_TAG_IMMUTABLE',
      { on: PUT, status: 400, body: { errors: [{ code: 'TAG_INVALID', message: 'tag is immutable' }] } },
    ],
    [
      'REGISTRY_PACKAGE_NOT_LINKED',
      {
        on: PUT,
        status: 403,
        body: { errors: [{ code: 'DENIED', message: 'permission_denied: write_package' }] },
      },
    ],
    ['REGISTRY_REPOSITORY_UNKNOWN', { on: PUT, status: 404, body: { errors: [{ code: 'NAME_UNKNOWN' }] } }],
    ['REGISTRY_PUSH_FORBIDDEN', { on: PUT, status: 403 }],
    [
      'REGISTRY_READ_ONLY',
      {
        on: PUT,
        status: 403,
        body: { errors: [{ code: 'DENIED', message: 'The system is in read only mode.' }] },
      },
    ],
  ])('is refused: %s (%#)', async (code, ...lines) => {
    const { server, registry } = await script(...lines);
    const failure = await registry.putManifest('a/b', 'v1', MANIFEST).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'EnvironmentError',
      code,
      message: expect.stringContaining(server.host),
    });
    expect((failure as { mend: string }).mend.length).toBeGreaterThan(10);
    server.check();
  });
});

test('an index of referrers that refers to something itself is put as any other', async () => {
  const subject = digestOf(Buffer.from('subject'));
  const [one, other] = [subject, OTHER].map((digest) => `sha256-${digest.slice('sha256:'.length)}`);
  const bytes = Buffer.from(JSON.stringify({ mediaType: OCI_MANIFEST, subject: { digest: subject } }));
  const manifest = { mediaType: OCI_MANIFEST, digest: digestOf(bytes), bytes };
  const odd = { mediaType: OCI_INDEX, manifests: [], subject: { digest: OTHER } };
  const listed = { ...odd, manifests: [{ digest: manifest.digest }] };
  const { server, registry } = await script(
    { on: PUT, status: 201, headers: { 'docker-content-digest': manifest.digest } },
    { on: `GET /v2/a/b/manifests/${one}`, headers: { 'content-type': OCI_INDEX }, body: odd },
    { on: `PUT /v2/a/b/manifests/${one}`, status: 201 },
    { on: `GET /v2/a/b/manifests/${one}`, status: 412 },
    { on: `GET /v2/a/b/manifests/${one}`, headers: { 'content-type': OCI_INDEX }, body: listed },
  );
  await registry.putManifest('a/b', 'v1', manifest);
  server.check();
  expect(server.requests.join()).not.toContain(other);
});

describe('a blob that is looked for', () => {
  const blob = blobOf(100);
  const on = `HEAD /v2/a/b/blobs/${blob.digest}`;
  const named = { 'docker-content-digest': blob.digest };

  test.each<[string, Line, unknown]>([
    ['with its size', { on, headers: { 'content-length': '100' } }, 100],
    ['by its digest alone', { on, headers: named }, 'unsaid'],
    ['not', { on, status: 404 }, undefined],
  ])('is there %s', async (_, line, size) => {
    const { registry } = await script(line);
    expect(await registry.headBlob('a/b', blob.digest)).toBe(size);
  });

  test.each<[string, Line]>([
    ['nothing is said of it', { on }],
    ['another digest is named', { on, headers: { 'docker-content-digest': OTHER } }],
    ['another status says so', { on, status: 204 }],
  ])('is not believed to be there where %s', async (_, line) => {
    const { registry } = await script(line);
    await expect(registry.headBlob('a/b', blob.digest)).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' });
  });

  test('and has another size is not pushed over', async () => {
    const { registry } = await script({ on, headers: { ...named, 'content-length': '99' } });
    await expect(registry.ensureBlob('a/b', blob)).rejects.toMatchObject({
      code: 'REGISTRY_PROTOCOL',
      message: expect.stringContaining('has 99 bytes under a digest of 100'),
    });
  });
});

describe('a small blob', () => {
  const blob = blobOf(100);
  const on = `GET /v2/a/b/blobs/${blob.digest}`;

  test.each<[string, Line]>([
    ['REGISTRY_DIGEST', { on, body: 'other' }],
    ['REGISTRY_PROTOCOL', { on, body: 'x'.repeat(101) }],
    ['REGISTRY_PROTOCOL', { on, status: 206, body: 'x' }],
    ['REGISTRY_REPOSITORY_UNKNOWN', { on, status: 404 }],
  ])('is refused: %s', async (code, line) => {
    const { registry } = await script(line);
    await expect(registry.getBlob('a/b', blob.digest, { limit: 100 })).rejects.toMatchObject({ code });
  });
});
