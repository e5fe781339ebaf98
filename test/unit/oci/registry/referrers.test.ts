import { describe, expect, test } from '@jest/globals';
import { startRegistry } from '../../../../lab/registry/start.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../../../src/oci/media-types.ts';
import type { RawManifest } from '../../../../src/oci/model.ts';
import { digestBy } from '../../../../src/oci/registry/manifests.ts';
import { referrerOf, referrersTag, withReferrer } from '../../../../src/oci/registry/referrers.ts';
import { blobOf, client, manifestOf } from './bench.ts';

const [CONFIG, LAYER] = [blobOf(10), blobOf(20)];
const IMAGE = manifestOf(CONFIG, LAYER);
const TAG = referrersTag(IMAGE.digest);

function signature(number: number, more: object = {}): RawManifest {
  const image = JSON.parse(Buffer.from(IMAGE.bytes).toString()) as object;
  const subject = { mediaType: IMAGE.mediaType, digest: IMAGE.digest, size: IMAGE.bytes.length };
  const annotations = { number: String(number) };
  const bytes = Buffer.from(JSON.stringify({ ...image, subject, annotations, ...more }));
  return { mediaType: OCI_MANIFEST, digest: digestBy('sha256', bytes), bytes };
}

describe('a manifest with a subject', () => {
  test('is listed with the type of its configuration and its annotations', () => {
    const { digest, bytes } = signature(1);
    expect(referrerOf(signature(1))).toEqual({
      subject: IMAGE.digest,
      descriptor: {
        mediaType: OCI_MANIFEST,
        digest,
        size: bytes.length,
        artifactType: expect.stringContaining('config'),
        annotations: { number: '1' },
      },
    });
  });

  test('is listed with its own type where it says one', () => {
    const artifactType = 'application/vnd.example.signature';
    expect(referrerOf(signature(1, { artifactType }))?.descriptor.artifactType).toBe(artifactType);
  });

  test.each([
    ['without a subject', { subject: undefined }],
    ['with a subject that is no digest', { subject: { digest: 'latest' } }],
  ])('is not listed %s', (_, more) => {
    expect(referrerOf(signature(1, more))).toBeUndefined();
  });
});

describe('the index of referrers', () => {
  test('has a tag of at most 32 and 64 characters', () => {
    expect(referrersTag(`sha256:${'a'.repeat(64)}`)).toBe(`sha256-${'a'.repeat(64)}`);
    expect(referrersTag(`sha512:${'b'.repeat(128)}`)).toBe(`sha512-${'b'.repeat(64)}`);
  });

  test('keeps what else is in it', () => {
    const before = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ digest: 'x', y: 1 }], z: 2 };
    const after = withReferrer(Buffer.from(JSON.stringify(before)), referrerOf(signature(1))!);
    const { manifests, ...rest } = JSON.parse(Buffer.from(after!).toString());
    expect(rest).toEqual({ schemaVersion: 2, mediaType: OCI_INDEX, z: 2 });
    expect(manifests).toEqual([{ digest: 'x', y: 1 }, referrerOf(signature(1))!.descriptor]);
  });

  test('takes the place of what is no index', () => {
    const after = withReferrer(Buffer.from('{"layers":[]}'), referrerOf(signature(1))!);
    expect(JSON.parse(Buffer.from(after!).toString()).manifests).toHaveLength(1);
  });
});

describe('a registry', () => {
  const pushed = async (quirks: object, manifests: readonly RawManifest[]) => {
    const lab = await startRegistry({ quirks });
    const { registry } = client({ host: new URL(lab.url).host });
    try {
      for (const blob of [CONFIG, LAYER]) await registry.ensureBlob('a/b', blob);
      for (const manifest of [IMAGE, ...manifests])
        await registry.putManifest('a/b', manifest.digest, manifest);
      const found = await registry.getManifest('a/b', TAG);
      if (found.state !== 'present') return found.state;
      const index = JSON.parse(Buffer.from(found.manifest.bytes).toString()) as {
        manifests: { digest: string }[];
      };
      return index.manifests.map(({ digest }) => digest);
    } finally {
      await registry.close();
      await lab.close();
    }
  };

  test('that counts referrers itself gets no tag', async () => {
    expect(await pushed({}, [signature(1)])).toBe('absent');
  });

  test('that does not gets an index of all, each once', async () => {
    const [one, two] = [signature(1), signature(2)];
    expect(await pushed({ noReferrers: true }, [one, two, one])).toEqual([one.digest, two.digest]);
  });

  test('that does not, and hides the tag, is no silent success', async () => {
    const hidden = pushed({ noReferrers: true, scanGate: true }, [signature(1)]);
    await expect(hidden).rejects.toMatchObject({ code: 'REGISTRY_REFERRERS' });
  });
});
