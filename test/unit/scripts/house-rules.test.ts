import { describe, expect, test } from '@jest/globals';
import { HOUSE_RULES, violationsOf } from '../../../scripts/house-rules.ts';

/** Names of the rules that one line in a file breaks. */
function broken(path: string, line: string): string[] {
  return HOUSE_RULES.filter((rule) => violationsOf(rule, [{ path, text: `\n${line}\n` }]).length > 0).map(
    (rule) => rule.name,
  );
}

const sha = '3d3c42e5aac5ba805825da76410c181273ba90b1';
const unfinished = ['TO', 'DO'].join('');

describe('house rules', () => {
  test.each([
    ['time', 'src/golden/run.ts', 'const t = Date.now();', 'time is an argument'],
    ['a new date', 'src/golden/run.ts', 'x = new Date().toISOString()', 'time is an argument'],
    ['a timer', 'src/kube/watch.ts', 'setTimeout(() => {}, 5);', 'time is an argument'],
    [
      'a timer of node',
      'src/kube/watch.ts',
      "import { setTimeout as sleep } from 'node:timers/promises';",
      'time is an argument',
    ],
    [
      'a time limit',
      'src/kube/watch.ts',
      'fetch(url, { signal: AbortSignal.timeout(5) })',
      'time is an argument',
    ],
    [
      'the environment',
      'src/bake/builder.ts',
      'const p = process.env.HTTP_PROXY;',
      'domains do not read the environment',
    ],
    ['unfinished work', 'docs/a.md', `${unfinished}: later`, 'nothing is left unfinished'],
    ['unfinished work in a comment', 'src/bake/a.ts', `// ${unfinished} later`, 'nothing is left unfinished'],
    [
      'an action by tag',
      '.github/workflows/a.yml',
      '  - uses: actions/checkout@v7',
      'actions are pinned by commit',
    ],
    [
      'a pin without its version',
      '.github/workflows/a.yml',
      `  - uses: a/b@${sha}`,
      'actions are pinned by commit',
    ],
    [
      'an expression in a script',
      '.github/workflows/a.yml',
      '  - run: echo ${{ github.ref }}',
      'no expressions inside run',
    ],
    [
      'a download address',
      'package-lock.json',
      '"resolved": "x"',
      'the lock file names no download addresses',
    ],
  ])('see %s', (_case, path, line, rule) => {
    expect(broken(path, line)).toEqual([rule]);
  });

  test.each([
    ['time in its one place', 'src/base/clock.ts', 'now: () => Date.now(),'],
    ['the time limit of a child process', 'src/base/process.ts', 'setTimeout(kill, grace);'],
    ['a date of a given time', 'src/golden/run.ts', 'new Date(clock.now())'],
    ['the environment at the top floor', 'src/runner/inputs.ts', 'process.env.INPUT_NAME'],
    ['words in a comment', 'src/golden/run.ts', ' * Never Date.now(), see base/clock.ts'],
    [
      'words in a comment after code',
      'src/golden/run.ts',
      'wait(); // not setTimeout(), which tests cannot move',
    ],
    ['time in tests and scripts', 'scripts/a.ts', 'Date.now()'],
    ['a pinned action', '.github/workflows/a.yml', `  - uses: actions/checkout@${sha} # v7.0.1`],
    ['an own workflow', '.github/workflows/a.yml', '    uses: ./.github/workflows/b.yml'],
    ['a value from env', '.github/workflows/a.yml', '  - run: echo "$REF"'],
  ])('allow %s', (_case, path, line) => {
    expect(broken(path, line)).toEqual([]);
  });

  test('name the place', () => {
    const rule = HOUSE_RULES.find((candidate) => candidate.name === 'time is an argument')!;
    expect(violationsOf(rule, [{ path: 'src/a.ts', text: 'a();\n  b(Date.now());' }])).toEqual([
      'src/a.ts:2: b(Date.now());',
    ]);
  });
});
