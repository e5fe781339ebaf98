/**
 * The whole way, nothing imitated but the registry's program: a tarball of every writer, opened, pushed over HTTP with tokens, and read
 * back. What a push costs the next time is counted in requests.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WRITERS, type WriterName } from '../../../../lab/fixtures/archives/catalogue.ts';
import { writeArchive } from '../../../../lab/fixtures/archives/outer.ts';
import { type LabRegistry, startRegistry } from '../../../../lab/registry/start.ts';
import { systemClock } from '../../../../src/base/clock.ts';
import { silentLogger } from '../../../../src/base/log.ts';
import { openArchive } from '../../../../src/oci/archive/open.ts';
import { createLayerCompressor } from '../../../../src/oci/compress/layer-compressor.ts';
import type { Digest } from '../../../../src/oci/model.ts';
import {
  type ImageDocument,
  parseDiffIds,
  parseManifest,
} from '../../../../src/oci/push/manifests/document.ts';
import type { PushReport, PushRequest } from '../../../../src/oci/push/request.ts';
import { runPush } from '../../../../src/oci/push/run.ts';
import { connectRegistry } from '../../../../src/oci/registry/connect.ts';
import type { Registry } from '../../../../src/oci/registry/registry.ts';
import { pushRequest } from './push-request.ts';

const ROBOT = { username: 'robot$ci+push', password: 'not a secret' };

let folder: string;
let lab: LabRegistry;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'push-whole-'));
  const accounts = { [ROBOT.username]: { password: ROBOT.password, may: ['pull', 'push'] as const } };
  lab = await startRegistry({ auth: { kind: 'bearer', accounts } });
});
afterAll(async () => {
  await lab.close();
  await rm(folder, { recursive: true, force: true });
});

/** Each with a connection of its own, so that logging in is counted, too. */
async function withRegistry<T>(work: (registry: Registry) => Promise<T>): Promise<T> {
  const registry = connectRegistry(
    { host: lab.host, plainHttp: true, credentials: ROBOT },
    { clock: systemClock, log: silentLogger, env: {} },
  );
  try {
    return await work(registry);
  } finally {
    await registry.close();
  }
}

function push(changes: Partial<PushRequest>): Promise<PushReport> {
  lab.resetLog();
  return withRegistry((registry) =>
    runPush(pushRequest({ repository: '{{repository}}', tag: '{{repoTag}}', ...changes }), {
      ...{ registry, clock: systemClock, log: silentLogger, workFolder: folder },
      ...{ openArchive, createLayerCompressor },
    }),
  );
}

const UNPACK: readonly [RegExp, (bytes: Buffer) => Buffer][] = [
  [/gzip$/, (bytes) => gunzipSync(bytes)],
  [/zstd$/, (bytes) => zstdDecompressSync(bytes)],
];

/** The configuration's digest, after every layer was unpacked and compared with its diffID. */
async function pullBack(registry: Registry, repository: string, digest: Digest): Promise<Digest> {
  const answer = await registry.getManifest(repository, digest);
  const image = (answer.state === 'present' ? parseManifest(answer.manifest) : undefined) as ImageDocument;
  const diffIds = parseDiffIds(await registry.getBlob(repository, image.config.digest));
  for (const [index, { digest: blob, mediaType }] of image.layers.entries()) {
    const bytes = Buffer.from(await registry.getBlob(repository, blob));
    const unpack = UNPACK.find(([type]) => type.test(mediaType))?.[1] ?? ((it: Buffer) => it);
    expect(`sha256:${createHash('sha256').update(unpack(bytes)).digest('hex')}`).toBe(diffIds?.[index]);
  }
  return image.config.digest;
}

const names = Object.keys(WRITERS) as WriterName[];

describe.each(names)('%s', (writer) => {
  const { entries, expected } = WRITERS[writer]({ repository: `example.com/w${names.indexOf(writer)}` });
  const told = expected.tops.flatMap((it) => it.names);
  const options = {
    ...(told.every((name) => !name.includes('/')) && { repository: `w${names.indexOf(writer)}` }),
    ...(told.length === 0 && { tag: 'unnamed' }),
  };
  const file = () => join(folder, `archive-${names.indexOf(writer)}.tar.gz`);

  test('arrives as it was, and pushed again sends nothing', async () => {
    await writeArchive(file(), entries, 'gzip');
    const report = await push({ files: [file()], ...options });
    const pulled = await withRegistry(async (registry) => {
      const configs: Digest[] = [];
      for (const { repository, images } of report.targets)
        for (const { digest } of images) configs.push(await pullBack(registry, repository, digest));
      return configs;
    });
    expect(new Set(pulled)).toEqual(new Set(expected.images.map(({ configDigest }) => configDigest)));
    for (const { digest } of expected.tops)
      if (digest && expected.absent === 0) expect(report.targets.map((it) => it.digest)).toContain(digest);

    const again = await push({ files: [file()], ...options });
    expect(again.targets.map(({ changed }) => changed)).not.toContain(true);
    expect(lab.blobBytes).toBe(0);
    // Each repository's token takes two: a 401 that names its server, and that server's answer.
    const tags = again.targets.flatMap((it) => it.tags).length;
    expect(lab.requests.length).toBeLessThanOrEqual(2 * again.targets.length + tags + expected.images.length);
  });
});

test('named by its file, an unchanged docker-archive costs four requests, and one where there is no login', async () => {
  const { entries } = WRITERS['docker 24']({ seed: 7 });
  const path = join(folder, 'fast-v1.0.0-amd64.tar.gz');
  await writeArchive(path, entries, 'gzip');
  await push({ files: [path], repository: '', tag: '' });
  const again = await push({ files: [path], repository: '', tag: '' });
  expect(again.targets[0]?.changed).toBe(false);
  expect(lab.requests.length).toBeLessThanOrEqual(4);
});

test('nothing stays in the work folder', async () => {
  expect((await readdir(folder)).filter((name) => name.startsWith('rke2-actions-'))).toEqual([]);
});
