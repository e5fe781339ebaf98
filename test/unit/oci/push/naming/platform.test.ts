import { describe, expect, test } from '@jest/globals';
import {
  architectureWord,
  comparePlatforms,
  isSameArchitecture,
  parseArchitecture,
  platformKey,
  platformText,
} from '../../../../../src/oci/push/naming/platform.ts';

const platform = (text: string) => {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
};

describe('parseArchitecture', () => {
  test.each([
    ['x86_64', 'amd64'],
    ['AARCH64', 'arm64'],
    ['armhf', 'armv7'],
    ['arm32v6', 'armv6'],
    ['arm64v8', 'arm64'],
    ['i686', '386'],
    ['riscv64', 'riscv64'],
  ])('%s is %s', (name, word) => expect(architectureWord(parseArchitecture(name)!)).toBe(word));
  test.each(['sparc', '', 'linux', 'arm64v9'])('%p is none', (name) =>
    expect(parseArchitecture(name)).toBeUndefined(),
  );
});

describe('isSameArchitecture', () => {
  test.each([
    ['arm64', 'arm64/v8', true],
    ['arm/v7', 'arm', true],
    ['arm/v7', 'arm/v6', false],
    ['amd64', 'arm64', false],
  ])('%s and %s: %p', (said, is, same) =>
    expect(isSameArchitecture(platform(`linux/${said}`), platform(`linux/${is}`))).toBe(same),
  );
});

test('arm64 and arm64/v8 are one platform, arm/v6 and arm/v7 are two', () => {
  expect(platformKey(platform('linux/arm64'))).toBe(platformKey(platform('linux/arm64/v8')));
  expect(platformKey(platform('linux/arm/v6'))).not.toBe(platformKey(platform('linux/arm/v7')));
});

test('an index lists linux first, then by name', () => {
  const sorted = ['windows/amd64', 'linux/arm64', 'linux/amd64', 'linux/arm/v7'].map(platform);
  expect(sorted.sort(comparePlatforms).map(platformText)).toEqual([
    'linux/amd64',
    'linux/arm/v7',
    'linux/arm64',
    'windows/amd64',
  ]);
});
