/** A push from end to end against a registry in memory: one image, its short cuts, layers, formats, tags. */
import { readdir } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { EnvironmentError, UserError } from '../../../../src/base/errors.ts';
import { DOCKER_LAYER_GZIP, DOCKER_MANIFEST, OCI_MANIFEST } from '../../../../src/oci/media-types.ts';
import { IMAGE_SOURCE, SOURCE_ARCHIVE } from '../../../../src/oci/push/manifests/annotations.ts';
import { digestOf, image, type Kit, layer } from './archive-kit.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { kinds, pushBench } from './push-bench.ts';

/** What `crane mutate` and others write anew, with all annotations as they were. */
interface Mutable {
  config: object;
  layers: object[];
}

const bench = pushBench();
const file: Kit['file'] = (name, all, more) => bench.kit.file(name, all, more);

describe('one docker-archive', () => {
  test('is pushed: gzip layers, OCI manifest, the tag from the name', async () => {
    const it = image();
    const report = await bench.push([await file('one-v1.0-amd64.tar.gz', [it])]);
    const manifest = bench.registry.manifest('one:v1.0');
    expect(manifest).toMatchObject({
      raw: { mediaType: OCI_MANIFEST },
      config: { digest: it.config.digest },
      layers: [{ mediaType: expect.stringMatching(/gzip$/) }, {}],
      annotations: { [SOURCE_ARCHIVE]: expect.stringMatching(/^sha256:/) },
    });
    expect(report.targets).toEqual([
      expect.objectContaining({
        repository: 'one',
        tags: ['v1.0'],
        digest: manifest?.raw.digest,
        reference: `registry.example.com/one:v1.0@${manifest?.raw.digest}`,
        changed: true,
        uploadedBlobs: 3,
        uploadedBytes: bench.registry.received,
        images: [expect.objectContaining({ configDigest: it.config.digest, file: 'one-v1.0-amd64.tar.gz' })],
      }),
    ]);
    expect(report.requests).toBe(bench.registry.requests);
  });

  test.each([
    [new UserError('ARCHIVE_TRUNCATED', 'The archive ends early.', { mend: 'Save it anew.' }), UserError],
    [new EnvironmentError('ARCHIVE_TOOL_MISSING', 'xz is not there.'), EnvironmentError],
  ])('what is wrong with an archive names its file: %s', async (wrong, kind) => {
    const files = [await file('good-v1-amd64.tar', [image()]), await file('bad-v1-amd64.tar', [image()])];
    const { openArchive } = bench.kit.context(bench.registry);
    const failing: typeof openArchive = (path, options) =>
      path === files[1] ? Promise.reject(wrong) : openArchive(path, options);
    const error = await bench.push(files, {}, { openArchive: failing }).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(kind);
    const { code, message, mend } = wrong;
    expect(error).toMatchObject({ code, message: `bad-v1-amd64.tar: ${message}`, mend });
  });

  test('leaves nothing open and nothing on the disk', async () => {
    await bench.push([await file('tidy-v1.0-amd64.tar.gz', [image()])]);
    expect(bench.kit.open()).toBe(0);
    expect((await readdir(bench.kit.folder)).filter((name) => name.startsWith('rke2-actions-'))).toEqual([]);
  });

  test('the label org.opencontainers.image.source becomes an annotation, below what was asked for', async () => {
    const labels = { [IMAGE_SOURCE]: 'https://example.com/src' };
    const path = await file('label-v1-amd64.tar', [image({ labels })]);
    await bench.push([path]);
    expect(bench.registry.manifest('label:v1')?.annotations[IMAGE_SOURCE]).toBe('https://example.com/src');
    await bench.push([path], { annotations: { [IMAGE_SOURCE]: 'https://example.com/other', a: 'b' } });
    expect(bench.registry.manifest('label:v1')?.annotations).toMatchObject({
      [IMAGE_SOURCE]: 'https://example.com/other',
      a: 'b',
    });
  });

  test('GHCR: an image without a source is told of', async () => {
    bench.registry = new MemoryRegistry('ghcr.io');
    const { warnings } = await bench.push([await file('ghcr-v1-amd64.tar', [image()])]);
    expect(warnings).toEqual([expect.stringMatching(/GHCR/)]);
  });

  test('a foreign layer is not pushed and keeps its addresses', async () => {
    const urls = ['https://example.com/layer'];
    const foreign = { ...layer('elsewhere', 'gzip'), urls };
    await bench.push([await file('foreign-v1-amd64.tar', [image({ layers: ['own', foreign] })])]);
    expect(bench.registry.manifest('foreign:v1')).toMatchObject({
      layers: [
        {},
        { urls, digest: foreign.stored.digest, mediaType: expect.stringMatching(/nondistributable/) },
      ],
    });
  });
});

describe('unchanged', () => {
  test('the same file costs one request, and is not opened', async () => {
    const path = await file('again-v1.0-amd64.tar.gz', [image()]);
    const first = await bench.push([path]);
    const opened = bench.kit.opened.length;
    const before = bench.registry.requests;
    const second = await bench.push([path]);
    expect(bench.registry.requests - before).toBe(1);
    expect(bench.kit.opened).toHaveLength(opened);
    expect(second.targets[0]).toMatchObject({
      changed: false,
      digest: first.targets[0]?.digest,
      images: first.targets[0]?.images,
      uploadedBytes: 0,
    });
  });

  test('the same image from another file: opened, nothing compressed, nothing sent', async () => {
    await bench.push([await file('same-v1-amd64.tar', [image()])]);
    const calls = await bench.calls([await file('same-v1-amd64.tar.gz', [image()])]);
    expect(kinds(calls)).toEqual({ 'GET manifest': 1 });
  });

  test('verify: full opens all the same, and looks at every blob', async () => {
    const path = await file('full-v1-amd64.tar', [image()]);
    await bench.push([path]);
    const opened = bench.kit.opened.length;
    expect(kinds(await bench.calls([path], { verify: 'full' }))).toEqual({
      'GET manifest': 2,
      'HEAD manifest': 1,
      'HEAD blob': 3,
    });
    expect(bench.kit.opened).toHaveLength(opened + 1);
  });

  test.each([
    ['annotations', { annotations: { a: 'b' } }],
    ['format', { format: 'docker' }],
  ] as const)('other %s: the manifest is written anew, all blobs are there', async (_what, changes) => {
    const path = await file('other-v1-amd64.tar', [image()]);
    await bench.push([path]);
    const report = await bench.push([path], changes);
    expect(report.targets[0]).toMatchObject({ changed: true, uploadedBlobs: 0, reusedBlobs: 3 });
  });

  test('another compression is no reuse', async () => {
    const path = await file('zstd-v1-amd64.tar', [image()]);
    await bench.push([path]);
    const report = await bench.push([path], { compression: 'zstd' });
    expect(report.targets[0]).toMatchObject({ changed: true, uploadedBlobs: 2, reusedBlobs: 1 });
    expect(bench.registry.manifest('zstd:v1')).toMatchObject({
      layers: [{ mediaType: expect.stringMatching(/zstd$/) }, {}],
    });
  });

  test.each([
    ['of another configuration', (it: Mutable) => Object.assign(it, { config: it.layers[0] })],
    ['with a layer less', (it: Mutable) => it.layers.pop()],
  ])('a manifest that another tool made of ours, %s, is not taken for it', async (_what, mutate) => {
    const path = await file('mut-v1-amd64.tar', [image()]);
    const { targets } = await bench.push([path]);
    const raw = bench.registry.manifest('mut:v1')!.raw;
    const document = JSON.parse(Buffer.from(raw.bytes).toString()) as Mutable;
    mutate(document);
    const bytes = Buffer.from(JSON.stringify(document));
    await bench.registry.putManifest('mut', 'v1', { ...raw, bytes, digest: digestOf(bytes) });
    const again = await bench.push([path]);
    expect(again.targets[0]).toMatchObject({ changed: true, digest: targets[0]?.digest });
  });

  test('another level is another digest, but no reason to write a tag anew', async () => {
    const path = await file('lv-v1-amd64.tar', [image()]);
    const { targets } = await bench.push([path], { compressionLevel: 1 });
    const [elsewhere, again] = [
      await bench.push([path], { compressionLevel: 9, tag: 'new' }),
      await bench.push([path], { compressionLevel: 9 }),
    ];
    expect(elsewhere.targets[0]?.digest).not.toBe(targets[0]?.digest);
    expect(again.targets[0]).toMatchObject({ changed: false, digest: targets[0]?.digest });
  });

  test('a name that says another platform now is refused, though the file is known', async () => {
    const it = image();
    await bench.push([await file('lie-v1-amd64.tar', [it])]);
    await expect(bench.push([await file('lie-v1-arm64.tar', [it])])).rejects.toMatchObject({
      code: 'PUSH_ARCHITECTURE',
      message: expect.stringMatching(/arm64.*linux\/amd64/),
    });
  });
});

describe('layers', () => {
  test('that the tag has already are looked at, not sent', async () => {
    await bench.push([await file('next-v1-amd64.tar', [image({ layers: ['base', 'old'] })])]);
    const calls = await bench.calls([await file('next-v1-amd64.tar', [image({ layers: ['base', 'new'] })])]);
    expect(calls.filter((it) => it.startsWith('PUT blob'))).toHaveLength(2);
  });

  test('of cache-from in the same repository are reused', async () => {
    await bench.push([await file('cf-v1-amd64.tar', [image({ layers: ['base', 'old'] })])]);
    const path = await file('cf-v2-amd64.tar', [image({ layers: ['base', 'new'] })]);
    const { targets } = await bench.push([path], { cacheFrom: ['cf:v1'] });
    expect(targets[0]).toMatchObject({ uploadedBlobs: 2, reusedBlobs: 1 });
  });

  test('of cache-from in another repository are mounted', async () => {
    await bench.push([await file('base-v1-amd64.tar', [image({ layers: ['base'] })])]);
    const path = await file('user-v1-amd64.tar', [image({ layers: ['base', 'own'] })]);
    const { targets } = await bench.push([path], { cacheFrom: ['registry.example.com/base:v1'] });
    expect(targets[0]).toMatchObject({ uploadedBlobs: 2, mountedBlobs: 1 });
  });

  test('are compressed and sent where a mount fails', async () => {
    await bench.push([await file('base2-v1-amd64.tar', [image({ layers: ['base'] })])]);
    bench.registry.mounts = false;
    const path = await file('user2-v1-amd64.tar', [image({ layers: ['base', 'own'] })]);
    const { targets } = await bench.push([path], { cacheFrom: ['base2:v1'] });
    expect(targets[0]).toMatchObject({ uploadedBlobs: 3, mountedBlobs: 0 });
  });

  test('known from a manifest, but gone from the registry, are sent', async () => {
    await bench.push([await file('gone-v1-amd64.tar', [image({ layers: ['base', 'old'] })])]);
    const { blobs } = bench.registry.repository('gone');
    const manifest = bench.registry.manifest('gone:v1');
    if (manifest?.kind === 'image') blobs.delete(manifest.layers[0]!.digest);
    const { targets } = await bench.push([
      await file('gone-v1-amd64.tar', [image({ layers: ['base', 'new'] })]),
    ]);
    expect(targets[0]).toMatchObject({ uploadedBlobs: 3 });
  });

  test('twice in one image are compressed and sent once', async () => {
    const calls = await bench.calls([
      await file('twice-v1-amd64.tar', [image({ layers: ['same', 'same', 'x'] })]),
    ]);
    expect(kinds(calls)['PUT blob']).toBe(3);
    expect(bench.registry.manifest('twice:v1')).toMatchObject({ layers: { length: 3 } });
  });

  test('that two images share go over the wire once', async () => {
    const files = [
      await file('left-v1-amd64.tar', [image({ layers: ['base', 'left'] })]),
      await file('right-v1-amd64.tar', [image({ layers: ['base', 'right'] })]),
    ];
    const { targets } = await bench.push(files);
    expect(targets.map(({ uploadedBlobs, mountedBlobs }) => uploadedBlobs + mountedBlobs)).toEqual([3, 3]);
    expect(targets.reduce((sum, it) => sum + it.mountedBlobs, 0)).toBe(1);
  });

  test('a cache-from that is not there is told of, once', async () => {
    const files = [
      await file('ca-v1-amd64.tar', [image({ layers: ['a'] })]),
      await file('cb-v1-amd64.tar', [image({ layers: ['b'] })]),
    ];
    const { warnings, targets } = await bench.push(files, { cacheFrom: ['team/typo:v1'] });
    expect(warnings).toEqual(['cache-from: team/typo:v1 is not there, so nothing of it is reused']);
    expect(targets).toMatchObject([{ changed: true }, { changed: true }]);
  });

  test('another registry in cache-from is told of', async () => {
    const { warnings } = await bench.push([await file('cw-v1-amd64.tar', [image()])], {
      cacheFrom: ['ghcr.io/a/b:1'],
    });
    expect(warnings).toEqual([
      expect.stringMatching(/ghcr\.io\/a\/b:1 is no reference of registry\.example\.com/),
    ]);
  });

  test.each([
    ['gzip', 'gzip', true],
    ['keep', 'gzip', true],
    ['keep', 'none', true],
    ['zstd', 'gzip', false],
    ['none', 'gzip', false],
    ['gzip', 'zstd', false],
  ] as const)('compression %s of a layer stored as %s: same bytes %p', async (compression, stored, same) => {
    const it = layer(`stored as ${stored}`, stored);
    await bench.push([await file('comp-v1-amd64.tar', [image({ layers: [it] })])], { compression });
    const manifest = bench.registry.manifest('comp:v1');
    const digest = manifest?.kind === 'image' ? manifest.layers[0]?.digest : undefined;
    expect(digest === it.stored.digest).toBe(same);
    if (compression === 'none') expect(digest).toBe(it.diffId);
  });
});

describe('format', () => {
  test('auto: refused as OCI, the manifest is written once more for Docker', async () => {
    bench.registry.refuses = [OCI_MANIFEST];
    await bench.push([await file('old-v1-amd64.tar', [image()])]);
    expect(bench.registry.manifest('old:v1')).toMatchObject({
      raw: { mediaType: DOCKER_MANIFEST },
      layers: [{ mediaType: DOCKER_LAYER_GZIP }, {}],
      annotations: {},
    });
  });

  test.each([
    ['oci was asked for', { format: 'oci' }, OCI_MANIFEST],
    ['docker was asked for', { format: 'docker' }, DOCKER_MANIFEST],
    ["zstd does not fit Docker's", { compression: 'zstd' }, OCI_MANIFEST],
  ] as const)('no other is tried where %s', async (_why, changes, refused) => {
    bench.registry.refuses = [refused];
    const path = await file('strict-v1-amd64.tar', [image()]);
    await expect(bench.push([path], changes)).rejects.toMatchObject({ code: 'REGISTRY_MANIFEST_REFUSED' });
    expect(bench.registry.tags()).toEqual([]);
  });

  test('docker with zstd is refused before anything is read', async () => {
    const opened = bench.kit.opened.length;
    const path = await file('dz-v1-amd64.tar', [image()]);
    await expect(bench.push([path], { format: 'docker', compression: 'zstd' })).rejects.toMatchObject({
      code: 'PUSH_FORMAT',
    });
    expect(bench.kit.opened).toHaveLength(opened);
  });

  test("Docker's has no annotations, and that is said", async () => {
    const path = await file('da-v1-amd64.tar', [image()]);
    const { warnings } = await bench.push([path], { format: 'docker', annotations: { a: 'b' } });
    expect(warnings).toEqual([expect.stringMatching(/no annotations/)]);
  });
});

describe('tags', () => {
  test('extra ones name the same manifest; only missing ones are written later', async () => {
    const path = await file('many-v1-amd64.tar', [image()]);
    const { targets } = await bench.push([path], { extraTags: ['latest', '{{version}}'] });
    expect(new Set(bench.registry.tags().map((it) => it.split('=')[1]))).toEqual(
      new Set([targets[0]?.digest]),
    );
    expect(targets[0]?.tags).toEqual(['v1', 'latest', '1']);
    bench.registry.repository('many').tags.delete('latest');
    const again = await bench.calls([path], { extraTags: ['latest', '{{version}}'] });
    expect(again.filter((it) => it.startsWith('PUT'))).toEqual(['PUT manifest many:latest']);
  });

  test('per architecture, beside the tag itself', async () => {
    await bench.push([await file('pa-v1-amd64.tar', [image()])], { archTags: true });
    expect(bench.registry.tags().map((it) => it.split('=')[0])).toEqual(['pa:v1', 'pa:v1-amd64']);
  });

  const other = () => file('ex-v1-amd64.tar', [image({ layers: ['another'] })]);
  test('on-existing overwrite replaces', async () => {
    await bench.push([await file('ex-v1-amd64.tar', [image()])]);
    expect((await bench.push([await other()])).targets[0]?.changed).toBe(true);
  });

  test('on-existing skip leaves what is there, and opens nothing', async () => {
    const first = await bench.push([await file('ex-v1-amd64.tar', [image()])]);
    const calls = await bench.calls([await other()], { onExisting: 'skip' });
    expect(kinds(calls)).toEqual({ 'GET manifest': 1 });
    expect(bench.registry.tags()).toEqual([`ex:v1=${first.targets[0]?.digest}`]);
  });

  test('on-existing skip reads the platform from the configuration where the manifest does not tell', async () => {
    const it = image({ platform: 'linux/arm/v7' });
    await bench.push([await file('ex-v1-armv7.tar', [it])], { format: 'docker' });
    const { targets } = await bench.push([await file('ex-v1-armv7.tar', [it])], { onExisting: 'skip' });
    expect(targets[0]?.images).toMatchObject([{ platform: it.platform, configDigest: it.config.digest }]);
  });

  test('on-existing fail names all tags that are there, and sends nothing', async () => {
    await bench.push([await file('ex-v1-amd64.tar', [image()]), await file('wy-v1-amd64.tar', [image()])]);
    const received = bench.registry.received;
    const files = [await other(), await file('wy-v1-amd64.tar', [image({ layers: ['y'] })])];
    await expect(bench.push(files, { onExisting: 'fail' })).rejects.toMatchObject({
      code: 'PUSH_TAG_EXISTS',
      message: expect.stringMatching(/ex:v1[\s\S]*wy:v1/),
    });
    expect(bench.registry.received).toBe(received);
  });

  test('on-existing fail is about extra tags, too', async () => {
    await bench.push([await file('ex-v1-amd64.tar', [image()])], { extraTags: ['latest'] });
    const next = await file('ex-v2-amd64.tar', [image({ layers: ['2'] })]);
    await expect(bench.push([next], { onExisting: 'fail', extraTags: ['latest'] })).rejects.toMatchObject({
      message: expect.stringMatching(/ex:latest/),
    });
    const skipped = await bench.push([next], { onExisting: 'skip', extraTags: ['latest'] });
    expect(skipped.targets[0]).toMatchObject({ tags: ['v2'], changed: true });
  });

  test('on-existing fail is content with the same image', async () => {
    const path = await file('ex-v1-amd64.tar', [image()]);
    await bench.push([path]);
    expect((await bench.push([path], { onExisting: 'fail' })).targets[0]?.changed).toBe(false);
  });

  test('one that nobody may see is written over, but not with fail', async () => {
    await bench.push([await file('gate-v1-amd64.tar', [image()])]);
    bench.registry.withholds = 'gated';
    const path = await file('gate-v1-amd64.tar', [image({ layers: ['fixed'] })]);
    await expect(bench.push([path], { onExisting: 'fail' })).rejects.toMatchObject({
      code: 'PUSH_TAG_EXISTS',
    });
    await expect(bench.push([path])).resolves.toMatchObject({ targets: [{ changed: true }] });
  });

  test('on-existing fail cannot hold where nobody may look, and that is said', async () => {
    await bench.push([await file('dark-v1-amd64.tar', [image()])]);
    bench.registry.withholds = 'unknown';
    const path = await file('dark-v1-amd64.tar', [image({ layers: ['fixed'] })]);
    const { warnings } = await bench.push([path], { onExisting: 'fail' });
    expect(warnings).toContainEqual(expect.stringMatching(/nobody can say whether it is there/));
  });

  test('a login that may push but not pull is enough', async () => {
    await bench.push([await file('blind-v1-amd64.tar', [image()])]);
    bench.registry.withholds = 'unknown';
    const path = await file('blind-v1-amd64.tar', [image({ layers: ['fixed'] })]);
    await expect(bench.push([path])).resolves.toMatchObject({ targets: [{ changed: true }] });
  });
});

describe('verify', () => {
  const breaking = (call: RegExp, how: () => void) => {
    bench.registry.before = (it) => {
      if (call.test(it)) how();
    };
  };
  test.each([
    ['the tag', 'manifest', /GET manifest v:sha256/, () => bench.registry.repository('v').tags.clear()],
    [
      'the manifest',
      'manifest',
      /GET manifest v:sha256/,
      () => bench.registry.repository('v').manifests.clear(),
    ],
    ['a blob', 'blobs', /GET manifest v:sha256/, () => bench.registry.repository('v').blobs.clear()],
    [
      'the size of a blob',
      'blobs',
      /GET manifest v:sha256/,
      () => {
        const { blobs } = bench.registry.repository('v');
        for (const digest of blobs.keys()) blobs.set(digest, Buffer.alloc(1));
      },
    ],
  ] as const)('misses %s', async (_what, verify, call, how) => {
    breaking(call, how);
    await expect(bench.push([await file('v-v1-amd64.tar', [image()])], { verify })).rejects.toMatchObject({
      code: 'PUSH_VERIFY',
    });
  });

  test('a HEAD without a digest proves nothing, so the tag is read', async () => {
    const head = bench.registry.headManifest.bind(bench.registry);
    bench.registry.headManifest = (async (repository, reference) => {
      const { state } = await head(repository, reference);
      return { state };
    }) as typeof head;
    breaking(/GET manifest hd:sha256/, () => {
      const [other] = bench.registry.repository('hd2').manifests.values();
      const { manifests, tags } = bench.registry.repository('hd');
      manifests.set(other!.digest, other!);
      tags.set('v1', other!.digest);
    });
    await bench.push([await file('hd2-v1-amd64.tar', [image({ layers: ['2'] })])]);
    await expect(bench.push([await file('hd-v1-amd64.tar', [image()])])).rejects.toMatchObject({
      code: 'PUSH_VERIFY',
    });
  });

  test('what nobody lets us read back is said, not taken for verified', async () => {
    bench.registry.withholds = 'unknown';
    const { warnings } = await bench.push([await file('nr-v1-amd64.tar', [image()])]);
    expect(warnings).toEqual([expect.stringMatching(/nr:v1 .*was not verified.*withheld/)]);
  });

  test('blobs: a child that is gone from an unchanged index is missed', async () => {
    const files = [
      await file('ch-v1-amd64.tar', [image()]),
      await file('ch-v1-arm64.tar', [image({ platform: 'linux/arm64' })]),
    ];
    const { targets } = await bench.push(files);
    bench.registry.repository('ch').manifests.delete(targets[0]!.images[0]!.digest);
    await expect(bench.push(files, { verify: 'blobs' })).rejects.toMatchObject({ code: 'PUSH_VERIFY' });
  });

  test('of blobs, and their reuse, do with a registry that names their digests alone', async () => {
    bench.registry.saysSizes = false;
    await bench.push([await file('un-v1-amd64.tar', [image()])], { verify: 'blobs' });
    const { targets } = await bench.push([await file('un-v2-amd64.tar', [image()])], { verify: 'blobs' });
    expect(targets[0]).toMatchObject({ uploadedBytes: 0 });
  });

  test('none asks nothing afterwards', async () => {
    const calls = await bench.calls([await file('nv-v1-amd64.tar', [image()])], { verify: 'none' });
    expect(calls.at(-1)).toBe('PUT manifest nv:v1');
  });
});

test('progress tells of reading, compressing or uploading, and how each ended', async () => {
  const ends = new Map<string, string>();
  const path = await file('pr-v1-amd64.tar', [image()]);
  await bench.push(
    [path],
    {},
    { onProgress: ({ label, doing, outcome }) => outcome && ends.set(`${doing} ${label}`, outcome) },
  );
  expect(Object.fromEntries(ends)).toEqual({
    'read pr-v1-amd64.tar': 'done',
    'upload configuration of pr-v1-amd64.tar': 'uploaded',
    'upload layer 1 of 2 of pr-v1-amd64.tar': 'uploaded',
    'upload layer 2 of 2 of pr-v1-amd64.tar': 'uploaded',
    'verify pr:v1': 'done',
  });
});
