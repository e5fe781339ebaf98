import { describe, expect, test } from '@jest/globals';
import {
  compareEgress,
  type EgressEntry,
  egressText,
  planEgress,
  toolRepositories,
} from '../../../src/recipe/egress.ts';
import { load, MINIMAL, shipped } from './kit.ts';

const AIRGAP_URLS = [
  'https://mirror.test/rocky/9/images/x86_64/Rocky-9-GenericCloud-Base.latest.x86_64.qcow2.CHECKSUM',
  'https://mirror.test/rocky/9/images/x86_64/Rocky-9-GenericCloud-Base.latest.x86_64.qcow2',
  'https://mirror.test/rocky/9/BaseOS/x86_64/os/repodata/',
  'https://mirror.test/rocky/9/BaseOS/x86_64/os/',
  'https://mirror.test/rocky/9/AppStream/x86_64/os/repodata/',
  'https://mirror.test/rocky/9/AppStream/x86_64/os/',
  'https://mirror.test/rocky/9/extras/x86_64/os/repodata/',
  'https://mirror.test/rocky/9/extras/x86_64/os/',
  'https://mirror.test/rke2/stable/common/centos/9/noarch/repodata/',
  'https://mirror.test/rke2/stable/common/centos/9/noarch/',
  'https://mirror.test/rke2/public.key',
];

describe('the list of an air-gapped bake', () => {
  test('is every address, and closed', async () => {
    const { entries, open } = planEgress(await shipped(['airgap']));
    expect(entries.map(({ url }) => url)).toEqual(AIRGAP_URLS);
    expect(open).toEqual([]);
  });
  test('has the pre-staged images, as they are asked for', async () => {
    const recipe = await shipped(['airgap', 'prestage-rke2'], {
      'rke2-releases': 'https://mirror.test/rke2/releases',
    });
    const staged = planEgress(recipe).entries.filter(({ url }) => url.includes('/releases/'));
    expect(staged.map(({ url, match, required }) => [url.split('/').at(-2), match, required])).toEqual(
      Array(3).fill(['v1.34.2%2Brke2r1', 'exact', true]),
    );
  });
  test('has a mirror of CRB only where one is named', async () => {
    const recipe = await shipped(['airgap'], { 'crb-mirror': 'https://mirror.test/crb/' });
    expect(planEgress(recipe).entries.map(({ url }) => url)).toContain('https://mirror.test/crb/repodata/');
  });
  test('names no checksum file for a pinned base, no address for a key that is shipped', async () => {
    const pinned = {
      'rocky-sha256': 'a'.repeat(64),
      'rke2-key': '-----BEGIN PGP PUBLIC KEY BLOCK-----\nx\n',
    };
    const urls = planEgress(await shipped(['airgap'], pinned)).entries.map(({ url }) => url);
    expect(urls.filter((url) => /CHECKSUM|public\.key/.test(url))).toEqual([]);
  });
  test('says who touches what: the builder takes its tools from the mirrors of the distribution', async () => {
    const recipe = await shipped(['airgap']);
    expect(toolRepositories(recipe).map(({ id }) => id)).toEqual([
      'mirror-baseos',
      'mirror-appstream',
      'mirror-extras',
    ]);
    const touchedBy = (url: string) =>
      planEgress(recipe).entries.find((entry) => entry.url.endsWith(url))?.touchedBy;
    expect(touchedBy('BaseOS/x86_64/os/repodata/')).toEqual(['runner', 'builder', 'image']);
    expect(touchedBy('noarch/repodata/')).toEqual(['runner', 'image']);
    expect(touchedBy('latest.x86_64.qcow2')).toEqual(['cluster', 'builder']);
  });
});

describe('a list that is not closed says why', () => {
  test('for the recipe without the layer', async () => {
    const recipe = await shipped();
    expect(toolRepositories(recipe)).toEqual([]);
    expect(planEgress(recipe).open).toEqual([
      expect.stringContaining("base image's own repositories stay on"),
      expect.stringContaining('installs it from its own image'),
    ]);
    expect(egressText(planEgress(recipe))).toMatch(/^A bake touches these addresses\n[\s\S]*\nNot closed\n/);
  });
  test('and names the commands that nobody has looked into', async () => {
    const recipe = await load(`${MINIMAL}commands: [{ id: mine, title: Mine, script: "true" }]\n`);
    expect(planEgress(recipe).notes[0]).toContain('mine');
  });
});

test('the text closes the list, and marks what stands for many', async () => {
  const text = egressText(planEgress(await shipped(['airgap'])));
  expect(text).toMatch(/^A bake touches these addresses and no others\n/);
  expect(text).toContain(
    '  https://mirror.test/rocky/9/extras/x86_64/os/*\n      packages of mirror-extras; by builder, image, as needed\n',
  );
  expect(text).not.toContain('Not closed');
});

describe('a recorded bake against its list', () => {
  const entry = (url: string, required = true): EgressEntry => ({
    url,
    match: url.endsWith('/') ? 'prefix' : 'exact',
    what: 'x',
    touchedBy: ['builder'],
    required,
  });
  const plan = {
    entries: [entry('https://m.test/a'), entry('https://m.test/r/'), entry('https://m.test/o/', false)],
    open: [],
    notes: [],
  };
  const both = ['https://m.test/a', 'https://m.test/r/1'];

  test('what is listed may be touched, in any number', () => {
    expect(compareEgress(plan, [...both, ...both, 'https://m.test/o/2?x=1'])).toEqual({
      beyond: [],
      untouched: [],
    });
  });
  test.each([
    'https://m.test/a/b',
    'https://m.test/r',
    'http://m.test/a',
    'https://m.test:8443/a',
    'https://other.test/a',
  ])('%s is beyond it', (url) => {
    expect(compareEgress(plan, [...both, url]).beyond).toEqual([url]);
  });
  test('what is required and was not touched is named', () => {
    expect(compareEgress(plan, ['https://m.test/a']).untouched.map(({ url }) => url)).toEqual([
      'https://m.test/r/',
    ]);
  });
});
