import { describe, expect, test } from '@jest/globals';
import { image, type Kit, layer } from './archive-kit.ts';
import { pushBench } from './push-bench.ts';

const bench = pushBench();
const file: Kit['file'] = (name, all, more) => bench.kit.file(name, all, more);
const does = (blobs: readonly { readonly does: string }[] = []) => blobs.map((it) => it.does);

describe('planPush', () => {
  test('a new image: what is stored has sizes, what must be compressed has none', async () => {
    const stored = layer('stored', 'gzip');
    const it = image({ layers: ['plain', stored] });
    const { targets } = await bench.plan([await file('pl-v1-amd64.tar', [it])]);
    expect(targets).toMatchObject([
      { repository: 'pl', tags: ['v1'], does: 'push', index: false, why: 'the tag is new' },
    ]);
    expect(targets[0]?.images[0]?.blobs).toMatchObject([
      { digest: it.config.digest, size: it.config.size, does: 'upload' },
      { digest: undefined, size: undefined, diffId: it.layers[0]?.diffId, does: 'compress-and-upload' },
      { digest: stored.stored.digest, size: stored.stored.size, does: 'upload' },
    ]);
  });

  test('writes nothing, compresses nothing, leaves nothing open', async () => {
    const files = [
      await file('pw-v1-amd64.tar', [image()]),
      await file('pw-v1-arm64.tar', [image({ platform: 'linux/arm64' })]),
    ];
    await bench.plan(files, { extraTags: ['latest'], archTags: true });
    expect(bench.registry.calls.filter((it) => /^(PUT|MOUNT)/.test(it))).toEqual([]);
    expect(bench.kit.open()).toBe(0);
  });

  test('an unchanged one: nothing', async () => {
    const path = await file('pu-v1-amd64.tar', [image()]);
    await bench.push([path]);
    const { targets } = await bench.plan([path]);
    expect(targets).toMatchObject([
      { does: 'nothing', images: [{ blobs: [], configDigest: image().config.digest }] },
    ]);
  });

  test('an unchanged one with a tag that is missing: that tag', async () => {
    const path = await file('pt-v1-amd64.tar', [image()]);
    await bench.push([path]);
    const { targets } = await bench.plan([path], { extraTags: ['latest'] });
    expect(targets).toMatchObject([{ does: 'push', why: expect.stringMatching(/latest/) }]);
  });

  test('a changed one: known layers are reused, shared ones counted once', async () => {
    await bench.push([await file('pc-v1-amd64.tar', [image({ layers: ['base', 'old'] })])]);
    const path = await file('pc-v1-amd64.tar', [image({ layers: ['base', 'new', 'new'] })]);
    const { targets } = await bench.plan([path]);
    expect(does(targets[0]?.images[0]?.blobs)).toEqual(['upload', 'reuse', 'compress-and-upload', 'reuse']);
    expect(targets[0]?.why).toBe('the tag names something else');
  });

  test('two repositories of one push: what they share is counted once', async () => {
    const stored = layer('stored', 'gzip');
    const files = [
      await file('pa-v1-amd64.tar', [image({ layers: ['base', stored, 'a'] })]),
      await file('pb-v1-amd64.tar', [image({ layers: ['base', stored, 'b'] })]),
    ];
    const { targets } = await bench.plan(files);
    const report = await bench.push(files);
    expect(does(targets[0]?.images[0]?.blobs)).toEqual([
      'upload',
      'compress-and-upload',
      'upload',
      'compress-and-upload',
    ]);
    expect(does(targets[1]?.images[0]?.blobs)).toEqual(['upload', 'mount', 'mount', 'compress-and-upload']);
    expect(report.targets.map(({ mountedBlobs }) => mountedBlobs)).toEqual([0, 2]);
  });

  test('cache-from of another repository: a mount', async () => {
    await bench.push([await file('pbase-v1-amd64.tar', [image({ layers: ['base'] })])]);
    const path = await file('puser-v1-amd64.tar', [image({ layers: ['base', 'own'] })]);
    const { targets } = await bench.plan([path], { cacheFrom: ['pbase:v1'] });
    expect(does(targets[0]?.images[0]?.blobs)).toEqual(['upload', 'mount', 'compress-and-upload']);
  });

  test.each([
    ['fail', 'refuse'],
    ['skip', 'nothing'],
    ['overwrite', 'push'],
  ] as const)('a tag that names something else, on-existing %s: %s', async (onExisting, expected) => {
    await bench.push([await file('po-v1-amd64.tar', [image()])]);
    const path = await file('po-v1-amd64.tar', [image({ layers: ['other'] })]);
    const { targets } = await bench.plan([path], { onExisting });
    expect(targets[0]?.does).toBe(expected);
  });

  test('an extra tag that may not be moved: refuse, with its name', async () => {
    await bench.push([await file('pe-v1-amd64.tar', [image()])], { extraTags: ['latest'] });
    const path = await file('pe-v2-amd64.tar', [image({ layers: ['2'] })]);
    const { targets } = await bench.plan([path], { onExisting: 'fail', extraTags: ['latest'] });
    expect(targets[0]).toMatchObject({ does: 'refuse', why: expect.stringMatching(/latest/) });
  });

  test('several platforms: an index', async () => {
    const files = [
      await file('pi-v1-amd64.tar', [image()]),
      await file('pi-v1-arm64.tar', [image({ platform: 'linux/arm64' })]),
    ];
    const { targets } = await bench.plan(files);
    expect(targets).toMatchObject([{ index: true, images: { length: 2 } }]);
  });

  test('names that fit nothing are refused as in a push', async () =>
    await expect(bench.plan([await file('nameless.tar', [image()])])).rejects.toMatchObject({
      code: 'PUSH_NAME',
    }));
});
