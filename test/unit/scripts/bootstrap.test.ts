import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
// @ts-expect-error: plain JavaScript, because it has to run on older Nodes
import { findNode, isInstalled } from '../../../scripts/bootstrap.js';
import { withTempFolder } from '../../../src/base/temp.ts';

const yaml = { version: '2.9.1', integrity: 'sha512-a' };
const native = { version: '1.0.0', integrity: 'sha512-b', optional: true };
const lock = { '': { name: 'rke2-actions' }, 'node_modules/yaml': yaml, 'node_modules/native': native };

/** Whether a working copy counts as installed, whose npm recorded `present`; undefined if npm never finished. */
function installed(present: Record<string, object> | undefined): Promise<boolean> {
  return withTempFolder(async (root) => {
    await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: lock }));
    if (present) {
      await mkdir(join(root, 'node_modules'));
      await writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: present }));
    }
    return isInstalled(root);
  });
}

describe('npm packages', () => {
  test.each([
    [
      'are there where npm installed what the lock file names',
      { 'node_modules/yaml': yaml, 'node_modules/native': native },
      true,
    ],
    ['are there without optional ones of other platforms', { 'node_modules/yaml': yaml }, true],
    ['are not there where one is missing', { 'node_modules/native': native }, false],
    ['are not there in another version', { 'node_modules/yaml': { ...yaml, version: '2.9.0' } }, false],
    ['are not there with other content', { 'node_modules/yaml': { ...yaml, integrity: 'sha512-x' } }, false],
    ['are not there where npm was interrupted', undefined, false],
  ])('%s', async (_case, present, expected) => {
    expect(await installed(present)).toBe(expected);
  });
});

describe('Node', () => {
  const withNode = (work: (root: string, node: string) => void) =>
    withTempFolder(async (root) => {
      const node = join(root, 'node_modules/.bin/node');
      await mkdir(dirname(node), { recursive: true });
      await writeFile(node, '');
      work(root, node);
    });

  test('is our own if it is new enough', () =>
    withNode((root) => expect(findNode(root, '24.1.0', '/usr/bin/node')).toBe('/usr/bin/node')));

  test('is the one that npm installed if ours is older', () =>
    withNode((root, node) => expect(findNode(root, '20.20.2', '/usr/bin/node')).toBe(node)));

  test('is none if there is neither', () =>
    withTempFolder(async (root) => expect(findNode(root, '20.20.2', '/usr/bin/node')).toBeUndefined()));
});
