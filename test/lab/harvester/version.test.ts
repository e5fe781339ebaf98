import { expect, test } from '@jest/globals';
import { traitsOf, VERSIONS } from '../../../lab/harvester/version.ts';

test('the six differences come with their versions', () => {
  const since = (
    trait:
      | 'virtualSize'
      | 'backend'
      | 'displayNameImmutable'
      | 'labelAtCreate'
      | 'storageClassByUid'
      | 'displayNameIsLabel',
  ) => VERSIONS.find((version) => traitsOf(version)[trait]);
  expect(since('virtualSize')).toBe('1.4');
  expect(since('backend')).toBe('1.5');
  expect(since('displayNameImmutable')).toBe('1.6');
  expect(since('labelAtCreate')).toBe('1.7');
  expect(since('storageClassByUid')).toBe('1.8');
  expect(since('displayNameIsLabel')).toBe('1.9');
});

test('an unknown version is the user’s error', () => {
  expect(() => traitsOf('2.0')).toThrow(expect.objectContaining({ code: 'LAB_VERSION_UNKNOWN' }));
});
