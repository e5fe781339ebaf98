import { PassThrough, Readable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Fault } from '../../../../../lab/registry/faults.ts';
import { PERSONALITIES, type Quirks } from '../../../../../lab/registry/quirks.ts';
import { type LabRegistry, startRegistry } from '../../../../../lab/registry/start.ts';
import type { Blob } from '../../../../../src/oci/model.ts';
import type { RegistryOptions } from '../../../../../src/oci/registry/options.ts';
import type { Registry } from '../../../../../src/oci/registry/registry.ts';
import { profileOf } from '../../../../../src/oci/registry/upload/profiles.ts';
import { FakeClock } from '../../../base/fake-clock.ts';
import { blobOf, client, MIB } from '../bench.ts';
import { startScript } from '../scripted-server.ts';

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function lab(quirks: Quirks = {}, ...faults: Fault[]): Promise<LabRegistry> {
  const server = await startRegistry({ quirks });
  server.faults.add(...faults);
  open.push(server);
  return server;
}

function connect(
  server: LabRegistry,
  options: Partial<RegistryOptions> = {},
  context: Parameters<typeof client>[1] = {},
) {
  const connected = client({ host: server.host, ...options }, context);
  open.push(connected.registry);
  return connected;
}

async function isWhole(registry: Registry, repository: string, blob: Blob): Promise<boolean> {
  const bytes = await registry.getBlob(repository, blob.digest, { limit: blob.size });
  return bytes.length === blob.size;
}

/** A blob whose stream sends a little and then nothing more. */
function stuck(blob: Blob, onStuck: () => void): Blob {
  const read = function* () {
    yield Buffer.alloc(1000);
  };
  const open = () => {
    const stream = new PassThrough();
    Readable.from(read())
      .on('end', () => setTimeout(onStuck, 50))
      .pipe(stream, { end: false });
    return stream;
  };
  return { ...blob, open };
}

const asked = (server: LabRegistry, method: string) =>
  server.requests.filter((request) => request.method === method && request.path.includes('/blobs/'));

describe('a blob', () => {
  test('goes up in one request, with its length', async () => {
    const server = await lab();
    const { registry } = connect(server);
    const blob = blobOf(3 * MIB);
    expect(await registry.ensureBlob('a/b', blob)).toEqual({ how: 'uploaded', sent: blob.size });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'HEAD', 'POST', 'PUT']);
    expect(await isWhole(registry, 'a/b', blob)).toBe(true);
  });

  test('of no bytes goes up, too', async () => {
    const { registry } = connect(await lab());
    expect(await registry.ensureBlob('a/b', blobOf(0))).toEqual({ how: 'uploaded', sent: 0 });
  });

  test('that is there is not sent', async () => {
    const server = await lab();
    const { registry } = connect(server);
    const blob = blobOf(MIB);
    await registry.ensureBlob('a/b', blob);
    server.resetLog();
    expect(await registry.ensureBlob('a/b', blob)).toEqual({ how: 'present', sent: 0 });
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD']);
  });

  test('is mounted from a neighbour that has it', async () => {
    const { registry } = connect(await lab());
    const blob = blobOf(MIB);
    await registry.ensureBlob('a/b', blob);
    const mountFrom = ['a/nothing', 'a/b'];
    expect(await registry.ensureBlob('c/d', blob, { mountFrom })).toEqual({ how: 'mounted', sent: 0 });
  });

  test.each([
    ['ecr', 'opens an upload instead'],
    ['docker-hub', 'refuses a stranger'],
    ['quay', 'wants to know from where'],
  ] as const)('is sent where the registry does not mount: %s %s', async (name, _why) => {
    const server = await lab(PERSONALITIES[name]);
    const { registry } = connect(server);
    const outcome = await registry.ensureBlob('a/b', blobOf(MIB), { mountFrom: ['x/1', 'x/2'] });
    expect(outcome.how).toBe('uploaded');
    expect(await server.openUploads()).toEqual([]);
  });

  test('is sent where the token server refuses the neighbour, and all else with it', async () => {
    const blob = blobOf(MIB);
    const server = await startScript([
      { on: 'GET /v2/', status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } },
      { on: /^GET \/token.*neighbour/, status: 403, times: Number.POSITIVE_INFINITY },
      { on: /^GET \/token/, body: { token: 'planted-token' } },
      { on: /^HEAD/, status: 404 },
      { on: 'POST /v2/a/b/blobs/uploads/', status: 202, headers: { location: '/up' } },
      { on: `PUT /up?digest=${blob.digest}`, status: 201 },
    ]);
    open.push(server);
    const { registry } = client({ host: server.host, credentials: { username: 'ci', password: 'secret' } });
    open.push(registry);
    const outcome = await registry.ensureBlob('a/b', blob, { mountFrom: ['a/neighbour'] });
    expect(outcome.how).toBe('uploaded');
    server.check();
  });

  test.each([
    ['/up?_state=a%2Fb&x=1', '/up?_state=a%2Fb&x=1&digest='],
    ['/up', '/up?digest='],
  ])('to the Location %s keeps what it carries', async (location, begin) => {
    const blob = blobOf(10);
    const server = await startScript([
      { on: 'GET /v2/' },
      { on: /^HEAD/, status: 404 },
      { on: /^POST/, status: 202, headers: { location } },
      { on: `PUT ${begin}${blob.digest}`, status: 201 },
    ]);
    open.push(server);
    const { registry } = client({ host: server.host });
    open.push(registry);
    await registry.ensureBlob('a/b', blob);
    server.check();
  });

  test('is told of as it goes', async () => {
    const { registry } = connect(await lab());
    const seen: number[] = [];
    const blob = blobOf(2 * MIB);
    await registry.ensureBlob('a/b', blob, { onProgress: (bytes) => void seen.push(bytes) });
    expect(seen.at(-1)).toBe(blob.size);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });

  test.each(['http', 'relative', 'absolute'] as const)('follows a Location that is %s', async (location) => {
    const { registry } = connect(await lab({ location }));
    expect((await registry.ensureBlob('a/b', blobOf(MIB))).how).toBe('uploaded');
  });
});

test('a mount for itself leaves no upload behind', async () => {
  const server = await lab();
  const { registry } = connect(server);
  const blob = blobOf(MIB);
  expect(await registry.mountBlob('c/d', blob.digest, 'a/b')).toBe(false);
  await registry.ensureBlob('a/b', blob);
  expect(await registry.mountBlob('c/d', blob.digest, 'a/b')).toBe(true);
  expect(await server.openUploads()).toEqual([]);
});

describe('after a fault', () => {
  const BODY = { method: 'PUT', path: /blobs\/uploads/ };
  const faults: [string, Fault[]][] = [
    ['a 413 of a proxy', [{ ...BODY, does: { answer: 413 } }]],
    ['a 413 before the body was read', [{ ...BODY, does: { answer: 413, drain: false } }]],
    ['a 499', [{ ...BODY, does: { answer: 499 } }]],
    ['a 502', [{ ...BODY, does: { answer: 502 } }]],
    ['a 503', [{ ...BODY, does: { answer: 503 } }]],
    ['a 504', [{ ...BODY, does: { answer: 504 } }]],
    ['a 500', [{ ...BODY, does: { answer: 500 } }]],
    ['a 429 with a pause', [{ ...BODY, does: { answer: 429, retryAfter: 7 } }]],
    ['a cut at the first byte', [{ ...BODY, does: { cutAfterBytes: 0 } }]],
    ['a cut in the middle', [{ ...BODY, does: { cutAfterBytes: MIB } }]],
    ['two cuts in the middle', [{ ...BODY, times: 2, does: { cutAfterBytes: MIB } }]],
    ['three cuts', [{ method: ['PUT', 'PATCH'], times: 3, does: { cutAfterBytes: 100_000 } }]],
    ['a lost answer', [{ ...BODY, does: { loseAnswer: true } }]],
    ['a 503 at the begin', [{ method: 'POST', times: 2, does: { answer: 503 } }]],
    ['a cut at the begin', [{ method: 'POST', does: { cutAfterBytes: 0 } }]],
    ['a 502 to the first look', [{ path: /^\/v2\/$/, times: 3, does: { answer: 502 } }]],
    ['a cut of the first look', [{ path: /^\/v2\/$/, does: { cutAfterBytes: 0 } }]],
    ['a 500 to the HEAD', [{ method: 'HEAD', times: 2, does: { answer: 500 } }]],
    [
      'a 413, then one of a chunk',
      [
        { ...BODY, does: { answer: 413, drain: false } },
        { method: 'PATCH', skip: 1, does: { cutAfterBytes: 300_000 } },
      ],
    ],
    [
      'a 413, then a lost answer to a chunk',
      [
        { ...BODY, does: { answer: 413, drain: false } },
        { method: 'PATCH', does: { loseAnswer: true } },
      ],
    ],
    [
      'a 413, then a lost answer to the closing PUT',
      [
        { ...BODY, does: { answer: 413, drain: false } },
        { ...BODY, does: { loseAnswer: true } },
      ],
    ],
  ];

  describe.each(['specification', 'distribution-2.8', 'distribution-3'] as const)('with %s', (name) => {
    test.each(faults)('%s, the blob is there whole', async (_, list) => {
      const server = await lab(PERSONALITIES[name], ...list);
      const { registry } = connect(server);
      const blob = blobOf(3 * MIB);
      const outcome = await registry.ensureBlob('a/b', blob);
      expect(outcome.how).toMatch(/uploaded|present/);
      expect(await isWhole(registry, 'a/b', blob)).toBe(true);
      expect(server.faults.pending).toBe(0);
    });
  });

  test('a commit that succeeds unheard is not sent again', async () => {
    const server = await lab({}, { ...BODY, does: { loseAnswer: true } });
    const { registry } = connect(server);
    await registry.ensureBlob('a/b', blobOf(MIB));
    expect(asked(server, 'PUT')).toHaveLength(1);
    expect(asked(server, 'PATCH')).toHaveLength(0);
  });

  test('a limit of the body is met, and remembered for the next blob', async () => {
    const server = await lab({ largestBody: MIB });
    const { registry } = connect(server);
    await registry.ensureBlob('a/b', blobOf(3 * MIB));
    const refused = () => server.requests.filter(({ status }) => status === 413).length;
    const before = refused();
    expect(before).toBeGreaterThan(0);
    await registry.ensureBlob('a/b', blobOf(3 * MIB, 2));
    expect(refused()).toBe(before);
  });

  test('chunks are closed by an empty PUT', async () => {
    const server = await lab({ largestBody: MIB });
    const { registry } = connect(server);
    await registry.ensureBlob('a/b', blobOf(3 * MIB));
    const chunks = asked(server, 'PATCH').filter(({ status }) => status === 202);
    expect(Math.max(...chunks.map(({ bytes }) => bytes))).toBe(MIB);
    expect(asked(server, 'PUT').at(-1)).toMatchObject({ status: 201, bytes: 0 });
  });

  test('chunks are as long as the registry wants them', async () => {
    const server = await lab(
      { chunkMinLength: MIB },
      { ...BODY, times: 2, does: { cutAfterBytes: 300_000 } },
    );
    const { registry } = connect(server);
    const blob = blobOf(3 * MIB);
    await registry.ensureBlob('a/b', blob);
    expect(asked(server, 'PATCH').map(({ status }) => status)).not.toContain(416);
  });

  test('a registry that can goes on where the cut was', async () => {
    const server = await lab(PERSONALITIES['distribution-3'], { ...BODY, does: { cutAfterBytes: 2 * MIB } });
    const { registry } = connect(server);
    const blob = blobOf(3 * MIB);
    await registry.ensureBlob('a/b', blob);
    const again = asked(server, 'PATCH').reduce((sum, { bytes }) => sum + bytes, 0);
    expect(again).toBeLessThan(blob.size);
  });

  test('ECR is believed though its Range stands still', async () => {
    const server = await lab(PERSONALITIES.ecr, { ...BODY, does: { cutAfterBytes: MIB } });
    const { registry } = connect(server, { profile: profileOf('1.dkr.ecr.eu-west-1.amazonaws.com') });
    const blob = blobOf(3 * MIB);
    await registry.ensureBlob('a/b', blob);
    expect(await isWhole(registry, 'a/b', blob)).toBe(true);
  });

  test('ghcr.io gets the whole body again, and never a chunk', async () => {
    const server = await lab(PERSONALITIES.ghcr, { ...BODY, times: 2, does: { cutAfterBytes: MIB } });
    const { registry } = connect(server, { profile: profileOf('ghcr.io') });
    await registry.ensureBlob('a/b', blobOf(3 * MIB));
    expect(asked(server, 'PATCH')).toEqual([]);
    expect(asked(server, 'PUT')).toHaveLength(3);
  });

  test('a registry that refuses ranges above 4 MiB without a word gets smaller ones', async () => {
    const server = await lab({ ...PERSONALITIES.ghcr, largestBody: 20 * MIB });
    const { registry } = connect(server);
    const blob = blobOf(24 * MIB);
    await registry.ensureBlob('a/b', blob);
    expect(asked(server, 'PATCH').map(({ status }) => status)).toContain(416);
    expect(await isWhole(registry, 'a/b', blob)).toBe(true);
  });

  test('a restart of the registry is waited out', async () => {
    const server = await lab({}, { ...BODY, does: { cutAfterMs: 30 } });
    const { registry } = connect(server);
    await registry.headBlob('a/b', blobOf(1).digest);
    const [outcome] = await Promise.all([registry.ensureBlob('a/b', blobOf(3 * MIB)), server.restart()]);
    expect(outcome.how).toBe('uploaded');
  });
});

describe('a storm of 429', () => {
  test('is waited out by all together, as long as the registry asks', async () => {
    const server = await lab({}, { times: 4, does: { answer: 429, retryAfter: 20 } });
    const { registry, clock } = connect(server);
    const begin = clock.monotonic();
    const blobs = [1, 2, 3].map((seed) => blobOf(MIB, seed));
    const outcomes = await Promise.all(blobs.map((blob) => registry.ensureBlob('a/b', blob)));
    expect(outcomes.map(({ how }) => how)).toEqual(['uploaded', 'uploaded', 'uploaded']);
    expect(clock.monotonic() - begin).toBeGreaterThanOrEqual(20_000);
    expect(registry.requests).toBeLessThan(20);
  });

  test('without end is given up', async () => {
    const server = await lab({}, { times: Number.POSITIVE_INFINITY, does: { answer: 429 } });
    const { registry } = connect(server);
    await expect(registry.ensureBlob('a/b', blobOf(MIB))).rejects.toMatchObject({
      code: 'REGISTRY_RATE_LIMITED',
    });
    expect(registry.requests).toBeLessThan(10);
  });
});

describe('in the end', () => {
  test.each([
    ['REGISTRY_UPLOAD_CUT', { method: ['PUT', 'PATCH'], does: { cutAfterBytes: 1000 } }],
    ['REGISTRY_BODY_TOO_LARGE', { method: ['PUT', 'PATCH'], does: { answer: 413 } }],
    ['REGISTRY_UNAVAILABLE', { method: ['PUT', 'PATCH'], does: { answer: 503 } }],
    ['REGISTRY_UNAVAILABLE', { method: 'POST', does: { answer: 500 } }],
    ['REGISTRY_REFUSED', { method: 'PUT', does: { answer: 400 } }],
  ] as const)('%s, and no upload is left', async (code, fault) => {
    const server = await lab({}, { ...fault, times: Number.POSITIVE_INFINITY } as Fault);
    const { registry } = connect(server);
    await expect(registry.ensureBlob('a/b', blobOf(MIB))).rejects.toMatchObject({
      name: 'EnvironmentError',
      code,
    });
    expect(server.requests.length).toBeLessThan(80);
    expect(await server.openUploads()).toEqual([]);
  });

  test.each([
    ['REGISTRY_PROTOCOL', { catchAll: true }],
    ['REGISTRY_READ_ONLY', { readOnly: true }],
  ])('%s', async (code, quirks) => {
    const { registry } = connect(await lab(quirks));
    await expect(registry.ensureBlob('a/b', blobOf(MIB))).rejects.toMatchObject({ code });
  });

  test('a cancelled push stops at once, and takes its upload away', async () => {
    const server = await lab();
    const { registry } = connect(server);
    const controller = new AbortController();
    const blob = stuck(blobOf(MIB), () => controller.abort());
    const pushing = registry.ensureBlob('a/b', blob, { signal: controller.signal });
    await expect(pushing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await server.openUploads()).toEqual([]);
  });

  test('a cancelled push takes its upload away, though the registry asked for a pause', async () => {
    const server = await lab({}, { method: 'PUT', does: { answer: 429, retryAfter: 50 } });
    const clock = new FakeClock();
    const { registry } = connect(server, {}, { clock });
    const controller = new AbortController();
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (ms, signal) => {
      // The look whether the blob arrived all the same waits the pause out.
      if (ms > 40_000 && signal === controller.signal) queueMicrotask(() => controller.abort());
      return sleep(ms, signal);
    };
    const pushing = registry.ensureBlob('a/b', blobOf(MIB), { signal: controller.signal });
    await expect(pushing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await server.openUploads()).toEqual([]);
  });

  test('a body that stands still is begun anew', async () => {
    const server = await lab();
    const clock = new FakeClock();
    let stalled = () => {};
    const waiting = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    const { registry } = connect(server, {}, { clock });
    const whole = blobOf(MIB);
    const once = stuck(whole, stalled);
    let opened = 0;
    const blob = { ...whole, open: (range?: object) => (opened++ === 0 ? once : whole).open(range) };
    const pushing = registry.ensureBlob('a/b', blob);
    await waiting;
    await clock.advance(130_000);
    expect(await pushing).toMatchObject({ how: 'uploaded' });
    expect(opened).toBeGreaterThan(1);
  });

  test('a source that fails is no failure of the registry, and is not tried again', async () => {
    const server = await lab();
    const { registry } = connect(server);
    const blob = {
      ...blobOf(MIB),
      open: () => {
        throw new TypeError('the file changed');
      },
    };
    await expect(registry.ensureBlob('a/b', blob)).rejects.toThrow('the file changed');
    expect(asked(server, 'PUT')).toEqual([]);
  });
});
