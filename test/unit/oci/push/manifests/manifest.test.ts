import { describe, expect, test } from '@jest/globals';
import { DOCKER_CONFIG, OCI_CONFIG } from '../../../../../src/oci/media-types.ts';
import {
  isAttestation,
  parseDiffIds,
  parseManifest,
  parsePlatform,
} from '../../../../../src/oci/push/manifests/document.ts';
import {
  annotateManifest,
  canHold,
  describeManifest,
  writeImageManifest,
  writeIndexManifest,
} from '../../../../../src/oci/push/manifests/manifest.ts';
import { attestation, digestOf, image, index } from '../archive-kit.ts';

const DIGEST = digestOf('x');
const it = (changes: { annotations?: Record<string, string> } = {}) => ({
  config: { digest: DIGEST, size: 2 },
  layers: [
    { digest: DIGEST, size: 3, compression: 'gzip' as const },
    { digest: DIGEST, size: 4, compression: 'none' as const },
  ],
  annotations: { b: '2', a: '1' },
  ...changes,
});
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

describe('writeImageManifest', () => {
  test('OCI, to the byte', () =>
    expect(text(writeImageManifest('oci', it()).bytes)).toBe(
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",' +
        `"config":{"mediaType":"${OCI_CONFIG}","digest":"${DIGEST}","size":2},` +
        `"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"${DIGEST}","size":3},` +
        `{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"${DIGEST}","size":4}],` +
        '"annotations":{"a":"1","b":"2"}}',
    ));
  test('Docker, without annotations', () => {
    const written = text(writeImageManifest('docker', it()).bytes);
    expect(written).toMatch(/rootfs\.diff\.tar\.gzip.*rootfs\.diff\.tar"/);
    expect(written).toContain(DOCKER_CONFIG);
    expect(written).not.toContain('annotations');
  });
  test('the digest is of the bytes', () => {
    const { digest, bytes } = writeImageManifest('oci', it());
    expect(digest).toBe(digestOf(bytes));
  });
  test("only Docker's format has no zstd", () =>
    expect([canHold('oci', 'zstd'), canHold('docker', 'zstd'), canHold('docker', 'none')]).toEqual([
      true,
      false,
      true,
    ]));
});

describe('writeIndexManifest', () => {
  const child = describeManifest(writeImageManifest('oci', it()), {
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    annotations: { z: '1' },
  });
  test('writes platform and annotations of each', () =>
    expect(text(writeIndexManifest('oci', [child], {}).bytes)).toMatch(
      /"platform":\{"architecture":"arm","os":"linux","variant":"v7"\},"annotations":\{"z":"1"\}\}\]\}$/,
    ));
  test('the order of a descriptor’s keys changes nothing', () => {
    const turned = Object.fromEntries(Object.entries(child).reverse()) as unknown as typeof child;
    expect(writeIndexManifest('oci', [turned], {}).digest).toBe(
      writeIndexManifest('oci', [child], {}).digest,
    );
  });
});

test('annotateManifest adds, replaces, and leaves the rest where it was', () => {
  const before = writeImageManifest('oci', it());
  const after = annotateManifest(before, { a: 'new', c: '3' });
  const plain = (bytes: Uint8Array) => text(bytes).replace(/,"annotations".*/, '');
  expect(plain(after.bytes)).toBe(plain(before.bytes));
  expect(parseManifest(after)?.annotations).toEqual({ a: 'new', b: '2', c: '3' });
});

describe('parseManifest', () => {
  const raw = (document: unknown, mediaType = 'application/vnd.oci.image.manifest.v1+json') => ({
    mediaType,
    digest: DIGEST,
    bytes: Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)),
  });
  const config = { mediaType: OCI_CONFIG, digest: DIGEST, size: 1 };
  test('reads what writeImageManifest wrote', () =>
    expect(parseManifest(writeImageManifest('oci', it()))).toMatchObject({
      kind: 'image',
      layers: { length: 2 },
    }));
  test('takes null annotations, as some write', () =>
    expect(parseManifest(raw({ config, layers: [], annotations: null }))?.annotations).toEqual({}));
  test.each<[string, unknown]>([
    ['no JSON', '{'],
    ['a list', []],
    ['null', 'null'],
    ['no configuration', { layers: [] }],
    ['a digest that is none', { config: { ...config, digest: 'sha256:../../x' }, layers: [] }],
    ['a negative size', { config: { ...config, size: -1 }, layers: [] }],
    ['a size that is no whole number', { config: { ...config, size: 1.5 }, layers: [] }],
    ['layers that are no list', { config, layers: {} }],
    ['more layers than any image has', { config, layers: Array.from({ length: 1001 }, () => config) }],
    ['annotations that are no texts', { config, layers: [], annotations: { a: 1 } }],
  ])('%s is no manifest', (_what, document) => expect(parseManifest(raw(document))).toBeUndefined());
  test('schema 1 is none that we read', () =>
    expect(
      parseManifest(raw({}, 'application/vnd.docker.distribution.manifest.v1+prettyjws')),
    ).toBeUndefined());
});

test('parseDiffIds and parsePlatform read a configuration, and nothing else', () => {
  const { config, layers, platform } = image({ platform: 'linux/arm/v7' });
  expect(parseDiffIds(config.bytes)).toEqual(layers.map(({ diffId }) => diffId));
  expect(parsePlatform(config.bytes)).toEqual(platform);
  expect(parseDiffIds(Buffer.from('{}'))).toBeUndefined();
  expect(parsePlatform(Buffer.from('nothing'))).toBeUndefined();
});

test('isAttestation knows what BuildKit writes', () => {
  const { manifest } = image({ manifest: 'oci' });
  expect(isAttestation(attestation(manifest!).descriptor)).toBe(true);
  const { children } = index([image({ manifest: 'oci' })]);
  expect(isAttestation(children[0]!.descriptor)).toBe(false);
});
