/** Which side of an archive counts, what its images are called, what is an artifact, what may be absent. */
import { describe, expect, test } from '@jest/globals';
import { WRITERS, type WriterName } from '../../../../lab/fixtures/archives/catalogue.ts';
import {
  blobOf,
  descriptorOf,
  type FixtureBlob,
  type FixtureDescriptor,
  hexOf,
  jsonBytes,
  TYPES,
} from '../../../../lab/fixtures/archives/image.ts';
import { digestOf } from '../../../../lab/fixtures/archives/layers.ts';
import { type TarEntry, tarBytes } from '../../../../lab/fixtures/archives/tar.ts';
import { Budget } from '../../../../src/oci/archive/budget.ts';
import { readContents } from '../../../../src/oci/archive/contents.ts';
import type { Artifact, Image, Index } from '../../../../src/oci/model.ts';
import { membersOf, smallOf } from './memory.ts';
import { countOf } from './opening.ts';

const read = (entries: readonly TarEntry[], preserveDigests = false) =>
  readContents(
    { members: membersOf(smallOf(entries)), compressed: () => undefined, budget: new Budget(1 << 24) },
    preserveDigests,
  );

const entriesOf = (writer: WriterName): TarEntry[] => [...WRITERS[writer]().entries];
const without = (writer: WriterName, name: string): TarEntry[] =>
  entriesOf(writer).filter((entry) => entry.name !== name);

describe('the side', () => {
  const cases: [string, TarEntry[], boolean, string][] = [
    ['of plain layers is manifest.json', entriesOf('docker 28'), false, 'docker-archive'],
    ['of plain layers is the layout, if digests are to be kept', entriesOf('docker 28'), true, 'oci-layout'],
    [
      'of plain layers is the layout, if there is no other',
      without('docker 28', 'manifest.json'),
      false,
      'oci-layout',
    ],
    ['of compressed layers is the layout', entriesOf('docker 29'), false, 'oci-layout'],
    ['without index.json is manifest.json', without('docker 29', 'index.json'), false, 'docker-archive'],
    [
      'of an empty manifest is manifest.json, also if digests are to be kept',
      entriesOf('docker 25.0.0'),
      true,
      'docker-archive',
    ],
  ];
  test.each(cases)('%s', async (_title, entries, preserve, format) => {
    expect((await read(entries, preserve)).format).toBe(format);
  });

  test('an empty manifest alone is refused', async () => {
    await expect(read(without('docker 25.0.0', 'manifest.json'))).rejects.toMatchObject({
      code: 'ARCHIVE_LAYER_COUNT',
    });
  });
});

/** A layout of blobs, with these in its index.json. */
function layoutOf(blobs: readonly FixtureBlob[], manifests: readonly object[]): TarEntry[] {
  return [
    ...blobs.map(({ digest, content }) => ({ name: `blobs/sha256/${hexOf(digest)}`, data: content })),
    { name: 'index.json', data: jsonBytes({ schemaVersion: 2, manifests }) },
  ];
}

const layer = blobOf(tarBytes([{ name: 'f' }]));
const config = (more: object = {}) =>
  blobOf(
    jsonBytes({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
      ...more,
    }),
  );
const manifestOf = (configuration: FixtureDescriptor, layers: readonly object[], more: object = {}) =>
  blobOf(jsonBytes({ schemaVersion: 2, mediaType: TYPES.manifest, config: configuration, layers, ...more }));

describe('names', () => {
  const image = manifestOf(descriptorOf(TYPES.config, config()), [descriptorOf(TYPES.layer.none, layer)]);
  const blobs = [layer, config(), image];
  const annotated = (...annotations: Record<string, string>[]) =>
    annotations.map((each) => descriptorOf(TYPES.manifest, image, { annotations: each }));
  const FULL = 'io.containerd.image.name';
  const REF = 'org.opencontainers.image.ref.name';
  const record = {
    name: 'manifest.json',
    data: jsonBytes([
      {
        Config: `blobs/sha256/${hexOf(config().digest)}`,
        RepoTags: ['r.io/app:1', 'r.io/app:2'],
        Layers: [`blobs/sha256/${hexOf(layer.digest)}`],
      },
    ]),
  };

  const cases: [string, Record<string, string>[], TarEntry[], string[]][] = [
    ["containerd's before ref.name", [{ [FULL]: 'r.io/app:1', [REF]: '1' }], [], ['r.io/app:1']],
    ['ref.name', [{ [REF]: 'r.io/app:1' }], [], ['r.io/app:1']],
    ['a tag alone', [{ [REF]: '1' }], [], ['1']],
    ['none', [{}], [], []],
    ['a tag alone that manifest.json completes', [{ [REF]: '2' }], [record], ['r.io/app:2']],
    ['a tag alone that manifest.json does not know', [{ [REF]: '3' }], [record], ['3']],
    ['none, but in manifest.json', [{}], [record], ['r.io/app:1', 'r.io/app:2']],
    ['several of one manifest', [{ [REF]: '1' }, { [REF]: '2' }, { [REF]: '1' }], [], ['1', '2']],
  ];
  test.each(cases)('%s', async (_title, annotations, more, names) => {
    const { contents } = await read([...layoutOf(blobs, annotated(...annotations)), ...more], true);
    expect(contents.map((content) => content.names)).toEqual([names]);
  });
});

describe('layers', () => {
  const imageOf = async (layers: readonly object[], blobs: FixtureBlob[], diffIds: string[]) => {
    const configuration = config({ rootfs: { type: 'layers', diff_ids: diffIds } });
    const manifest = manifestOf(descriptorOf(TYPES.config, configuration), layers);
    const { contents, warnings } = await read(
      layoutOf([configuration, manifest, ...blobs], [descriptorOf(TYPES.manifest, manifest)]),
    );
    return { image: contents[0] as Image, warnings };
  };

  test('one file as two layers of one diffID is legal', async () => {
    const twice = [descriptorOf(TYPES.layer.none, layer), descriptorOf(TYPES.layer.none, layer)];
    const { image } = await imageOf(twice, [layer], [layer.digest, layer.digest]);
    expect(image.layers.map(({ diffId }) => diffId)).toEqual([layer.digest, layer.digest]);
  });

  test('an image without layers is legal', async () => {
    expect((await imageOf([], [], [])).image.layers).toEqual([]);
  });

  test('a foreign one need not be there, and keeps its place and its URLs', async () => {
    const urls = ['https://example.com/layer'];
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: digestOf('foreign'),
      size: 7,
      urls,
    };
    const { image } = await imageOf(
      [foreign, descriptorOf(TYPES.layer.none, layer)],
      [layer],
      [digestOf('plain'), layer.digest],
    );
    expect(image.layers).toEqual([
      expect.objectContaining({
        urls,
        diffId: digestOf('plain'),
        compression: 'gzip',
        stored: expect.objectContaining({ digest: foreign.digest }),
      }),
      expect.objectContaining({ diffId: layer.digest, compression: 'none' }),
    ]);
    expect(() => image.layers[0]!.stored.open()).toThrow(
      expect.objectContaining({ code: 'ARCHIVE_MEMBER_MISSING' }),
    );
  });

  test('a media type that says another compression is warned of', async () => {
    const { warnings } = await imageOf([descriptorOf(TYPES.layer.gzip, layer)], [layer], [layer.digest]);
    expect(warnings).toEqual([expect.stringContaining('is plain')]);
  });
});

describe('what does not run', () => {
  test('an artifact keeps its manifest and all its blobs', async () => {
    const empty = blobOf(Buffer.from('{}'));
    const chart = blobOf(Buffer.from('a chart'));
    const manifest = manifestOf(descriptorOf('application/vnd.cncf.helm.config.v1+json', empty), [
      descriptorOf('application/vnd.cncf.helm.chart.content.v1.tar+gzip', chart),
    ]);
    const { contents } = await read(
      layoutOf([empty, chart, manifest], [descriptorOf(TYPES.manifest, manifest)]),
    );
    const [artifact] = contents as [Artifact];
    expect(artifact.kind).toBe('artifact');
    expect(artifact.manifest.digest).toBe(manifest.digest);
    expect(artifact.blobs.map(({ digest }) => digest)).toEqual([empty.digest, chart.digest]);
  });

  test('a build cache is an artifact, its configuration is not read', async () => {
    const cache = blobOf(jsonBytes({ layers: [], records: [] }));
    const manifest = manifestOf(descriptorOf('application/vnd.buildkit.cacheconfig.v0', cache), [
      descriptorOf(TYPES.layer.none, layer),
    ]);
    const { contents } = await read(
      layoutOf([cache, layer, manifest], [descriptorOf(TYPES.manifest, manifest)]),
    );
    expect(contents.map(({ kind }) => kind)).toEqual(['artifact']);
  });

  test('attestations stay with their image', async () => {
    const { contents } = await read(entriesOf('docker 29'));
    expect(countOf(contents)).toEqual({ artifacts: 1, absent: 0 });
    expect((contents[0] as Index).children.map(({ content }) => content.kind)).toEqual(['image', 'artifact']);
  });
});

describe('indexes', () => {
  const image = manifestOf(descriptorOf(TYPES.config, config()), [descriptorOf(TYPES.layer.none, layer)]);
  const other = manifestOf(descriptorOf(TYPES.config, config({ architecture: 'arm64' })), [
    descriptorOf(TYPES.layer.none, layer),
  ]);
  const index = (...children: FixtureBlob[]) =>
    blobOf(
      jsonBytes({
        schemaVersion: 2,
        mediaType: TYPES.index,
        manifests: children.map((child) => descriptorOf(TYPES.manifest, child)),
      }),
    );
  const both = index(image, other);

  test('a child whose configuration is not there is absent', async () => {
    const { contents, warnings } = await read(
      layoutOf([layer, config(), image, other, both], [descriptorOf(TYPES.index, both)]),
    );
    expect((contents[0] as Index).absent.map(({ digest }) => digest)).toEqual([other.digest]);
    expect(warnings).toHaveLength(1);
  });

  test('without any child that is there, the archive is refused', async () => {
    await expect(read(layoutOf([both], [descriptorOf(TYPES.index, both)]))).rejects.toMatchObject({
      code: 'ARCHIVE_MEMBER_MISSING',
    });
  });

  test('an index in an index is kept as it is', async () => {
    const outer = blobOf(
      jsonBytes({ schemaVersion: 2, mediaType: TYPES.index, manifests: [descriptorOf(TYPES.index, both)] }),
    );
    const arm = config({ architecture: 'arm64' });
    const { contents } = await read(
      layoutOf([layer, config(), arm, image, other, both, outer], [descriptorOf(TYPES.index, outer)]),
    );
    const [top] = contents as [Index];
    expect(top.manifest.digest).toBe(outer.digest);
    expect((top.children[0]!.content as Index).children.map(({ content }) => content.kind)).toEqual([
      'image',
      'image',
    ]);
  });

  test('reading twice gives the same', async () => {
    const entries = entriesOf('buildx type=oci, two platforms');
    const plain = (contents: unknown) => JSON.stringify(contents);
    expect(plain(await read(entries))).toBe(plain(await read(entries)));
  });
});
