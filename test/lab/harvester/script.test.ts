import { expect, test } from '@jest/globals';
import { imageScriptOf, machineScriptOf, SCRIPT_ANNOTATION } from '../../../lab/harvester/script.ts';

const object = (text?: string) => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name: 'x', ...(text && { annotations: { [SCRIPT_ANNOTATION]: text } }) },
});

test('an object’s own script goes before the script for all', () => {
  const scripts = { image: { stuck: true } };
  expect(imageScriptOf(object('{"quiet": 5}'), scripts)).toEqual({ quiet: 5 });
  expect(imageScriptOf(object(), scripts)).toEqual({ stuck: true });
  expect(imageScriptOf(object())).toEqual({});
});

test('a misspelt key is an error that names it', () => {
  expect(() => imageScriptOf(object('{"stock": true}'))).toThrow(/stock/);
  expect(() => machineScriptOf(object('{"addresses": "ipv5"}'))).toThrow(/addresses/);
});

test('text that is no JSON is an error', () => expect(() => machineScriptOf(object('{'))).toThrow());
