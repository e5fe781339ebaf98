import { expect, test } from '@jest/globals';
import { abortReason } from '../../../../../src/base/clock.ts';
import type { Call, RegistryClient } from '../../../../../src/oci/registry/client.ts';
import { rangeEnd, Sessions } from '../../../../../src/oci/registry/upload/sessions.ts';
import { blobOf } from '../bench.ts';

test('a cancellation to which no answer comes ends by itself, the token that it may need included', async () => {
  const call = ({ signal }: Call) =>
    new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(abortReason(signal)));
    });
  const sessions = new Sessions({ call } as unknown as RegistryClient, 1);
  const asked = { host: 'r.io', doing: 'push', about: 'blob' } as const;
  const session = { place: { url: 'https://r.io/x', own: true }, minimum: 0 };
  await sessions.cancel(session, { repository: 'a/b', digest: blobOf(1).digest, asked });
});

test.each([
  ['0-99', 100],
  ['bytes=0-99', 100],
  ['0-0', 0],
  ['0--1', undefined],
  ['5-99', undefined],
  ['0-9999999999999999999', undefined],
  [undefined, undefined],
])('the Range %s means %s bytes', (range, bytes) =>
  expect(rangeEnd({ headers: range === undefined ? {} : { range } })).toBe(bytes),
);
