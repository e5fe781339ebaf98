/**
 * Pushes while registry and network fail them (facts/oci.md §2.3, §7): after each either all is there, or nothing that could be taken for it,
 * and the next push succeeds. Nothing is left on this side, and no upload on the other.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Authority, openAuthority } from '../../lab/authority.ts';
import type { Expected } from '../../lab/fixtures/archives/expected.ts';
import { writeLargeArchive } from '../../lab/fixtures/archives/large.ts';
import { type CuttingProxyOptions, startCuttingProxy } from '../../lab/registry/cutting-proxy.ts';
import type { Fault } from '../../lab/registry/faults.ts';
import { PERSONALITIES } from '../../lab/registry/quirks.ts';
import { type LabRegistry, type RegistryOptions, startRegistry } from '../../lab/registry/start.ts';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { push } from '../lab/registry/push.ts';

const MiB = 1 << 20;
const REPOSITORY = 'team/app';
const ACCOUNTS = { ci: { password: 'planted' } } as const;
const BEARER = { kind: 'bearer', accounts: ACCOUNTS } as const;

let folder: string;
let file: string;
let expected: Expected;
let authority: Authority;
let registry: LabRegistry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rke2-actions-faults-'));
  file = join(folder, 'app-v1.0.0-amd64.tar');
  expected = await writeLargeArchive(file, { size: 20 * MiB, outer: 'none' });
  authority = await openAuthority(join(folder, 'authority'));
});
afterEach(() => registry.close());
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Way {
  /** Instead of the registry's own address. */
  readonly host?: string;
  /** What the registry is called; it is dialled at `host` all the same. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** Waits between tries take a tenth of their time. */
const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 10, signal) };

function pushOnce({ host = registry.host, name, signal, clock = systemClock }: Way = {}) {
  const secure = registry.url.startsWith('https:');
  return push({
    registry: {
      host: name ?? host,
      ...(name && { resolve: [`${name}=${host}`] }),
      plainHttp: !secure,
      ...(secure && { ca: [authority.certificate] }),
      credentials: { username: 'ci', password: 'planted' },
    },
    // Plain layers: all of the archive's bytes cross the wire.
    request: { files: [file], repository: REPOSITORY, tag: 'v1', compression: 'none' },
    clock,
    ...(signal && { signal }),
  });
}

/** The tag names the image, and every blob of it is there with its bytes: the registry itself looked, when it took the manifest. */
async function expectWhole(): Promise<void> {
  const manifest = JSON.parse((await registry.manifest(REPOSITORY, 'v1'))!.bytes.toString());
  expect(manifest.config.digest).toBe(expected.images[0]!.configDigest);
  expect(manifest.layers.map(({ digest }: { digest: string }) => digest)).toEqual(
    expected.images[0]!.diffIds,
  );
}

async function expectNothing(): Promise<void> {
  expect(await registry.tags(REPOSITORY)).toEqual([]);
}

/** Resolves when the registry has taken this many bytes of blobs. */
async function taken(bytes: number): Promise<void> {
  while (registry.blobBytes < bytes) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('what passes is outlasted in one run', () => {
  const cases: Readonly<
    Record<string, { faults: readonly Fault[]; registry?: RegistryOptions; orphans?: number }>
  > = {
    'a storm of 429 with Retry-After': { faults: [{ times: 2, does: { answer: 429, retryAfter: 1 } }] },
    'a storm of 429 in the middle of uploads': {
      faults: [{ method: ['PUT', 'PATCH'], times: 3, does: { answer: 429, retryAfter: 0 } }],
    },
    'each gateway error once, for uploads': {
      faults: [500, 502, 503, 504].map((answer) => ({ method: ['PUT', 'PATCH'], does: { answer } })),
    },
    'each gateway error once, for manifests': {
      faults: [500, 502, 503, 504].map((answer) => ({ path: /manifests/, does: { answer } })),
    },
    'a body that is cut once': { faults: [{ method: ['PUT', 'PATCH'], does: { cutAfterBytes: 3 * MiB } }] },
    'a body that is cut before its first byte': {
      faults: [{ method: ['PUT', 'PATCH'], does: { cutAfterBytes: 0 } }],
    },
    'a session whose answer is lost': {
      faults: [{ method: 'POST', does: { loseAnswer: true } }],
      orphans: 1,
    },
    'a slow commit that succeeds after the connection was cut': {
      faults: [{ method: 'PUT', path: /blobs/, does: { commitLateMs: 200 } }],
    },
    'a manifest whose answer is lost': {
      faults: [{ method: 'PUT', path: /manifests/, does: { loseAnswer: true } }],
    },
    'a token service that is down for a while': {
      faults: [{ path: /^\/token/, times: 2, does: { answer: 503 } }],
      registry: { auth: BEARER },
    },
  };

  for (const personality of ['specification', 'distribution-2.8', 'distribution-3'] as const)
    test.each(Object.entries(cases))(
      `${personality}: %s`,
      async (_, { faults, registry: options, orphans = 0 }) => {
        registry = await startRegistry({ ...options, quirks: PERSONALITIES[personality] });
        registry.faults.add(...faults);
        const report = await pushOnce({ clock: hasty });
        expect(registry.faults.pending).toBe(0);
        expect(report.targets[0]!.changed).toBe(true);
        await expectWhole();
        expect(await registry.openUploads()).toHaveLength(orphans);
      },
    );
});

describe('what happens in the middle of a push', () => {
  const start = async (options: RegistryOptions = {}) => {
    registry = await startRegistry(options);
    // Slow enough for something to happen meanwhile.
    return startCuttingProxy({ target: registry.url, bytesPerSecond: 30 * MiB });
  };

  test('the tokens end', async () => {
    const proxy = await start({ auth: BEARER });
    const pushed = pushOnce({ host: proxy.host });
    await taken(4 * MiB);
    registry.issuer!.revoke();
    await pushed;
    await expectWhole();
    expect(registry.requests.filter(({ status }) => status === 401).length).toBeGreaterThan(1);
    await proxy.close();
  });

  test.each(['specification', 'distribution-2.8', 'distribution-3'] as const)(
    'the registry restarts (%s)',
    async (personality) => {
      const proxy = await start({ quirks: PERSONALITIES[personality] });
      const pushed = pushOnce({ host: proxy.host });
      await taken(4 * MiB);
      await registry.restart(300);
      await pushed;
      await expectWhole();
      await proxy.close();
    },
  );

  test('it is cancelled', async () => {
    const proxy = await start();
    const cancel = new AbortController();
    const pushed = pushOnce({ host: proxy.host, signal: cancel.signal });
    await taken(4 * MiB);
    cancel.abort();
    await expect(pushed).rejects.toMatchObject({ code: 'CANCELLED' });
    await expectNothing();
    expect(await registry.openUploads()).toEqual([]);
    await pushOnce();
    await expectWhole();
    await proxy.close();
  });
});

describe('every request is cut', () => {
  const cuts: Readonly<Record<string, Omit<CuttingProxyOptions, 'target'>>> = {
    'after 6 MiB': { cutAfterBytes: 6 * MiB },
    'after 700 ms': { cutAfterMs: 700, bytesPerSecond: 12 * MiB },
    'after 700 ms with a 504': { cutAfterMs: 700, bytesPerSecond: 12 * MiB, status: 504 },
  };
  /** Hosts that a client knows by name are called by it. */
  const registries = {
    specification: undefined,
    'distribution-2.8': undefined,
    'distribution-3': undefined,
    ecr: '123456789012.dkr.ecr.eu-central-1.amazonaws.com',
  } as const;
  for (const [personality, name] of Object.entries(registries))
    test.each(Object.entries(cuts))(`${personality}: %s`, async (_, cut) => {
      registry = await startRegistry({ quirks: PERSONALITIES[personality as keyof typeof registries] });
      const proxy = await startCuttingProxy({ target: registry.url, ...cut });
      await pushOnce({ host: proxy.host, ...(name && { name }) });
      expect(proxy.cuts).toBeGreaterThan(0);
      await expectWhole();
      await proxy.close();
    });

  test('in uploads that ghcr.io would not take in chunks: a body that was cut once is sent whole again', async () => {
    registry = await startRegistry({ quirks: PERSONALITIES.ghcr });
    registry.faults.add({ method: 'PUT', does: { cutAfterBytes: 3 * MiB } });
    await pushOnce({ name: 'ghcr.io' });
    await expectWhole();
    expect(registry.requests.filter(({ status }) => status === 416)).toEqual([]);
  });

  test('so soon that nothing gets through: no tag, and the next push succeeds', async () => {
    registry = await startRegistry();
    const proxy = await startCuttingProxy({ target: registry.url, cutAfterBytes: 20_000 });
    await expect(pushOnce({ host: proxy.host, clock: hasty })).rejects.toMatchObject({
      code: expect.stringMatching(/^REGISTRY_/),
    });
    await expectNothing();
    await proxy.close();
    await pushOnce();
    await expectWhole();
  });
});

describe('a registry behind TLS that does not know it', () => {
  test('its http Locations are followed by https, and no token goes out in clear', async () => {
    const tls = await authority.issue(['127.0.0.1']);
    registry = await startRegistry({ tls, auth: BEARER, quirks: { location: 'http' } });
    await pushOnce();
    await expectWhole();
  });
});

describe('an nginx in front with a limit', () => {
  test('a 413 page leads to chunks that fit', async () => {
    registry = await startRegistry({ quirks: { largestBody: 8 * MiB } });
    await pushOnce();
    await expectWhole();
    expect(registry.requests.some(({ status }) => status === 413)).toBe(true);
  });
});
