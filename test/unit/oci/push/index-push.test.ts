/** Several platforms under one tag, several images in one archive, layouts that stay as they are, and merging into what is there. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../../../src/oci/media-types.ts';
import type { Image } from '../../../../src/oci/model.ts';
import { platformText } from '../../../../src/oci/push/naming/platform.ts';
import { attestation, image, index, type Kit, layer } from './archive-kit.ts';
import { kinds, pushBench } from './push-bench.ts';

const bench = pushBench();
const file: Kit['file'] = (name, all, more) => bench.kit.file(name, all, more);
const of = (platform: string, more: Parameters<typeof image>[0] = {}) => image({ platform, ...more });

/** `linux/amd64` of all entries of an index. */
function platforms(reference: string): string[] {
  const found = bench.registry.manifest(reference);
  return found?.kind === 'index'
    ? found.manifests.map((it) => (it.platform ? platformText(it.platform) : '-'))
    : [];
}
const tagNames = () => bench.registry.tags().map((it) => it.split('=')[0]);

describe('several files of one name and version', () => {
  const both = async (name: string) => [
    await file(`${name}-v1-arm64.tar`, [of('linux/arm64')]),
    await file(`${name}-v1-amd64.tar`, [of('linux/amd64')]),
  ];

  test('become one index, children by digest, amd64 first', async () => {
    const { targets } = await bench.push(await both('duo'));
    expect(platforms('duo:v1')).toEqual(['linux/amd64', 'linux/arm64']);
    expect(tagNames()).toEqual(['duo:v1']);
    expect(targets).toHaveLength(1);
    expect(targets[0]?.images.map(({ platform }) => platformText(platform)).sort()).toEqual([
      'linux/amd64',
      'linux/arm64',
    ]);
    expect(bench.registry.calls.filter((it) => it.startsWith('PUT manifest')).at(-1)).toBe(
      'PUT manifest duo:v1',
    );
  });

  test('give the same index in any order', async () => {
    const files = await both('order');
    const one = await bench.push(files);
    bench.registry.repository('order').tags.clear();
    const other = await bench.push(files.toReversed());
    expect(other.targets[0]?.digest).toBe(one.targets[0]?.digest);
  });

  test('pushed again cost one request, and nothing is opened', async () => {
    const files = await both('calm');
    const first = await bench.push(files);
    const opened = bench.kit.opened.length;
    const before = bench.registry.requests;
    const second = await bench.push(files);
    expect(bench.registry.requests - before).toBe(1);
    expect(bench.kit.opened).toHaveLength(opened);
    expect(second.targets[0]).toMatchObject({ changed: false, digest: first.targets[0]?.digest });
    expect(new Set(second.targets[0]?.images)).toEqual(new Set(first.targets[0]?.images));
  });

  test('with the same images from other files: one request per platform more, nothing sent', async () => {
    await bench.push(await both('salt'));
    const salted = [
      await file('salt-v1-arm64.tar', [of('linux/arm64')], { salt: 'x' }),
      await file('salt-v1-amd64.tar', [of('linux/amd64')], { salt: 'x' }),
    ];
    expect(kinds(await bench.calls(salted))).toEqual({ 'GET manifest': 3 });
  });

  test('also get a tag each with arch-tags, and keep them on a second push', async () => {
    const files = await both('arch');
    const { targets } = await bench.push(files, { archTags: true });
    expect(tagNames().sort()).toEqual(['arch:v1', 'arch:v1-amd64', 'arch:v1-arm64']);
    expect(targets[0]?.images.flatMap(({ tags = [] }) => tags).sort()).toEqual(['v1-amd64', 'v1-arm64']);
    bench.registry.repository('arch').tags.delete('v1-arm64');
    const again = await bench.push(files, { archTags: true });
    expect(tagNames()).toContain('arch:v1-arm64');
    expect(again.targets[0]?.changed).toBe(true);
  });

  test('an extra tag that differs names its own image, a common one the index', async () => {
    await bench.push(await both('xt'), { extraTags: ['latest', '{{version}}-{{arch}}'] });
    expect(tagNames().sort()).toEqual(['xt:1-amd64', 'xt:1-arm64', 'xt:latest', 'xt:v1']);
    expect(bench.registry.manifest('xt:latest')?.kind).toBe('index');
    expect(bench.registry.manifest('xt:1-arm64')?.kind).toBe('image');
  });

  test.each([
    ['extra tags that differ', { extraTags: ['{{version}}-{{arch}}'] }],
    ['arch-tags', { archTags: true }],
  ])('on-existing: skip writes no %s for what it leaves alone', async (_what, changes) => {
    await bench.push(await both('sk'));
    const other = [
      await file('sk-v1-arm64.tar', [of('linux/arm64', { layers: ['other'] })]),
      await file('sk-v1-amd64.tar', [of('linux/amd64', { layers: ['other'] })]),
    ];
    const { targets } = await bench.push(other, { ...changes, onExisting: 'skip' });
    expect(tagNames()).toEqual(['sk:v1']);
    expect(targets[0]).toMatchObject({ changed: false });
  });

  test('on-existing: skip still writes the tags that an interrupted push of the same files left out', async () => {
    const files = await both('rs');
    await bench.push(files);
    const options = { extraTags: ['latest'], archTags: true, onExisting: 'skip' } as const;
    expect((await bench.push(files, options)).targets[0]?.changed).toBe(true);
    expect(tagNames().sort()).toEqual(['rs:latest', 'rs:v1', 'rs:v1-amd64', 'rs:v1-arm64']);
    const amd64 = bench.registry.manifest('rs:v1-amd64');
    expect(bench.registry.manifest('rs:v1')).toMatchObject({
      manifests: [{ digest: amd64?.raw.digest }, {}],
    });
  });

  test('a platform that the tag served and the files lack is told of, but not where it is kept', async () => {
    const [arm64, amd64] = await both('less');
    await bench.push([arm64!, amd64!]);
    const changed = await file('less-v1-amd64.tar', [of('linux/amd64', { layers: ['fixed'] })]);
    expect((await bench.push([changed], { mergeIndex: true })).warnings).toEqual([]);
    const told = expect.stringMatching(
      /less:v1 serves linux\/arm64 so far, which these files lack; merge-index/,
    );
    expect((await bench.plan([changed])).warnings).toEqual([told]);
    expect((await bench.push([changed])).warnings).toEqual([told]);
    expect(bench.registry.manifest('less:v1')?.kind).toBe('image');
  });

  test('one platform alone is an index only when asked for', async () => {
    const path = await file('solo-v1-amd64.tar', [image()]);
    await bench.push([path]);
    expect(bench.registry.manifest('solo:v1')?.kind).toBe('image');
    await bench.push([path], { index: 'always' });
    expect(platforms('solo:v1')).toEqual(['linux/amd64']);
    expect(kinds(await bench.calls([path], { index: 'always' }))).toEqual({ 'GET manifest': 1 });
    await bench.push([path]);
    expect(bench.registry.manifest('solo:v1')?.kind).toBe('image');
  });

  test('refused as OCI, all of it is written for Docker', async () => {
    bench.registry.refuses = [OCI_MANIFEST, OCI_INDEX];
    await bench.push(await both('dk'));
    expect(bench.registry.manifest('dk:v1')).toMatchObject({
      kind: 'index',
      manifests: [{ mediaType: DOCKER_MANIFEST }, { mediaType: DOCKER_MANIFEST }],
    });
  });

  test.each([
    ['the same platform twice', 'PUSH_PLATFORM_TWICE', ['tw-v1-amd64.tar', 'tw-v1-x86_64.tar.gz'], {}],
    ['index: never', 'PUSH_PLATFORM_TWICE', ['nv-v1-amd64.tar', 'nv-v1-arm64.tar'], { index: 'never' }],
    [
      'an extra tag for two versions',
      'PUSH_TAG_TWICE',
      ['tt-v1-amd64.tar', 'tt-v2-amd64.tar'],
      { extraTags: ['latest'] },
    ],
    ['merging without an index', 'PUSH_FORMAT', ['mi-v1-amd64.tar'], { index: 'never', mergeIndex: true }],
  ] as const)('%s is refused before anything is sent', async (_what, code, names, changes) => {
    const files = await Promise.all(
      names.map((name) =>
        file(name, [of(name.includes('arm64') ? 'linux/arm64' : 'linux/amd64', { layers: [name] })]),
      ),
    );
    await expect(bench.push(files, changes)).rejects.toMatchObject({ code });
    expect(bench.registry.received).toBe(0);
  });

  test('the same image twice is pushed once, and that is said', async () => {
    const files = [
      await file('db-v1-amd64.tar', [image()]),
      await file('db-v1-amd64.tar.gz', [image()], { salt: 'gz' }),
    ];
    const { targets, warnings } = await bench.push(files);
    expect(targets).toHaveLength(1);
    expect(bench.registry.manifest('db:v1')?.kind).toBe('image');
    expect(warnings).toEqual([expect.stringMatching(/holds the same as/)]);
    const { targets: reversed } = await bench.push(files.toReversed());
    expect(reversed[0]).toMatchObject({ changed: false, digest: targets[0]?.digest });
  });

  test('one image under the names of two platforms is refused, however equal the files', async () => {
    const files = [await file('li-v1-amd64.tar', [image()]), await file('li-v1-arm64.tar', [image()])];
    await expect(bench.push(files)).rejects.toMatchObject({
      code: 'PUSH_ARCHITECTURE',
      message: expect.stringMatching(/li-v1-arm64\.tar says arm64.*linux\/amd64/),
    });
  });

  test('files of one name in two folders are told apart by their paths', async () => {
    await mkdir(join(bench.kit.folder, 'sub'), { recursive: true });
    const files = [
      await file('nm-v1-amd64.tar', [image({ layers: ['1'] })]),
      await file('sub/nm-v1-amd64.tar', [image({ layers: ['2'] })]),
    ];
    await expect(bench.push(files)).rejects.toMatchObject({
      message: expect.stringMatching(/sub\/nm-v1-amd64\.tar/),
    });
  });

  test('all problems are told at once', async () => {
    const files = [await file('loose.tar', [image()]), await file('pl-v1-arm64.tar', [image()])];
    const failure = await bench.push(files).catch((error: Error) => error.message);
    expect(failure).toMatch(/loose\.tar[\s\S]*pl-v1-arm64\.tar/);
  });
});

describe('several images in one archive', () => {
  const archive = () =>
    file('bundle.tar', [
      image({ layers: ['base', 'a'], names: ['registry.example.org/team/alpha:1.0', 'team/alpha:latest'] }),
      image({ layers: ['base', 'b'], names: ['beta:2.0'] }),
    ]);

  test('each go under their own names', async () => {
    const { targets } = await bench.push([await archive()], { repository: '{{repository}}' });
    expect(tagNames()).toEqual(['team/alpha:1.0', 'team/alpha:latest', 'beta:2.0']);
    expect(targets.map(({ tags }) => tags)).toEqual([['1.0', 'latest'], ['2.0']]);
  });

  test.each([
    [['beta:*'], ['beta:2.0']],
    [['team/alpha:1.0'], ['alpha:1.0']],
    [['*alpha*'], ['alpha:1.0', 'alpha:latest']],
    [['registry.example.org/team/alpha'], ['alpha:1.0']],
  ])('images: %p chooses %p', async (images, tags) => {
    await bench.push([await archive()], { images });
    expect(tagNames()).toEqual(tags);
  });

  test('a pattern without a match is refused with the names that are there', async () =>
    await expect(bench.push([await archive()], { images: ['gamma', 'beta:2.0'] })).rejects.toMatchObject({
      code: 'PUSH_IMAGES',
      message: expect.stringMatching(/"gamma" matches none of .*beta:2\.0/),
    }));

  test('under one tag are refused with their names', async () =>
    await expect(bench.push([await archive()], { repository: 'all', tag: 'x' })).rejects.toMatchObject({
      code: 'PUSH_PLATFORM_TWICE',
      message: expect.stringMatching(/alpha:1\.0.*beta:2\.0/),
    }));
});

describe('recognised files beside others', () => {
  test('that turn out to be of one tag are opened after all, and become one index', async () => {
    const amd64 = await file('mix-v1-amd64.tar', [image()]);
    await bench.push([amd64]);
    const arm64 = await file('mix-arm64.tar', [of('linux/arm64', { names: ['mix:v1'] })]);
    await bench.push([amd64, arm64]);
    expect(platforms('mix:v1')).toEqual(['linux/amd64', 'linux/arm64']);
  });

  test('that would pass a tag to and fro are refused', async () => {
    const options = { extraTags: ['latest'] };
    const files = [
      await file('ping-v1-amd64.tar', [image({ layers: ['1'] })]),
      await file('ping-v2-amd64.tar', [image({ layers: ['2'] })]),
    ];
    for (const path of files) await bench.push([path], options);
    await expect(bench.push(files, options)).rejects.toMatchObject({ code: 'PUSH_TAG_TWICE' });
  });

  test('do not make a pattern of images a mistake that only they match', async () => {
    const options = { images: ['a:1'], repository: '{{name}}', tag: 'v{{version}}' };
    const known = await file('sel-v1-amd64.tar', [image({ names: ['a:1'] })]);
    await bench.push([known], options);
    const other = await file('sel2-v1-amd64.tar', [image({ layers: ['o'], names: ['b:1'] })]);
    const { targets } = await bench.push([known, other], options);
    expect(targets.map(({ repository }) => repository)).toEqual(['sel']);
  });
});

test('targets are told in the order of the files, whatever is recognised of them', async () => {
  const files = await Promise.all(
    ['z', 'm', 'a'].map((name) => file(`${name}-v1-amd64.tar`, [image({ layers: [name] })])),
  );
  await bench.push([files[1]!]);
  const { targets } = await bench.push(files);
  expect(targets.map(({ repository }) => repository)).toEqual(['z', 'm', 'a']);
});

describe('layouts', () => {
  const layoutImage = (platform = 'linux/amd64', more: Parameters<typeof image>[0] = {}): Image =>
    of(platform, { manifest: 'oci', layers: [layer('base', 'gzip'), layer(platform, 'gzip')], ...more });

  test('keep the digest of an image, and cost one request the next time', async () => {
    const it = layoutImage();
    const path = await file('keep-v1-amd64.tar', [it]);
    const { targets } = await bench.push([path], { compression: 'zstd' });
    expect(targets[0]?.digest).toBe(it.manifest?.digest);
    expect(kinds(await bench.calls([path]))).toEqual({ 'GET manifest': 1 });
  });

  test('keep the digest of an index with its attestations', async () => {
    const it = index([layoutImage(), layoutImage('linux/arm64')], { attested: true });
    const path = await file('kidx-v1.tar', [it]);
    const { targets } = await bench.push([path]);
    expect(targets[0]).toMatchObject({ digest: it.manifest.digest, images: { length: 2 } });
    expect(platforms('kidx:v1')).toEqual([
      'linux/amd64',
      'unknown/unknown',
      'linux/arm64',
      'unknown/unknown',
    ]);
    expect(kinds(await bench.calls([path]))).toEqual({ 'GET manifest': 1 });
  });

  test('take asked-for annotations, but not with preserve-digests', async () => {
    const it = layoutImage();
    const path = await file('ann-v1-amd64.tar', [it]);
    const { targets } = await bench.push([path], { annotations: { a: 'b' } });
    expect(bench.registry.manifest('ann:v1')?.annotations).toMatchObject({ a: 'b' });
    expect(targets[0]?.digest).not.toBe(it.manifest?.digest);
    const strict = await bench.push([path], { annotations: { a: 'b' }, preserveDigests: true });
    expect(strict.targets[0]?.digest).toBe(it.manifest?.digest);
    expect(strict.warnings).toEqual([expect.stringMatching(/annotations are left out/)]);
  });

  test('of several architectures in several files become one index; each child keeps its digest', async () => {
    const images = [layoutImage(), layoutImage('linux/arm64')];
    const files = [await file('lm-v1-amd64.tar', [images[0]!]), await file('lm-v1-arm64.tar', [images[1]!])];
    await bench.push(files);
    expect(bench.registry.manifest('lm:v1')).toMatchObject({
      manifests: images.map((it) => ({ digest: it.manifest?.digest })),
    });
    expect(kinds(await bench.calls(files))).toEqual({ 'GET manifest': 1 });
  });

  test('format: docker converts, and drops attestations that would be about nothing', async () => {
    const it = index([layoutImage()], { attested: true });
    const { warnings } = await bench.push([await file('conv-v1-amd64.tar', [it])], { format: 'docker' });
    expect(platforms('conv:v1')).toEqual(['linux/amd64']);
    expect(bench.registry.manifest('conv:v1')).toMatchObject({ manifests: [{ mediaType: DOCKER_MANIFEST }] });
    expect(warnings).toEqual([expect.stringMatching(/an attestation is left out/)]);
  });

  test('format: docker makes gzip of zstd', async () => {
    const it = layoutImage('linux/amd64', { layers: [layer('z', 'zstd')] });
    await bench.push([await file('cz-v1-amd64.tar', [it])], { format: 'docker' });
    expect(bench.registry.manifest('cz:v1')).toMatchObject({
      layers: [{ mediaType: expect.stringMatching(/gzip$/) }],
    });
  });

  test("a layout in Docker's format is tried as OCI where it is refused", async () => {
    bench.registry.refuses = [DOCKER_MANIFEST];
    const it = of('linux/amd64', { manifest: 'docker', layers: [layer('x', 'gzip')] });
    await bench.push([await file('zot-v1-amd64.tar', [it])]);
    expect(bench.registry.manifest('zot:v1')?.raw.mediaType).toBe(OCI_MANIFEST);
  });

  test.each([
    ['an OCI layout is never converted unasked', 'oci', {}, OCI_MANIFEST],
    ['nor one whose digests are to be preserved', 'docker', { preserveDigests: true }, DOCKER_MANIFEST],
  ] as const)('%s', async (_what, manifest, changes, refused) => {
    bench.registry.refuses = [refused];
    const it = of('linux/amd64', { manifest, layers: [layer('x', 'gzip')] });
    const path = await file('nc-v1-amd64.tar', [it]);
    await expect(bench.push([path], changes)).rejects.toMatchObject({ code: 'REGISTRY_MANIFEST_REFUSED' });
  });

  test('platforms that are listed and absent are told of; what is there becomes the index', async () => {
    const it = index([layoutImage(), layoutImage('linux/arm64')], { absent: ['linux/s390x'] });
    const { warnings } = await bench.push([await file('abs-v1.tar', [it])]);
    expect(platforms('abs:v1')).toEqual(['linux/amd64', 'linux/arm64']);
    expect(warnings).toEqual([expect.stringMatching(/linux\/s390x/)]);
  });

  test('a single platform that is there goes without an index', async () => {
    const it = layoutImage();
    await bench.push([await file('abs1-v1.tar', [index([it], { absent: ['linux/s390x'] })])]);
    expect(bench.registry.manifest('abs1:v1')?.raw.digest).toBe(it.manifest?.digest);
  });

  test('preserve-digests refuses absent platforms', async () => {
    const path = await file('abs2-v1.tar', [index([layoutImage()], { absent: ['linux/s390x'] })]);
    await expect(bench.push([path], { preserveDigests: true })).rejects.toMatchObject({
      code: 'PUSH_PLATFORM_ABSENT',
      message: expect.stringMatching(/linux\/s390x/),
    });
  });

  test('the only image of an index is held against the name of its file, and tells {{arch}}', async () => {
    const it = index([layoutImage('linux/arm64')], { attested: true });
    await expect(bench.push([await file('oi-v1-amd64.tar', [it])])).rejects.toMatchObject({
      code: 'PUSH_ARCHITECTURE',
    });
    await bench.push([await file('oi-v1.tar', [it])], { tag: '{{version}}-{{arch}}' });
    expect(tagNames()).toEqual(['oi:1-arm64']);
  });

  test('arch-tags name the children of a kept index', async () => {
    const it = index([layoutImage(), layoutImage('linux/arm64')]);
    await bench.push([await file('ka-v1.tar', [it])], { archTags: true });
    expect(tagNames().sort()).toEqual(['ka:v1', 'ka:v1-amd64', 'ka:v1-arm64']);
  });

  test('index: never takes the only image out of its index, and says what stays behind', async () => {
    const it = layoutImage();
    const path = await file('out-v1-amd64.tar', [index([it], { attested: true })]);
    const { targets, warnings } = await bench.push([path], { index: 'never' });
    expect(targets[0]?.digest).toBe(it.manifest?.digest);
    expect(warnings).toEqual([expect.stringMatching(/attestations are left out/)]);
  });

  test('a signature beside an image is pushed by digest', async () => {
    const it = layoutImage();
    const signature = attestation(it.manifest!).content;
    await bench.push([await file('sig-v1-amd64.tar', [it, signature])]);
    expect(tagNames()).toEqual(['sig:v1']);
    expect(bench.registry.manifest(`sig@${signature.manifest.digest}`)).toBeDefined();
  });

  test('an artifact alone gets the tag', async () => {
    const { content } = attestation(layoutImage().manifest!);
    const { targets } = await bench.push([await file('art-v1.tar', [content])]);
    expect(targets[0]?.digest).toBe(content.manifest.digest);
  });
});

describe('merge-index', () => {
  const merge = { mergeIndex: true };
  const one = (platform: string, text = platform) =>
    file(`mg-v1-${platform}.tar`, [of(`linux/${platform}`, { layers: ['base', text] })]);

  test('puts one platform after the other into an index', async () => {
    for (const platform of ['arm64', 'amd64', 's390x']) await bench.push([await one(platform)], merge);
    expect(platforms('mg:v1')).toEqual(['linux/amd64', 'linux/arm64', 'linux/s390x']);
  });

  test('replaces its own platform', async () => {
    await bench.push([await one('amd64')], merge);
    await bench.push([await one('arm64')], merge);
    const before = bench.registry.manifest('mg:v1');
    await bench.push([await one('arm64', 'fixed')], merge);
    const after = bench.registry.manifest('mg:v1');
    if (before?.kind !== 'index' || after?.kind !== 'index') throw new Error('no index');
    expect(after.manifests.map(({ digest }) => before.manifests.some((it) => it.digest === digest))).toEqual([
      true,
      false,
    ]);
  });

  test('pushed again changes nothing', async () => {
    await bench.push([await one('amd64')], merge);
    const path = await one('arm64');
    await bench.push([path], merge);
    expect(kinds(await bench.calls([path], merge))).toEqual({ 'GET manifest': 1 });
  });

  test('takes a single image of another platform in', async () => {
    await bench.push([await one('amd64')]);
    expect(bench.registry.manifest('mg:v1')?.kind).toBe('image');
    await bench.push([await one('arm64')], merge);
    expect(platforms('mg:v1')).toEqual(['linux/amd64', 'linux/arm64']);
  });

  test('keeps attestations of platforms that stay, and drops those of the replaced', async () => {
    const images = ['linux/amd64', 'linux/arm64'].map((it) =>
      of(it, { manifest: 'oci', layers: [layer(it, 'gzip')] }),
    );
    await bench.push([await file('mg-v1.tar', [index(images, { attested: true })])]);
    await bench.push([await one('arm64')], merge);
    expect(platforms('mg:v1')).toEqual(['linux/amd64', 'linux/arm64', 'unknown/unknown']);
  });

  test('two pushes at once lose nothing', async () => {
    const files = await Promise.all(['amd64', 'arm64', 's390x', 'ppc64le'].map((it) => one(it)));
    const pushes = files.map((path) => bench.push([path], { ...merge, extraTags: ['latest'] }));
    const reports = await Promise.all(pushes);
    expect(platforms('mg:v1')).toHaveLength(4);
    expect(platforms('mg:latest')).toEqual(platforms('mg:v1'));
    expect(reports.map(({ targets }) => targets[0]?.changed)).toEqual([true, true, true, true]);
  });

  test('another job that writes right after is no failure, and its index is what extra tags name', async () => {
    await bench.push([await one('amd64')], merge);
    const s390x = await one('s390x');
    let other: Promise<unknown> | undefined;
    bench.registry.before = async (call) => {
      if (call !== 'PUT manifest mg:latest' || other) return;
      other = bench.push([s390x], merge);
      await other;
    };
    const { targets } = await bench.push([await one('arm64')], { ...merge, extraTags: ['latest'] });
    expect(platforms('mg:v1')).toEqual(['linux/amd64', 'linux/arm64', 'linux/s390x']);
    expect(platforms('mg:latest')).toEqual(platforms('mg:v1'));
    expect(targets[0]?.digest).toBe(bench.registry.manifest('mg:v1')?.raw.digest);
  });

  test('verification fails where another job has thrown our platform out', async () => {
    await bench.push([await one('amd64')], merge);
    const first = bench.registry.manifest('mg:v1')!;
    bench.registry.before = (call) => {
      if (/^GET manifest mg:sha256/.test(call))
        bench.registry.repository('mg').tags.set('v1', first.raw.digest);
    };
    await expect(bench.push([await one('arm64')], merge)).rejects.toMatchObject({ code: 'PUSH_VERIFY' });
  });

  test('what a lost try wrote and another job has taken in counts as changed', async () => {
    await bench.push([await one('amd64')], merge);
    const first = bench.registry.manifest('mg:v1')!;
    let ours: string | undefined;
    bench.registry.before = (call) => {
      const { tags } = bench.registry.repository('mg');
      if (call !== 'GET manifest mg:v1') return;
      if (bench.registry.calls.at(-2) === 'PUT manifest mg:v1' && ours === undefined) {
        ours = tags.get('v1');
        tags.set('v1', first.raw.digest);
      } else if (ours !== undefined) tags.set('v1', ours as never);
    };
    const { targets } = await bench.push([await one('arm64')], merge);
    expect(targets[0]).toMatchObject({ changed: true, digest: ours });
  });

  test('what comes in between is read again', async () => {
    await bench.push([await one('amd64')], merge);
    const first = bench.registry.manifest('mg:v1')!;
    let times = 0;
    bench.registry.before = (call) => {
      if (
        call === 'GET manifest mg:v1' &&
        bench.registry.calls.at(-2) === 'PUT manifest mg:v1' &&
        times++ === 0
      )
        bench.registry.repository('mg').tags.set('v1', first.raw.digest);
    };
    await bench.push([await one('arm64')], merge);
    expect(platforms('mg:v1')).toEqual(['linux/amd64', 'linux/arm64']);
    expect(times).toBeGreaterThan(1);
  });

  test('gives up where others win again and again', async () => {
    await bench.push([await one('amd64')], merge);
    const first = bench.registry.manifest('mg:v1')!;
    bench.registry.before = (call) => {
      if (call === 'GET manifest mg:v1') bench.registry.repository('mg').tags.set('v1', first.raw.digest);
    };
    await expect(bench.push([await one('arm64')], merge)).rejects.toMatchObject({
      code: 'PUSH_MERGE_CONTENDED',
    });
  });

  test('on-existing is about its own platforms alone', async () => {
    await bench.push([await one('amd64')], merge);
    await bench.push([await one('arm64')], { ...merge, onExisting: 'fail' });
    const changed = await one('arm64', 'fixed');
    await expect(bench.push([changed], { ...merge, onExisting: 'fail' })).rejects.toMatchObject({
      code: 'PUSH_TAG_EXISTS',
      message: expect.stringMatching(/another linux\/arm64/),
    });
    const before = bench.registry.tags();
    await bench.push([changed], { ...merge, onExisting: 'skip' });
    expect(bench.registry.tags()).toEqual(before);
  });

  test('an index that nobody may read is not written over', async () => {
    await bench.push([await one('amd64')], merge);
    bench.registry.withholds = 'gated';
    await expect(bench.push([await one('arm64')], merge)).rejects.toMatchObject({
      code: 'PUSH_MERGE_UNREADABLE',
    });
  });
});
