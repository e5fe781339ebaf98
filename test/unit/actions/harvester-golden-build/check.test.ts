import { describe, expect, test } from '@jest/globals';
import { checkTogether, handOverOf } from '../../../../src/actions/harvester-golden-build/check.ts';
import { read } from './read.ts';

const IMAGE = `mirror.test:5000/tools/curl:8@sha256:${'a'.repeat(64)}`;

describe('refused', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['a static address on the pod network', { 'static-ip': '10.0.0.5/24' }, /needs network/],
    ['half a pool', { 'cilium-pool-start': '10.0.0.1' }, /both or none/],
    [
      'a pool of names',
      { 'cilium-pool-start': 'a', 'cilium-pool-stop': '10.0.0.2' },
      /cilium-pool-start: "a"/,
    ],
    ['a digest of nothing', { 'builder-image-sha512': 'ab'.repeat(64) }, /needs builder-image/],
    ['an unknown placeholder', { 'name-template': '{prefix}-{day}' }, /name-template: .* has \{day\}/],
    ['a version that is not given', { 'name-template': '{prefix}-{version}' }, /needs image-version/],
    ['a label of ours', { labels: 'rke2-actions.io/run-id=x' }, /labels: .* reserved/],
    ['a label that is none', { labels: 'team=a b' }, /labels: "a b" is no label value/],
    ['an air gap without mirrors', { airgap: 'true' }, /needs rocky-mirror.*\n.*needs rke2-mirror/],
    ['a pod without an image', { readiness: 'pod' }, /readiness: pod needs readiness-image/],
    ['an image without a pod', { 'readiness-image': IMAGE }, /readiness-image: only counts/],
    [
      'an endpoint for nothing',
      { 'upload-endpoint': 'https://vip' },
      /upload-endpoint: only counts with hand-over: upload/,
    ],
    [
      'a runner that is to serve',
      { builder: 'runner', 'hand-over': 'http' },
      /hand-over: http does not go with builder: runner, since nothing serves the image/,
    ],
    ['a runner that is to be read', { builder: 'runner', readiness: 'http' }, /readiness: http does not go/],
    ['a runner that is to be left', { builder: 'runner', debug: 'always' }, /debug: always does not go/],
    ['a cache for a machine', { 'cache-folder': '/cache' }, /cache-folder: only counts/],
    ['delete without names', { operation: 'delete' }, /needs the exact names/],
    ['delete by a pattern', { operation: 'delete', images: 'golden-*' }, /must be the exact name/],
    [
      'names for another operation',
      { operation: 'janitor', images: 'a' },
      /only counts with operation delete/,
    ],
    ['a run for another operation', { 'run-id': 'a' }, /only counts with operation destroy-builder/],
    ['namespaces for another operation', { namespaces: 'a' }, /only counts with operation janitor/],
    ['a namespace that is none', { operation: 'janitor', namespaces: 'A_b' }, /must be a namespace/],
    [
      'an air gap with half of them',
      { airgap: 'true', 'rocky-mirror': 'https://m/rocky/9' },
      /airgap: needs rke2-mirror/,
    ],
    [
      'a private key among the certificates',
      { 'ca-certificates': '-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----' },
      /ca-certificates: contains a private key/,
    ],
  ])('%s', (_name, given, text) => expect(() => checkTogether(read(given))).toThrow(text));

  test('all problems are told at once', () => {
    const wrong = read({ gateway: 'x', 'cilium-pool-start': 'y', labels: 'kubernetes.io/x=y' });
    expect(() => checkTogether(wrong)).toThrow(
      /gateway.*both or none.*cilium-pool-start: "y".*labels: "kubernetes.io\/x"/s,
    );
  });
});

describe('what a runner bakes is uploaded', () => {
  test.each<[string, Record<string, string>, 'http' | 'upload']>([
    ['unless said', { builder: 'runner' }, 'upload'],
    ['from a machine it is not', {}, 'http'],
    ['and where said', { 'hand-over': 'upload' }, 'upload'],
  ])('%s', (_name, given, expected) => expect(handOverOf(read(given))).toBe(expected));
});

describe('passes', () => {
  test.each<[string, Record<string, string>]>([
    [
      'a complete set',
      {
        'static-ip': '10.0.0.5/24\n2001:db8::5/64',
        gateway: '10.0.0.1\n2001:db8::1',
        nameservers: '10.0.0.2\n2001:db8::2',
        network: 'default/vlan',
        'cilium-pool-start': '198.51.100.2',
        'cilium-pool-stop': '198.51.100.20',
        labels: 'team=images\ntag.harvesterhci.io/stage=test',
      },
    ],
    ['a version', { 'name-template': 'x-{version}', 'image-version': 'v1.34.2+rke2r1' }],
    [
      'the version of the recipe',
      { 'name-template': 'x-{version}', variables: 'rke2-version=v1.34.2+rke2r1' },
    ],
    ['a pod with its image', { readiness: 'pod', 'readiness-image': IMAGE }],
    ['an upload', { 'hand-over': 'upload', 'upload-endpoint': 'https://vip' }],
    ['one mirror for both', { airgap: 'true', variables: 'mirror=https://mirror.test' }],
    ['two mirrors', { airgap: 'true', 'rocky-mirror': 'https://m/r', 'rke2-mirror': 'https://m/k' }],
  ])('%s', (_name, given) => expect(() => checkTogether(read(given))).not.toThrow());
});
