import { describe, expect, test } from '@jest/globals';
import { parseCacheFrom } from '../../../../../src/oci/push/layers/cache-from.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseCacheFrom', () => {
  test.each([
    ['app:1.2', 'app', '1.2'],
    ['team/app', 'team/app', 'latest'],
    ['registry.example.com:5000/team/app:1', 'team/app', '1'],
    [`team/app@${DIGEST}`, 'team/app', DIGEST],
    [`team/app:1@${DIGEST}`, 'team/app', DIGEST],
  ])('%s', (text, repository, reference) =>
    expect(parseCacheFrom(text, 'registry.example.com:5000')).toEqual({ repository, reference }),
  );
  test.each(['ghcr.io/acme/app:1', 'localhost:5000/app:1', 'App:1', 'app:.x', 'app@sha256:0', ''])(
    'not %p',
    (text) => expect(parseCacheFrom(text, 'registry.example.com:5000')).toBeUndefined(),
  );
});
