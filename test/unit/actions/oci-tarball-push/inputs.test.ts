import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkTogether } from '../../../../src/actions/oci-tarball-push/check.ts';
import { INPUTS } from '../../../../src/actions/oci-tarball-push/inputs.ts';
import { requestOf } from '../../../../src/actions/oci-tarball-push/request.ts';
import { exposures } from '../../../../src/actions/oci-tarball-push/way.ts';
import { tableFaults } from '../../../../src/runner/inputs.ts';
import { read } from './read.ts';

interface Entry {
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string | undefined;
}

const action = parse(readFileSync('actions/oci-tarball-push/action.yml', 'utf8')) as {
  inputs: Record<string, Entry>;
};
const check =
  (given: Record<string, string> = {}) =>
  () =>
    checkTogether(read(given));

describe('action.yml', () => {
  const told = (entries: Record<string, Entry>) =>
    Object.entries(entries).map(([name, one]) => [name, one.description, one.required ?? false, one.default]);

  test('has the inputs of the table, word for word', () =>
    expect(told(action.inputs)).toEqual(told(INPUTS as unknown as Record<string, Entry>)));

  test('has defaults and examples that its own rules accept', () => expect(tableFaults(INPUTS)).toEqual([]));
});

describe('one input', () => {
  test('files and a registry are enough', () => expect(check()).not.toThrow());

  test.each([
    ['registry', 'https://harbor.example.com', /without http/],
    ['registry', 'harbor.example.com/library', /belongs to repository-prefix/],
    ['registry', 'harbor example', /must be a host/],
    ['repository-prefix', 'li brary', /letters, digits/],
    ['repository', '{{version}}', /\{\{version\}\}/],
    ['tag', '{{tag}}', /\{\{tag\}\}/],
    ['tag', 'v{{version', /\{\{version/],
    ['tag', 'a/b', /128 letters, digits/],
    ['extra-tags', 'latest\n.x', /128 letters, digits/],
    ['resolve', 'harbor.example.com', /harbor\.example\.com/],
    ['compression', 'xz', /one of gzip, zstd, none, keep/],
    ['compression-level', '20', /from 1 to 19/],
    ['max-uncompressed-size', '20', /size with a unit/],
    ['relay-image', 'busybox:1.36', /sha256/],
    ['restart', 'pod/kube-system/x', /deployment, statefulset or daemonset/],
    ['restart', 'deployment', /kind\/name/],
    ['timeout', '60', /unit/],
  ])('%s: %s is refused', (name, value, text) => expect(() => read({ [name]: value })).toThrow(text));

  test('both that are missing are told at once', () =>
    expect(() => read({ files: '', registry: '' })).toThrow(
      /files: is required[\s\S]*registry: is required/,
    ));

  test('what is secret is not in a problem', () =>
    expect(check({ username: 'x', token: 'planted' })).not.toThrow(/planted/));

  test.each([
    ['Deploy/x', { kind: 'Deployment', namespace: undefined, name: 'x' }],
    ['daemonsets/kube-system/x', { kind: 'DaemonSet', namespace: 'kube-system', name: 'x' }],
    ['sts/a/b', { kind: 'StatefulSet', namespace: 'a', name: 'b' }],
  ])('restart: %s', (text, workload) => expect(read({ restart: text }).restart).toEqual([workload]));
});

describe('inputs that do not go together', () => {
  const exec = { via: 'exec', kubeconfig: 'k', 'relay-image': `busybox@sha256:${'0'.repeat(64)}` };

  const pod = { via: 'pod', kubeconfig: 'k', 'pusher-image': `crane@sha256:${'0'.repeat(64)}` };

  test.each<[string, Record<string, string>, RegExp]>([
    ['a user without a password', { username: 'x' }, /username and password/],
    ['a password without a user', { password: 'x' }, /username and password/],
    ['a token and a user', { username: 'x', password: 'y', token: 'z' }, /either a token/],
    ['half a client certificate', { 'client-key': 'x' }, /both or none/],
    [
      'a CA without TLS',
      { 'plain-http': 'true', 'ca-certificates': 'x' },
      /ca-certificates: there is no TLS/,
    ],
    [
      'no TLS, unchecked',
      { 'plain-http': 'true', 'insecure-skip-tls-verify': 'true' },
      /no TLS with plain-http/,
    ],
    ['addresses of others alone', { resolve: 'b.example=10.0.0.1' }, /not the registry harbor/],
    ['a level of nothing', { compression: 'none', 'compression-level': '3' }, /none has no levels/],
    ['a level of another', { 'compression-level': '12' }, /12 is more than 9/],
    ['zstd in schema 2', { compression: 'zstd', format: 'docker' }, /no zstd layers/],
    ['annotations in schema 2', { annotations: 'a=b', format: 'docker' }, /annotations: Docker schema 2/],
    ['kept digests in another format', { 'preserve-digests': 'true', format: 'oci' }, /another digest/],
    [
      'kept digests with annotations',
      { 'preserve-digests': 'true', annotations: 'a=b' },
      /change the digest/,
    ],
    ['a merge without an index', { index: 'never', 'merge-index': 'true' }, /merge-index: there is no index/],
    ['tags of platforms without an index', { index: 'never', 'arch-tags': 'true' }, /arch-tags: only counts/],
    ['a relay without its image', { via: 'exec', kubeconfig: 'k' }, /relay-image: is required/],
    ['a pod without its image', { via: 'pod', kubeconfig: 'k' }, /pusher-image: is required/],
    ['a forward to nowhere', { via: 'port-forward', kubeconfig: 'k' }, /via-target/],
    ['a project that nobody names', { 'create-project': 'true' }, /repository-prefix must begin/],
    [
      'a look at the registry from outside',
      { ...pod, 'on-existing': 'fail', 'merge-index': 'true', 'dry-run': 'true' },
      /on-existing: fail is not possible[\s\S]*merge-index[\s\S]*dry-run/,
    ],
    ['a way into no cluster', { ...exec, kubeconfig: '' }, /kubeconfig: is required with via: exec/],
    ['a restart in no cluster', { restart: 'deploy/x' }, /kubeconfig: is required with restart/],
    ['an image for another way', { 'relay-image': exec['relay-image'] }, /only used with via: exec/],
    ['pull secrets without a pod', { 'image-pull-secrets': 'x' }, /only used with via: exec or pod/],
    [
      'addresses inside the cluster',
      { ...exec, resolve: 'harbor.example.com=10.0.0.1' },
      /only used with via: direct/,
    ],
  ])('%s', (_name, given, text) => expect(check(given)).toThrow(text));

  test('are all told at once', () =>
    expect(check({ username: 'x', 'compression-level': '12', via: 'pod' })).toThrow(
      /4 inputs are not valid/,
    ));

  test.each<[string, Record<string, string>]>([
    ['a robot', { username: 'robot$ci+push', password: 'x' }],
    ['a relay', exec],
    ['a pod that pushes', pod],
    ['a project in the repository', { 'create-project': 'true', repository: 'team/{{name}}' }],
    ['a forward', { via: 'port-forward', kubeconfig: 'k', 'via-target': 'service/harbor-core:80' }],
    ['an address with a port', { registry: 'h.example:8443', resolve: 'h.example=10.0.0.1:443' }],
    ['zstd at its highest', { compression: 'zstd', 'compression-level': '19' }],
  ])('but %s does', (_name, given) => expect(check(given)).not.toThrow());
});

describe('what the domain is asked for', () => {
  test('has the documented defaults', () =>
    expect(requestOf(read(), ['/w/app.tar'])).toMatchObject({
      files: ['/w/app.tar'],
      repositoryPrefix: '',
      repository: '',
      tag: '',
      format: 'auto',
      compression: 'gzip',
      compressionLevel: undefined,
      onExisting: 'overwrite',
      index: 'auto',
      concurrency: 4,
      verify: 'manifest',
      maxUncompressedSize: 20 * 2 ** 30,
    }));

  test('repositories are lower-case, placeholders and tags stay', () =>
    expect(
      requestOf(
        read({ 'repository-prefix': '/MyOrg/', repository: 'Ops/{{name}}', tag: 'RC-{{repoTag}}' }),
        [],
      ),
    ).toMatchObject({ repositoryPrefix: 'myorg', repository: 'ops/{{name}}', tag: 'RC-{{repoTag}}' }));
});

describe('what is given away on the way', () => {
  test.each<[string, Record<string, string>, number]>([
    ['nothing with TLS', {}, 0],
    ['all without a look at the certificate', { 'insecure-skip-tls-verify': 'true' }, 1],
    ['all without TLS', { 'plain-http': 'true' }, 1],
    ['nothing to this machine', { registry: '127.0.0.1:5000', 'plain-http': 'true' }, 0],
  ])('%s', (_name, given, count) => expect(exposures(read(given))).toHaveLength(count));
});
