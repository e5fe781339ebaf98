import { describe, expect, test } from '@jest/globals';
import {
  assertComplete,
  assertNoPath,
  assertWithinBudget,
  distDrift,
  startChunks,
  stubFiles,
} from '../../../scripts/dist.ts';

const main = { action: 'bake', stage: 'main' } as const;
const post = { action: 'bake', stage: 'post' } as const;
const dist = (files: Record<string, string>) =>
  new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));

describe('stubs', () => {
  test('are one for each entry point, beside what makes them modules', () => {
    expect([...stubFiles([main, post]).keys()]).toEqual(['package.json', 'bake/main.js', 'bake/post.js']);
  });

  test('start their own stage, from the bundle', () => {
    const text = String(stubFiles([post]).get('bake/post.js'));
    expect(text).toContain("from '../bundle/index.js'");
    expect(text).toContain("start('bake', 'post')");
  });

  test('stay small', () => {
    expect(stubFiles([main]).get('bake/main.js')!.length).toBeLessThan(200);
  });
});

describe('the chunks that a start loads', () => {
  const index = [
    "  'bake/main': () => Promise.all(/* import() */[__nccwpck_require__.e(843), __nccwpck_require__.e(624)]).then(f),",
    "  'bake/post': () => __nccwpck_require__.e(/* import() */ 955).then(f),",
    "  'push/main': () => Promise.resolve().then(f),",
  ].join('\n');

  test('are all that its import() waits for', () => {
    expect(startChunks(index, main)).toEqual(['843.index.js', '624.index.js']);
  });

  test('are found where there is only one', () => {
    expect(startChunks(index, post)).toEqual(['955.index.js']);
  });

  test('fail loudly where the bundle looks otherwise', () => {
    expect(() => startChunks(index, { action: 'push', stage: 'post' })).toThrow('push/post');
    expect(() => startChunks(index, { action: 'push', stage: 'main' })).toThrow('push/main');
  });
});

describe('drift of dist/', () => {
  const wanted = dist({ a: '1', b: '2', c: '3' });

  test('is none between equals', () => {
    expect(distDrift(wanted, dist({ c: '3', b: '2', a: '1' }))).toEqual([]);
  });

  test('names what differs, what is missing and what is left over', () => {
    expect(distDrift(wanted, dist({ a: '1', b: 'x', old: '4' }))).toEqual(['dist/b', 'dist/c', 'dist/old']);
  });

  test('sees an empty file that is missing', () => {
    expect(distDrift(dist({ a: '' }), dist({}))).toEqual(['dist/a']);
  });
});

describe('what dist/ must not be', () => {
  test('too big in all', () => {
    const big = new Map([['a', Buffer.alloc(9_000_001)]]);
    expect(() => assertWithinBudget({ dist: big, startSizes: new Map() })).toThrow(
      'dist/: 9001 kB of 9000 kB',
    );
  });

  test('too big at a start', () => {
    const startSizes = new Map([['bake/main', 4_000_000]]);
    expect(() => assertWithinBudget({ dist: new Map(), startSizes })).toThrow('bake/main');
  });

  test('without a file that the sources read', () => {
    const absent = 'module.exports=eval("require")("./probe.sh");\n';
    expect(() => assertComplete(dist({ 'bundle/0b1.js': absent }))).toThrow(
      'dist/bundle/0b1.js should be ./probe.sh',
    );
    expect(() => assertComplete(dist({ 'bundle/0b1.sh': '#!/bin/sh\n' }))).not.toThrow();
  });

  test('dependent on where it was built', () => {
    expect(() => assertNoPath(dist({ 'bundle/1.js': 'x="/home/me/copy/src"' }), '/home/me/copy')).toThrow(
      'dist/bundle/1.js',
    );
    expect(() => assertNoPath(dist({ 'bundle/1.js': 'x="./src"' }), '/home/me/copy')).not.toThrow();
  });
});
