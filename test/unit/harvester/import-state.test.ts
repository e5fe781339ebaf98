import { describe, expect, test } from '@jest/globals';
import {
  type ImageCondition,
  ImportPulse,
  importState,
  isBroken,
  type VirtualMachineImage,
} from '../../../src/harvester/import-state.ts';

type Status = NonNullable<VirtualMachineImage['status']>;

const image = (status?: Status, retry?: number): VirtualMachineImage => ({
  apiVersion: 'harvesterhci.io/v1beta1',
  kind: 'VirtualMachineImage',
  metadata: { name: 'i', namespace: 'ci' },
  spec: { displayName: 'i', sourceType: 'download', ...(retry !== undefined && { retry }) },
  ...(status && { status }),
});

const is = (type: string, status: ImageCondition['status'], message = '', reason = ''): ImageCondition => ({
  type,
  status,
  message,
  reason,
});

const begun = [is('Initialized', 'True'), is('Imported', 'Unknown', '', 'Importing')];
const pending = (message: string) => is('RetryLimitExceeded', 'False', message);
const givenUp = (message: string) => is('RetryLimitExceeded', 'True', message);

// Numbers: the variants of facts/harvester.md §3.2.
describe('importState', () => {
  test.each<[string, VirtualMachineImage, object]>([
    ['7: no status at all', image(), { state: 'waiting', progress: 0 }],
    ['7: no conditions, progress left out', image({ failed: 0 }), { state: 'waiting', progress: 0 }],
    ['begun, progress left out', image({ conditions: begun }), { state: 'importing', progress: 0 }],
    ['under way', image({ conditions: begun, progress: 40 }), { state: 'importing', progress: 40 }],
    [
      'progress 100 is not yet success',
      image({ conditions: begun, progress: 100, storageClassName: 'lh-1' }),
      { state: 'importing', progress: 100 },
    ],
    [
      'imported',
      image({ conditions: [is('Imported', 'True', '', 'Imported')], storageClassName: 'lh-1' }),
      { state: 'imported', storageClassName: 'lh-1' },
    ],
    [
      'imported, with the storage class still missing',
      image({ conditions: [is('Imported', 'True')] }),
      { state: 'importing' },
    ],
    [
      '1: HEAD failed, tries left',
      image({ failed: 1, conditions: [pending('failed due to error: got 404 status code from http://x')] }),
      { state: 'retrying', text: expect.stringMatching(/^attempt 1 of 4 failed: .*404/) },
    ],
    [
      '1: HEAD failed for good',
      image({ failed: 4, conditions: [givenUp('got 404'), is('Initialized', 'False', 'got 404')] }),
      { state: 'failed', message: 'got 404', attempts: 4 },
    ],
    [
      '2: broken at 40 %, in the pause',
      image({ failed: 1, progress: 40, conditions: [...begun, pending('unexpected EOF')] }),
      { state: 'retrying', progress: 40 },
    ],
    [
      '2: begun anew, with the message of the last try cleared',
      image({ failed: 1, progress: 3, conditions: [...begun, pending('')] }),
      { state: 'importing', progress: 3 },
    ],
    [
      '2: success after a failure',
      image({ failed: 1, conditions: [is('Imported', 'True'), pending('')], storageClassName: 'x' }),
      { state: 'imported' },
    ],
    [
      '3: given up while importing',
      image({ failed: 4, conditions: [is('Imported', 'False', 'EOF', 'Importing'), givenUp('')] }),
      { state: 'failed', message: 'EOF' },
    ],
    [
      '4: beyond the limit, as before 1.8',
      image({ failed: 5, conditions: [...begun, pending('retry attempted 4/3 failed due to error: EOF')] }),
      { state: 'failed', attempts: 5, message: expect.stringMatching(/4\/3/) },
    ],
    [
      '5: wrong checksum, tries left',
      image({
        failed: 1,
        progress: 99,
        conditions: [...begun, pending("the expected checksum a doesn't match")],
      }),
      { state: 'retrying' },
    ],
    ['6: stuck at nothing', image({ conditions: begun, progress: 0 }), { state: 'importing', progress: 0 }],
    [
      '8: the old backing image is still being deleted',
      image({ failed: 1, conditions: [pending('backing image x is being deleted')] }),
      { state: 'retrying' },
    ],
    [
      '9: an upload that failed sets only Imported',
      image({
        conditions: [is('Initialized', 'True'), is('Imported', 'False', 'broken pipe', 'UploadFailed')],
      }),
      { state: 'failed', message: 'broken pipe', attempts: 1 },
    ],
    [
      'no tries at all: the first failure is final',
      image({ failed: 1 }, 0),
      { state: 'failed', attempts: 1 },
    ],
  ])('%s', (_name, object, expected) => expect(importState(object)).toMatchObject(expected));
});

describe('ImportPulse', () => {
  const moves = (...statuses: Status[]) => {
    const pulse = new ImportPulse();
    return statuses.map((status) => pulse.moved(image(status)));
  };
  test('stands still while nothing changes', () =>
    expect(moves({ progress: 4 }, { progress: 4 })).toEqual([true, false]));
  test.each<[string, Status]>([
    ['progress', { progress: 5 }],
    ['failures', { progress: 4, failed: 1 }],
    ['a message', { progress: 4, conditions: [pending('EOF')] }],
  ])('moves with %s', (_name, status) => expect(moves({ progress: 4 }, status)).toEqual([true, true]));
  test('is not moved by the same ups and downs again', () =>
    expect(moves({}, { progress: 49 }, {}, { progress: 49 }, { progress: 50 })).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]));
  test('begins anew with each try', () =>
    expect(moves({ progress: 49 }, { failed: 1 }, { failed: 1, progress: 3 })).toEqual([true, true, true]));
});

test('an imported image can lose its bytes', () => {
  expect(isBroken(image({ conditions: [is('BackingImageMissing', 'True')] }))).toBe(true);
  expect(isBroken(image({ conditions: begun }))).toBe(false);
});
