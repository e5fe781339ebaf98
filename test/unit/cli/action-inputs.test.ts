import { describe, expect, test } from '@jest/globals';
import { parseInputFile, refuseUnknownInputs } from '../../../src/cli/action-inputs.ts';

describe('parseInputFile', () => {
  test('turns YAML into the texts of inputs', () => {
    const text = `
namespace: images
builder-cpu: 4
force: true
layers: [air-gap, rke2]
variables: { mirror: "https://m.example", count: 2 }
kubeconfig: |
  apiVersion: v1
gateway:
`;
    expect(parseInputFile(text, 'f.yml')).toEqual({
      namespace: 'images',
      'builder-cpu': '4',
      force: 'true',
      layers: 'air-gap\nrke2',
      variables: 'mirror=https://m.example\ncount=2',
      kubeconfig: 'apiVersion: v1\n',
      gateway: '',
    });
  });

  test.each([
    ['- a', 'f.yml must be a map'],
    ['', 'f.yml must be a map'],
    ['a: [', 'f.yml is not YAML'],
    ['a: 1\na: 2', 'f.yml is not YAML'],
    ['deep: { a: { b: 1 } }', 'deep: is nested too deep'],
  ])('refuses %j', (text, message) => expect(() => parseInputFile(text, 'f.yml')).toThrow(message));
});

describe('refuseUnknownInputs', () => {
  const known = ['namespace', 'bake-timeout'];

  test('names are compared as the runner does', () => {
    expect(() => refuseUnknownInputs(['Namespace', 'bake-timeout'], known)).not.toThrow();
  });

  test('names all that are unknown, with what may have been meant', () => {
    expect(() => refuseUnknownInputs(['namspace', 'zzz'], known)).toThrow(
      'namspace is not an input of this action; did you mean namespace?\nzzz is not an input of this action',
    );
  });
});
