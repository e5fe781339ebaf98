import { describe, expect, test } from '@jest/globals';
import {
  failed,
  failureMessage,
  imported,
  importing,
  initialized,
} from '../../../../lab/harvester/image/conditions.ts';
import type { ImageSpec, ImageStatus } from '../../../../lab/harvester/objects.ts';

const NOW = '2026-11-21T12:00:00Z';
const spec: ImageSpec = { displayName: 'rocky9', sourceType: 'download', url: 'https://x/y.qcow2', retry: 3 };
const find = (status: ImageStatus, type: string) =>
  status.conditions?.find((condition) => condition.type === type);
const fail = (status: ImageStatus, more: object = {}, terse = false) =>
  failed(spec, status, { condition: 'Imported', cause: 'boom', progress: 40, ...more }, { now: NOW, terse });

describe('the message of a failure', () => {
  test.each([
    ['first', 1, 'failed due to error: boom'],
    ['second', 2, 'retry attempted 1/3 failed due to error: boom'],
    ['past the limit', 8, 'retry attempted 7/3 failed due to error: boom'],
  ])('%s', (_name, count, text) => expect(failureMessage('boom', count, 3)).toBe(text));
});

describe('a failed try', () => {
  test('leaves Imported alone while tries are left', () => {
    const before = initialized(spec, {}, 'lh-1', NOW);
    const after = fail(before);
    expect(find(after, 'Imported')).toEqual(find(before, 'Imported'));
    expect(find(after, 'RetryLimitExceeded')).toMatchObject({
      status: 'False',
      message: 'failed due to error: boom',
    });
    expect(after).toMatchObject({ failed: 1, lastFailedTime: NOW, progress: 40 });
  });

  test('past the limit sets both conditions, with one message', () => {
    const after = fail({ failed: 3 });
    const message = 'retry attempted 3/3 failed due to error: boom';
    expect(find(after, 'RetryLimitExceeded')).toMatchObject({ status: 'True', message });
    expect(find(after, 'Imported')).toMatchObject({ status: 'False', message });
  });

  test('with retry 0 the first failure is final', () => {
    const after = failed(
      { ...spec, retry: 0 },
      {},
      { condition: 'Initialized', cause: 'x', progress: 0 },
      { now: NOW, terse: false },
    );
    expect(find(after, 'Initialized')).toMatchObject({ status: 'False' });
    expect(after.progress).toBeUndefined();
  });

  test('old versions overshoot the limit', () => {
    expect(find(fail({ failed: 3 }, { overshoot: 2 }), 'RetryLimitExceeded')).toMatchObject({
      status: 'False',
    });
    expect(find(fail({ failed: 5 }, { overshoot: 2 }), 'RetryLimitExceeded')).toMatchObject({
      status: 'True',
      message: 'retry attempted 5/3 failed due to error: boom',
    });
  });

  test('1.3 says nothing before the limit and one sentence at it', () => {
    expect(fail({}, {}, true).conditions).toBeUndefined();
    const after = fail({ failed: 3 }, {}, true);
    expect(find(after, 'RetryLimitExceeded')!.message).toBe('VMImage has reached the specified retry limit');
    expect(find(after, 'Imported')!.message).toBe('boom');
  });
});

describe('progress', () => {
  test.each([
    [0, undefined],
    [1, 1],
    [99, 99],
    [100, 99],
  ])('%i is shown as %s', (progress, shown) => expect(importing({}, '', progress, NOW).progress).toBe(shown));

  test('re-initialising takes it back to nothing and names the class', () => {
    const status = initialized(spec, { progress: 40 }, 'lh-1', NOW);
    expect(status).toMatchObject({ storageClassName: 'lh-1', appliedUrl: spec.url });
    expect(status.progress).toBeUndefined();
  });
});

test('success clears what the failures said', () => {
  const status = imported(fail(initialized(spec, {}, 'lh-1', NOW)), { size: 5, virtualSize: 9 }, NOW);
  expect(status).toMatchObject({ progress: 100, size: 5, virtualSize: 9, failed: 1 });
  expect(find(status, 'Imported')).toMatchObject({ status: 'True', reason: 'Imported', message: '' });
  expect(find(status, 'RetryLimitExceeded')).toMatchObject({ status: 'False', reason: '', message: '' });
});

test('a condition is changed in place, never doubled', () => {
  const status = importing(importing({}, 'a', 1, NOW), 'b', 2, NOW);
  expect(status.conditions).toHaveLength(1);
});
