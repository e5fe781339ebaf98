/** docs/troubleshooting.md has a row for every code that an error can bear, and for no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runCommand } from '../../../src/base/process.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CODE = '[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*';

/** How codes stand in the sources: thrown, in a table of meanings, as the key of one, named by a type. */
const PLACES = [
  new RegExp(`new (?:User|Environment|Internal|Kube)Error\\(\\s*'(${CODE})'`, 'g'),
  new RegExp(`super\\('(${CODE})'`, 'g'),
  new RegExp(`\\bcode: '([A-Z0-9]+_${CODE})'`, 'g'),
  new RegExp(`\\bfail_as ([A-Z]+_${CODE})`, 'g'),
  new RegExp(`'(KUBE_${CODE})'`, 'g'),
  new RegExp(`^ {2}((?:HARVESTER|BUILDER|BASE|BAKE|HANDOVER|UPLOAD|PUSH)_${CODE}):(?= ['{]|$)`, 'gm'),
];

async function sources(): Promise<{ path: string; text: string }[]> {
  const { stdout } = await runCommand('git', ['ls-files', '-co', '--exclude-standard', 'src/*.ts'], {
    cwd: ROOT,
  });
  const paths = stdout.split('\n').filter(Boolean);
  return paths.flatMap((path) => {
    try {
      return [{ path, text: readFileSync(join(ROOT, path), 'utf8') }];
    } catch {
      return []; // deleted, and not committed yet
    }
  });
}

const files = await sources();
const thrown = [
  ...new Set(
    files.flatMap(({ text }) =>
      PLACES.flatMap((place) => [...text.matchAll(place)].map(([, code]) => code!)),
    ),
  ),
].sort();

const page = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split(/(?<!\\\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const explained = rows.map(([code = '']) => code.replaceAll('`', ''));

test('the sources have codes', () => expect(thrown.length).toBeGreaterThan(60));

test('every code of the sources has a row', () =>
  expect(thrown.filter((code) => !explained.includes(code))).toEqual([]));

test('every row is about a code of the sources', () =>
  expect(explained.filter((code) => !thrown.includes(code))).toEqual([]));

test('no code has two rows', () =>
  expect(explained.filter((code, index) => explained.indexOf(code) !== index)).toEqual([]));

describe('a row', () => {
  test.each(rows)('%s says what it means and what to do', (_code, ...cells) => {
    expect(cells).toHaveLength(2);
    for (const cell of cells) expect(cell!.length).toBeGreaterThan(10);
  });
});

test('a code is written whole where it is thrown, so that a search finds it', () => {
  const pieced = files
    .filter(({ text }) => /new \w+Error\(\s*`[A-Z_]+\$\{/.test(text))
    .map(({ path }) => path);
  expect(pieced).toEqual([]);
});
