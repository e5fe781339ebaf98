import { describe, expect, test } from '@jest/globals';
import { accountFor, accountLines, accountMarkdown } from '../../../lab/demo/egress-account.ts';
import type { Attempt } from '../../../lab/egress/recorder.ts';
import type { EgressEntry } from '../../../src/recipe/egress.ts';

const entry = (path: string, required = true): EgressEntry => ({
  url: `https://10.98.1.1:8443/${path}`,
  match: path.endsWith('/') ? 'prefix' : 'exact',
  what: path,
  touchedBy: ['builder'],
  required,
});
const plan = {
  entries: [entry('base.qcow2'), entry('os/repodata/'), entry('os/', false)],
  open: [],
  notes: [],
};
const REQUESTS = ['HEAD /base.qcow2', 'GET /base.qcow2', 'GET /os/repodata/repomd.xml', 'GET /os/a.rpm'];
const MIRROR: Attempt = { kind: 'tcp', target: '10.98.1.1:8443' };
const account = (attempts: readonly Attempt[] = [MIRROR], requests = REQUESTS) =>
  accountFor(plan, {
    mirror: { url: 'https://10.98.1.1:8443', requests },
    attempts: { builder: attempts },
    inside: (target) => target === '10.98.1.1:6443',
  });

test('a bake that kept to its plan has nothing beyond it, and counts each request for the closest entry', () => {
  const result = account([MIRROR, { kind: 'tcp', target: '10.98.1.1:6443' }]);
  expect([result.beyond, result.untouched]).toEqual([[], []]);
  expect(result.touched.map(({ requests }) => requests)).toEqual([2, 1, 1]);
});

describe('what is beyond the plan', () => {
  test.each<[Attempt, string]>([
    [{ kind: 'tcp', target: '151.101.1.1:443' }, 'tcp 151.101.1.1:443, tried by the builder'],
    [{ kind: 'tcp', target: '10.98.1.1:80' }, 'tcp 10.98.1.1:80, tried by the builder'],
    [{ kind: 'dns', target: 'mirrors.rockylinux.org' }, 'dns mirrors.rockylinux.org, tried by the builder'],
    [{ kind: 'udp', target: '10.98.1.1:8443' }, 'udp 10.98.1.1:8443, tried by the builder'],
    [{ kind: 'other', target: '132 10.0.0.1' }, 'other 132 10.0.0.1, tried by the builder'],
  ])('%j', (attempt, text) => expect(account([attempt]).beyond).toEqual([text]));
  test('a file that the mirror was asked for', () => {
    expect(account([MIRROR], [...REQUESTS, 'GET /other']).beyond).toEqual(['https://10.98.1.1:8443/other']);
  });
});

test('what was never touched is named, unless a bake may do without', () => {
  const result = account([MIRROR], ['GET /os/repodata/repomd.xml']);
  expect(result.untouched.map(({ what }) => what)).toEqual(['base.qcow2']);
  expect(accountLines(result)).toEqual([
    '✗ 0 × https://10.98.1.1:8443/base.qcow2',
    '✓ 1 × https://10.98.1.1:8443/os/repodata/*',
    '· 0 × https://10.98.1.1:8443/os/*',
    'the builder tried: tcp 10.98.1.1:8443',
    '✗ required, and never touched: https://10.98.1.1:8443/base.qcow2',
  ]);
});

test('a party of which nothing was seen was not watched, so nothing is proven', () => {
  expect(account([]).beyond).toEqual(['nothing was seen of the builder']);
});

test('as a section of a summary, what all addresses share is said once', () => {
  const text = accountMarkdown(account());
  expect(text).toContain('The addresses below `https://10.98.1.1:8443` that');
  expect(text).toContain('| `/os/repodata/*` | os/repodata/<br>by builder | 1 |');
  expect(text).toContain('nothing else was tried');
  expect(text).toContain('- the builder tried `tcp 10.98.1.1:8443`');
  expect(accountMarkdown(account([MIRROR], [...REQUESTS, 'GET /x']))).toContain(
    '**beyond the plan**: https://10.98.1.1:8443/x',
  );
});
