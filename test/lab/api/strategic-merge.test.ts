import { describe, expect, test } from '@jest/globals';
import type { Fields } from '../../../lab/api/object.ts';
import { applyStrategicMerge } from '../../../lab/api/strategic-merge.ts';

const pod = () => ({
  spec: {
    containers: [
      { name: 'a', image: '1' },
      { name: 'b', image: '2' },
    ],
    args: ['x', 'y'],
  },
});
const merge = (target: Fields, patch: Fields, kind = 'Pod') => applyStrategicMerge(target, patch, kind);

describe('strategic merge patch', () => {
  test('a list with a merge key is merged by it', () => {
    const patched = merge(pod(), { spec: { containers: [{ name: 'b', image: '3' }, { name: 'c' }] } });
    expect(patched.spec).toMatchObject({
      containers: [{ name: 'a', image: '1' }, { name: 'b', image: '3' }, { name: 'c' }],
    });
  });

  test('a list without one is replaced', () => {
    expect(merge(pod(), { spec: { args: ['z'] } }).spec).toMatchObject({ args: ['z'] });
  });

  test('$patch: delete takes an item out', () => {
    const patched = merge(pod(), { spec: { containers: [{ name: 'a', $patch: 'delete' }] } });
    expect(patched.spec).toMatchObject({ containers: [{ name: 'b' }] });
  });

  test('$patch: replace replaces list and object', () => {
    const list = merge(pod(), { spec: { containers: [{ $patch: 'replace' }, { name: 'z' }] } });
    expect(list.spec).toMatchObject({ containers: [{ name: 'z' }] });
    expect(merge({ data: { a: 1 } }, { data: { $patch: 'replace', b: 2 } })).toEqual({ data: { b: 2 } });
  });

  test('$setElementOrder orders, and leaves no trace', () => {
    const order = { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] };
    const patched = merge(pod(), { spec: { ...order, containers: [{ name: 'a', image: '9' }] } });
    expect(patched.spec).toEqual({
      containers: [
        { name: 'b', image: '2' },
        { name: 'a', image: '9' },
      ],
      args: ['x', 'y'],
    });
  });

  test('$retainKeys drops what it does not name', () => {
    const target = { strategy: { type: 'RollingUpdate', rollingUpdate: {} } };
    const patch = { strategy: { $retainKeys: ['type'], type: 'Recreate' } };
    expect(merge(target, patch)).toEqual({ strategy: { type: 'Recreate' } });
  });

  test('finalizers are a set, from which values can be taken', () => {
    const target = { metadata: { finalizers: ['a', 'b'] } };
    expect(merge(target, { metadata: { finalizers: ['b', 'c'] } })).toEqual({
      metadata: { finalizers: ['a', 'b', 'c'] },
    });
    const remove = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } };
    expect(merge(target, remove)).toEqual({ metadata: { finalizers: ['b'] } });
  });

  test('ports of a Service are known by their port', () => {
    const target = { spec: { ports: [{ port: 80, name: 'x' }, { port: 443 }] } };
    const patched = merge(target, { spec: { ports: [{ port: 80, name: 'y' }] } }, 'Service');
    expect(patched).toEqual({ spec: { ports: [{ port: 80, name: 'y' }, { port: 443 }] } });
  });

  test('null removes a field', () => {
    expect(merge({ data: { a: '1', b: '2' } }, { data: { a: null } }, 'ConfigMap')).toEqual({
      data: { b: '2' },
    });
  });
});
