import { describe, expect, test } from '@jest/globals';
import { compileJsonPath } from '../../../lab/api/json-path.ts';

const image = {
  metadata: { annotations: { 'example.io/storage.class': 'lh' } },
  spec: {
    disks: [
      { name: 'root', size: 1 },
      { name: 'data', size: 2 },
    ],
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Paused', status: 'False' },
    ],
    size: 0,
  },
};

describe('JSON path', () => {
  test.each<[string, unknown[]]>([
    ['.status.size', [0]],
    ['{.status.size}', [0]],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='Paused')].status", ['False']],
    ['.spec.disks[0].name', ['root']],
    ['.spec.disks[-1].name', ['data']],
    ['.spec.disks[*].size', [1, 2]],
    [String.raw`.metadata.annotations.example\.io/storage\.class`, ['lh']],
    ["['spec'].disks[1].name", ['data']],
    ['.nope.deeper', []],
    ['.spec.disks[7].name', []],
    ['.constructor', []],
  ])('%s', (path, values) => {
    expect(compileJsonPath(path)(image)).toEqual(values);
  });
});
