import { expect, test } from '@jest/globals';
import { labelProblem } from '../../../src/harvester/user-labels.ts';

test.each([
  ['team', 'images'],
  ['team', ''],
  ['example.com/Stage_1', 'a.b-c_d'],
  ['tag.harvesterhci.io/owner', 'me'],
  ['mykubernetes.io/x', 'y'],
])('%s=%s is a label', (key, value) => expect(labelProblem(key, value)).toBeUndefined());

test.each([
  ['app.kubernetes.io/managed-by', 'me'],
  ['kubernetes.io/x', 'y'],
  ['rke2-actions.io/run-id', '1'],
  ['harvesterhci.io/imageDisplayName', 'x'],
  ['vm.kubevirt.io/name', 'x'],
  ['k8s.io/x', 'y'],
])('%s is reserved', (key, value) => expect(labelProblem(key, value)).toMatch(/reserved/));

test.each([
  ['-team', 'x', /no label name/],
  ['a/b/c', 'x', /no label name/],
  ['/x', 'y', /no label name/],
  ['Example.com/x', 'y', /no label name/],
  ['x'.repeat(64), 'y', /no label name/],
  ['team', 'a b', /no label value/],
  ['team', '-', /no label value/],
  ['team', 'x'.repeat(64), /no label value/],
])('%s=%s is refused', (key, value, text) => expect(labelProblem(key, value)).toMatch(text));
