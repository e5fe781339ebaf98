import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { decideSkip, readInputs } from '../../../src/golden/fingerprint.ts';
import type { GoldenPlan } from '../../../src/golden/plan.ts';
import { downloadImage } from '../../../src/harvester/images.ts';
import { EXPIRES_AT, FINGERPRINT } from '../../../src/harvester/labels.ts';
import type { Base, Repository } from '../../../src/recipe/model.ts';
import { FakeHttp } from './fake-http.ts';
import { BASE_SHA256, testRecipe } from './recipe.ts';

const repository = (id: string, baseurl: string): Repository => ({
  id,
  name: id,
  baseurl,
  gpgKey: { file: `/etc/pki/rpm-gpg/${id}`, armoured: 'key' },
  repoGpgcheck: false,
  enabled: false,
  replaces: [],
});

const REPOMD = 'https://mirror.test/os/repodata/repomd.xml';
const repomd = (revision: string) => `<repomd>\n  <revision>${revision}</revision>\n</repomd>`;

function read(
  answers: ConstructorParameters<typeof FakeHttp>[0],
  base: Partial<Base> = {},
  url = 'https://mirror.test/os/',
) {
  const recipe = testRecipe({
    base: { ...testRecipe().base, ...base },
    repositories: [repository('os', url)],
  });
  const plan = { recipe, recipeDigest: 'd1' } as GoldenPlan;
  const context = {
    signal: new AbortController().signal,
    log: silentLogger,
    progress: () => {},
    step: () => {},
  };
  return readInputs(plan, new FakeHttp(answers), context);
}

describe('readInputs', () => {
  test('reads the revision of each repository', async () => {
    const inputs = await read({ [REPOMD]: repomd('1700000000') });
    expect(inputs).toMatchObject({
      baseSha256: BASE_SHA256,
      repositories: [{ id: 'os', revision: '1700000000' }],
    });
    expect(inputs.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test('the fingerprint changes with a revision, and only then', async () => {
    const [one, same, other] = await Promise.all(['1', '1', '2'].map((n) => read({ [REPOMD]: repomd(n) })));
    expect(one!.fingerprint).toBe(same!.fingerprint);
    expect(one!.fingerprint).not.toBe(other!.fingerprint);
  });

  test('a repository without a revision is known by its document', async () => {
    const { repositories } = await read({ [REPOMD]: '<repomd/>' });
    expect(repositories[0]!.revision).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['is away', {}],
    ['answers 404', { [REPOMD]: { status: 404 } }],
  ])('a repository that %s leaves no fingerprint', async (_name, answers) =>
    expect(await read(answers)).toEqual({ baseSha256: BASE_SHA256, repositories: [] }),
  );

  const CHECKSUMS = 'https://mirror.test/CHECKSUM';
  const checksum = { [REPOMD]: repomd('1'), [CHECKSUMS]: `SHA256 (base.qcow2) = ${'cd'.repeat(32)}\n` };
  const { sha256: _known, ...unknown } = testRecipe().base;
  const withFile = (answers: ConstructorParameters<typeof FakeHttp>[0]) => {
    const recipe = testRecipe({ base: { ...unknown, checksumUrl: CHECKSUMS } });
    const context = {
      signal: new AbortController().signal,
      log: silentLogger,
      progress: () => {},
      step: () => {},
    };
    return readInputs({ recipe, recipeDigest: 'd1' } as GoldenPlan, new FakeHttp(answers), context);
  };

  test("the base's digest comes from its checksum file", async () =>
    expect((await withFile(checksum)).baseSha256).toBe('cd'.repeat(32)));
  test('a checksum file that is away ends the build: nothing could be verified', () =>
    expect(withFile({})).rejects.toMatchObject({ code: 'BASE_CHECKSUM_UNREACHABLE' }));
  test('a checksum file about other files does, too', () =>
    expect(withFile({ [CHECKSUMS]: 'SHA256 (x) = aa' })).rejects.toMatchObject({
      code: 'BASE_CHECKSUM_MISSING',
    }));
});

const image = (name: string, fingerprint: string, extra: Record<string, string> = {}) => {
  const object = downloadImage({
    namespace: 'ci',
    name,
    url: 'http://x',
    retry: 3,
    ownership: { runId: 'r', recipe: 'rocky9' },
    annotations: { [FINGERPRINT]: fingerprint, ...extra },
  });
  return { ...object, metadata: { ...object.metadata, creationTimestamp: '2026-11-01T00:00:00Z' } };
};

const DAY = 86_400_000;
const now = Date.parse('2026-11-21T00:00:00Z');

describe('decideSkip', () => {
  const decide = (
    options: object = {},
    images = [image('g', 'f1')],
    fingerprint: string | undefined = 'f1',
  ) => decideSkip({ ...(fingerprint && { fingerprint }) }, images, { force: false, now, ...options });

  test('equal inputs: skip, and say to what', () =>
    expect(decide()).toMatchObject({
      skip: true,
      image: { metadata: { name: 'g' } },
      reason: 'nothing changed since g',
    }));
  test('other inputs', () => expect(decide({}, [image('g', 'f2')]).skip).toBe(false));
  test('no image at all', () => expect(decide({}, []).skip).toBe(false));
  test('forced', () => expect(decide({ force: true })).toEqual({ skip: false, reason: 'forced' }));
  test('what cannot be told is baked', () =>
    expect(decideSkip({}, [image('g', 'f1')], { force: false, now })).toMatchObject({ skip: false }));
  test('an image that has not been kept yet does not count', () =>
    expect(decide({}, [image('g', 'f1', { [EXPIRES_AT]: '2026-11-22T00:00:00Z' })]).skip).toBe(false));
  test.each([
    [19, false],
    [20, true],
    [21, true],
  ])('an image of 20 days with max-age %i d: skip is %s', (days, skip) =>
    expect(decide({ maxAge: days * DAY }).skip).toBe(skip),
  );
  test('the newest of several is named', () =>
    expect(decide({}, [image('new', 'f1'), image('old', 'f1')])).toMatchObject({
      reason: 'nothing changed since new',
    }));
});
