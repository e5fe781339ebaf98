import { describe, expect, test } from '@jest/globals';
import {
  loadInputRecipe,
  recipeFile,
  recipeVariables,
  requestOf,
} from '../../../../src/actions/harvester-golden-build/request.ts';
import { DEFAULT_LIMITS as BAKE_LIMITS } from '../../../../src/bake/limits.ts';
import { DEFAULT_LIMITS } from '../../../../src/golden/plan.ts';
import { testRecipe } from '../../golden/recipe.ts';
import { read } from './read.ts';

const request = (given: Record<string, string> = {}) =>
  requestOf(read(given), { recipe: testRecipe(), runId: 'r', namespace: 'ci' });

test('a bare name is a recipe that ships, the rest are paths', () => {
  expect(recipeFile('rocky9-rke2', '/a/recipes')).toBe('/a/recipes/rocky9-rke2.yml');
  expect(recipeFile('images/mine.yml', '/a/recipes')).toBe('images/mine.yml');
  expect(recipeFile('mine.yaml', '/a/recipes')).toBe('mine.yaml');
});

describe('the request', () => {
  test('takes over what the inputs say', () =>
    expect(
      request({
        'static-ip': '10.0.0.5/24\n2001:db8::5/64',
        gateway: '10.0.0.1',
        network: 'a/b',
        'bake-timeout': '1h',
        'builder-image': 'https://x/b.qcow2',
        labels: 'team=images',
        'name-template': '{prefix}-{version}',
        'image-version': 'v1.34.2+rke2r1',
        debug: 'always',
        'debug-ttl': '2h',
        'bake-retries': '2',
      }),
    ).toMatchObject({
      namespace: 'ci',
      network: 'a/b',
      staticNetwork: {
        addresses: ['10.0.0.5/24', '2001:db8::5/64'],
        gateways: ['10.0.0.1'],
        nameservers: [],
      },
      builder: { cpu: 4, memory: '4Gi', diskSize: '30Gi', image: { url: 'https://x/b.qcow2' } },
      limits: { bake: 3_600_000, import: 1_800_000 },
      labels: { team: 'images' },
      nameTemplate: '{prefix}-{version}',
      version: 'v1.34.2+rke2r1',
      debug: { when: 'always', ttl: 7_200_000 },
      bakeRetries: 2,
      force: false,
    }));

  test('without inputs every limit is its default', () =>
    expect(request()).toMatchObject({ limits: DEFAULT_LIMITS, bakeLimits: BAKE_LIMITS }));

  test.each(['fingerprint', 'provision', 'bake', 'proof', 'import', 'report', 'cleanup', 'stall'] as const)(
    '%s-timeout sets its limit and no other',
    (phase) =>
      expect(request({ [`${phase}-timeout`]: '7s' }).limits).toEqual({ ...DEFAULT_LIMITS, [phase]: 7000 }),
  );
  test('hand-over-timeout, too', () =>
    expect(request({ 'hand-over-timeout': '7s' }).limits).toEqual({ ...DEFAULT_LIMITS, handOver: 7000 }));
  test.each(['download', 'customize', 'probe', 'compress'] as const)(
    '%s-timeout sets a limit inside the bake',
    (phase) =>
      expect(request({ [`${phase}-timeout`]: '7s' }).bakeLimits).toEqual({ ...BAKE_LIMITS, [phase]: 7000 }),
  );
});

describe('variables of the recipe', () => {
  test('none without inputs', () => expect(recipeVariables(read())).toEqual({}));
  test('mirrors name every repository below them', () =>
    expect(
      recipeVariables(
        read({ 'rocky-mirror': 'https://m.test/rocky/9/', 'rke2-mirror': 'https://k.test/rke2' }),
      ),
    ).toEqual({
      'baseos-mirror': 'https://m.test/rocky/9/BaseOS/x86_64/os',
      'appstream-mirror': 'https://m.test/rocky/9/AppStream/x86_64/os',
      'extras-mirror': 'https://m.test/rocky/9/extras/x86_64/os',
      'rke2-url': 'https://k.test/rke2',
      'rke2-key-url': 'https://k.test/rke2/public.key',
    }));
  test('what is given by name goes first', () =>
    expect(
      recipeVariables(read({ 'base-image': 'https://a/b.qcow2', variables: 'rocky-url=https://c/d.qcow2' })),
    ).toEqual({ 'rocky-url': 'https://c/d.qcow2' }));
});

test('an air gap from two mirrors names no other host, in the recipe that ships', async () => {
  const recipe = await loadInputRecipe(
    read({
      recipe: 'recipes/rocky9-rke2.yml',
      airgap: 'true',
      'rocky-mirror': 'https://rocky.test:8443/rocky/9',
      'rke2-mirror': 'https://rancher.test/rke2',
      variables: 'ca-certificates=',
    }),
  );
  const urls = [recipe.base.url, ...recipe.repositories.map(({ baseurl }) => baseurl)];
  expect(new Set(urls.map((url) => new URL(url).hostname))).toEqual(new Set(['rocky.test', 'rancher.test']));
  expect(recipe.layers).toContain('airgap');
  expect(recipe.allowedHosts).toEqual(['rocky.test', 'rancher.test']);
});
