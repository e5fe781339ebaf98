import { describe, expect, test } from '@jest/globals';
import {
  DEFAULT_NAME_TEMPLATE,
  imageName,
  slug,
  templateProblem,
  withAttempt,
} from '../../../src/golden/image-name.ts';
import { isName } from '../../../src/harvester/labels.ts';

const PARTS = {
  prefix: 'golden',
  date: '20261121',
  time: '120000',
  run: '4f3a2b',
  version: 'v1.34.2+rke2r1',
  recipe: 'Rocky 9',
};

test.each([
  [DEFAULT_NAME_TEMPLATE, 'golden-20261121-4f3a2b'],
  ['{prefix}-{version}', 'golden-v1-34-2-rke2r1'],
  ['{recipe}-{date}-{time}', 'rocky-9-20261121-120000'],
  ['fixed', 'fixed'],
])('%s → %s', (template, name) => expect(imageName(template, PARTS)).toBe(name));

describe('refused', () => {
  test.each(['{day}', '{prefix', 'a_{date}', 'Upper', ''])('the template "%s"', (template) => {
    expect(templateProblem(template)).toBeDefined();
    expect(() => imageName(template, PARTS)).toThrow(expect.objectContaining({ code: 'IMAGE_NAME_INVALID' }));
  });
  test.each(['-{date}', '{date}-', `${'x'.repeat(56)}{date}`])('the name of "%s"', (template) =>
    expect(() => imageName(template, PARTS)).toThrow(expect.objectContaining({ code: 'IMAGE_NAME_INVALID' })),
  );
  test('a version that nobody gave', () =>
    expect(() => imageName('{version}', { ...PARTS, version: undefined })).toThrow(/no version is given/));
});

test.each(['v1.34.2+rke2r1', '1.0 RC/2', '--x--'])('the slug of %s is a name', (version) =>
  expect(isName(slug(version))).toBe(true),
);

describe('another attempt at a name', () => {
  test('the first is the name itself', () => expect(withAttempt('golden', 1)).toBe('golden'));
  test('the second has a number', () => expect(withAttempt('golden', 2)).toBe('golden-2'));
  test('a long name is cut, so that it stays one', () => {
    const name = withAttempt(`${'x'.repeat(60)}-yz`, 12);
    expect([isName(name), name]).toEqual([true, `${'x'.repeat(60)}-12`]);
  });
});
