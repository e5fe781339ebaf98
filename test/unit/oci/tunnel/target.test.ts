import { expect, test } from '@jest/globals';
import { parseTunnelTarget, targetText } from '../../../../src/oci/tunnel/target.ts';

test.each([
  ['harbor/harbor-core:80', 'service harbor/harbor-core:80'],
  ['harbor/harbor-core:http-web', 'service harbor/harbor-core:http-web'],
  ['service/harbor/harbor-core:80', 'service harbor/harbor-core:80'],
  ['service/harbor-core:80', 'service harbor-core:80'],
  ['pod/harbor-core-0:8080', 'pod harbor-core-0:8080'],
  ['pod/harbor/harbor-core-0:8080', 'pod harbor/harbor-core-0:8080'],
  ['10.43.0.7:5000', '10.43.0.7:5000'],
  ['registry.internal:443', 'registry.internal:443'],
  ['[fd00::7]:5000', 'fd00::7:5000'],
])('%s', (text, meaning) => {
  const parsed = parseTunnelTarget(text);
  expect('value' in parsed && targetText(parsed.value)).toBe(meaning);
});

test.each([
  ['', /must be/],
  ['harbor-core', /must be/],
  ['harbor/harbor-core', /must be/],
  ['a/b/c/d:80', /must be/],
  ['Harbor/core:80', /must be/],
  ['host:0', /the port 0/],
  ['host:65536', /the port 65536/],
  ['harbor/core:99999', /no number from 1 to 65535/],
  ['harbor/core:a-name-that-is-too-long', /port/],
  ['https://harbor.example.com:443', /must be/],
])('%j is refused', (text, problem) => {
  expect(parseTunnelTarget(text)).toEqual({ problem: expect.stringMatching(problem) });
});
