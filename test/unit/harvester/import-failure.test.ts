/** A try that stumbles over the one before it says nothing of the cause. */
import { expect, test } from '@jest/globals';
import { importFailed } from '../../../src/harvester/import-failure.ts';
import type { VirtualMachineImage } from '../../../src/harvester/import-state.ts';

const IMAGE = {
  metadata: { name: 'golden', namespace: 'ci' },
  spec: { displayName: 'golden', sourceType: 'download', url: 'http://10.0.0.5/x' },
} as VirtualMachineImage;
const DELETING = 'retry attempted 1/1 failed due to error: backing image vmi-1 is being deleted';

test('the failure before it is the cause, and both are told', () => {
  const earlier = 'attempt 1 of 2 failed: got 404 status code from http://10.0.0.5/x';
  expect(importFailed(IMAGE, { message: DELETING, attempts: 2, earlier })).toMatchObject({
    code: 'HARVESTER_SOURCE_UNREACHABLE',
    message: expect.stringMatching(/is being deleted; before that: attempt 1 of 2 failed: got 404/),
  });
});

test.each([
  ['nothing went before', DELETING, '', 'HARVESTER_NAME_STILL_DELETING'],
  ['the last one says it itself', 'unexpected EOF', 'got 404 status code from x', 'HARVESTER_IMPORT_FAILED'],
])('where %s, the last failure counts alone', (_, message, earlier, code) => {
  const failure = importFailed(IMAGE, { message, attempts: 2, earlier });
  expect([failure.code, failure.message.includes('before that')]).toEqual([code, false]);
});
