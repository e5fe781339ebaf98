import { describe, expect, test } from '@jest/globals';
import {
  type NamingFacts,
  nameDestination,
  parseArchiveName,
  requestTemplateProblems,
} from '../../../../../src/oci/push/naming/destination.ts';
import { parseFileName } from '../../../../../src/oci/push/naming/file-name.ts';
import type { PushRequest } from '../../../../../src/oci/push/request.ts';
import { pushRequest } from '../push-request.ts';

const facts = (file: string, more: Partial<NamingFacts> = {}): NamingFacts => ({
  file,
  fileName: parseFileName(file),
  opened: true,
  ...more,
});
const named = (request: Partial<PushRequest>, it: NamingFacts) => {
  const naming = nameDestination(pushRequest(request), it);
  if (!('destination' in naming)) return naming.problems.join('\n');
  const { repository, tag, extraTags } = naming.destination;
  return [`${repository}:${tag}`, ...extraTags, ...naming.warnings].join(' ');
};
const APP = 'app-v1.0.0-amd64.tar.gz';
const LOOSE = facts('loose.tar', { archiveName: 'registry.example.com/acme/app:1.2' });

describe('nameDestination', () => {
  test.each<[Partial<PushRequest>, NamingFacts, string]>([
    [{}, facts(APP), 'app:v1.0.0'],
    [{ repositoryPrefix: 'library' }, facts(APP), 'library/app:v1.0.0'],
    [{ tag: '{{version}}' }, facts(APP), 'app:1.0.0'],
    [{ tag: '{{version}}-{{arch}}' }, facts('app-v1-armv7.tar'), 'app:1-armv7'],
    [
      { extraTags: ['latest', '{{version}}', 'latest', 'v{{version}}'] },
      facts(APP),
      'app:v1.0.0 latest 1.0.0',
    ],
    [{}, LOOSE, 'app:1.2'],
    [{ repository: '{{repository}}' }, LOOSE, 'acme/app:1.2'],
    [{ repository: 'all/{{name}}', tag: '{{repoTag}}' }, facts(APP, { archiveName: '9.9' }), 'all/app:9.9'],
    [
      { tag: '{{arch}}' },
      facts('loose.tar', {
        archiveName: 'a/b:c',
        platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      }),
      'b:arm64',
    ],
  ])('%p %p', (request, it, reference) => expect(named(request, it)).toBe(reference));

  test('a plus of a version becomes a minus, and that is said', () =>
    expect(named({}, facts('rke2-v1.34.4+rke2r1-amd64.tar'))).toMatch(/^rke2:v1\.34\.4-rke2r1 .*"\+"/));
  test('a repository is lower case, and that is said', () =>
    expect(named({}, facts('App-v1-amd64.tar'))).toMatch(/^app:v1 .*lower case/));
  test.each<[string, Partial<PushRequest>, NamingFacts, RegExp]>([
    ['no version', { tag: '{{version}}' }, LOOSE, /needs \{\{version\}\}.*not called/],
    ['no name in the archive', {}, facts('loose.tar'), /\{\{repository\}\}[\s\S]*\{\{repoTag\}\}/],
    [
      'no single platform',
      { tag: '{{arch}}' },
      facts('loose.tar', { archiveName: 'a/b:c' }),
      /single platform/,
    ],
    ['an illegal tag', { tag: '-{{version}}' }, facts(APP), /"-1\.0\.0" is no tag/],
    ['an illegal repository', { repositoryPrefix: 'a//b' }, facts(APP), /"a\/\/b\/app" is no repository/],
    ['a tag too long', { tag: 'x'.repeat(129) }, facts(APP), /no tag/],
  ])('%s', (_case, request, it, problem) => expect(named(request, it)).toMatch(problem));
});

test('before the archive is opened, nothing is said of what it lacks', () =>
  expect(named({ extraTags: ['{{version}}-{{arch}}'] }, facts('loose.tar', { opened: false }))).toBe(
    'loose.tar: "{{version}}-{{arch}}" needs {{version}}, but the file is not called <name>-v<version>-<arch>',
  ));

describe('parseArchiveName', () => {
  test.each([
    ['app:1.2', 'app', '1.2'],
    ['registry.example.com/app:1.2', 'app', '1.2'],
    ['registry.example.com:5000/team/app', 'team/app', undefined],
    ['localhost/app:1', 'app', '1'],
    ['docker.io/library/app:1', 'app', '1'],
    ['library/app:1', 'library/app', '1'],
    ['docker.io/acme/app:1', 'acme/app', '1'],
    ['1.2', undefined, '1.2'],
    ['acme/app@sha256:0123', 'acme/app', undefined],
    ['', undefined, undefined],
  ])('%s', (name, repository, tag) => {
    expect(parseArchiveName(name).repository).toBe(repository);
    expect(parseArchiveName(name).tag).toBe(tag);
  });
});

test('problems of all templates are told, each with its input', () =>
  expect(
    requestTemplateProblems(pushRequest({ repository: '{{nam}}', tag: '{{x}}', extraTags: ['{{y}}'] })),
  ).toEqual([
    expect.stringMatching(/^repository "\{\{nam/),
    expect.stringMatching(/^tag "\{\{x/),
    expect.stringMatching(/^tag "\{\{y/),
  ]));
