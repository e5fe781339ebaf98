import { expect, test } from '@jest/globals';
import { ignoredKeys } from '../../../../lab/harvester/runtime/ignored-keys.ts';

test.each([
  ['what a lab VM does', '#cloud-config\nruncmd: [ls]\nwrite_files: []\n', []],
  [
    'what it does not',
    '#cloud-config\npackages: [x]\nruncmd: [ls]\ngrowpart: {}\n',
    ['packages', 'growpart'],
  ],
  ['a script', '#!/bin/sh\npackages: x\n', []],
  ['no YAML', '#cloud-config\n{', []],
  ['nothing', '#cloud-config\n', []],
])('%s', (_name, userData, keys) => expect(ignoredKeys(userData)).toEqual(keys));
