import { describe, expect, test } from '@jest/globals';
import { applyJsonPatch, JsonPatchError, type PatchOperation } from '../../../lab/api/json-patch.ts';

const patch = (document: unknown, ...operations: PatchOperation[]) => applyJsonPatch(document, operations);

describe('JSON patch', () => {
  test.each<[string, unknown, PatchOperation, unknown]>([
    ['add a field', {}, { op: 'add', path: '/a', value: 1 }, { a: 1 }],
    ['add replaces a field', { a: 1 }, { op: 'add', path: '/a', value: 2 }, { a: 2 }],
    ['add into a list', [1, 3], { op: 'add', path: '/1', value: 2 }, [1, 2, 3]],
    ['add at the end', [1], { op: 'add', path: '/-', value: 2 }, [1, 2]],
    ['remove', { a: { b: 1, c: 2 } }, { op: 'remove', path: '/a/b' }, { a: { c: 2 } }],
    ['remove from a list', [1, 2, 3], { op: 'remove', path: '/1' }, [1, 3]],
    ['replace in a list', [1, 2], { op: 'replace', path: '/1', value: 5 }, [1, 5]],
    ['replace what was not there', {}, { op: 'replace', path: '/a', value: 1 }, { a: 1 }],
    ['replace the document', { a: 1 }, { op: 'replace', path: '', value: { b: 2 } }, { b: 2 }],
    ['move', { a: 1 }, { op: 'move', from: '/a', path: '/b' }, { b: 1 }],
    ['copy', { a: [1] }, { op: 'copy', from: '/a', path: '/b' }, { a: [1], b: [1] }],
    ['escaped names', { 'x/y': { '~': 1 } }, { op: 'remove', path: '/x~1y/~0' }, { 'x/y': {} }],
    [
      'test of an equal object',
      { a: { b: 1 } },
      { op: 'test', path: '/a', value: { b: 1 } },
      { a: { b: 1 } },
    ],
  ])('%s', (_name, document, operation, result) => {
    expect(patch(document, operation)).toEqual(result);
  });

  test.each<[string, unknown, PatchOperation]>([
    ['remove what is not there', {}, { op: 'remove', path: '/a' }],
    ['add below what is not there', {}, { op: 'add', path: '/a/b', value: 1 }],
    ['an index outside', [1], { op: 'replace', path: '/1', value: 1 }],
    ['an index that is none', [1], { op: 'add', path: '/01', value: 1 }],
    ['a test that fails', { a: 1 }, { op: 'test', path: '/a', value: 2 }],
    ['a path without a slash', {}, { op: 'add', path: 'a', value: 1 }],
    ['an unknown operation', {}, { op: 'merge' as 'add', path: '/a', value: 1 }],
  ])('%s is refused', (_name, document, operation) => {
    expect(() => patch(document, operation)).toThrow(JsonPatchError);
  });

  test('what is patched stays as it was, also when a later operation fails', () => {
    const document = { a: [1] };
    const later: PatchOperation = { op: 'remove', path: '/nope' };
    expect(() => patch(document, { op: 'add', path: '/a/-', value: 2 }, later)).toThrow();
    expect(document).toEqual({ a: [1] });
  });

  test('a field of the prototype is no field', () => {
    expect(() => patch({}, { op: 'remove', path: '/constructor' })).toThrow(JsonPatchError);
  });
});
