import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parsePairs } from '../../../lab/mini-runner/command-files.ts';
import { runStep, type StepOptions, type StepResult } from '../../../lab/mini-runner/run-step.ts';
import { withTempFolder } from '../../../src/base/temp.ts';

const METADATA = `name: scratch
inputs:
  with-default: { default: from-default }
  'two words': {}
  old: { deprecationMessage: use new }
runs: { using: node24, main: main.mjs, post: post.mjs }
`;

const APPEND = `import { appendFileSync } from 'node:fs';\nconst put = (file, text) => appendFileSync(process.env['GITHUB_' + file], text);\n`;

async function run(
  main: string,
  post: string,
  more: Partial<StepOptions> = {},
  metadata = METADATA,
): Promise<StepResult> {
  return withTempFolder(async (folder) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'action.yml'), metadata);
    await writeFile(join(folder, 'main.mjs'), APPEND + main);
    await writeFile(join(folder, 'post.mjs'), APPEND + post);
    return runStep({ actionFolder: folder, inputs: {}, ...more });
  });
}

describe('inputs', () => {
  test('defaults come from action.yml, names keep hyphens, blanks become underscores', async () => {
    const { lines } = await run(
      `console.log(process.env['INPUT_WITH-DEFAULT'], process.env.INPUT_TWO_WORDS)`,
      '',
      { inputs: { 'Two Words': 'given' } },
    );
    expect(lines).toContain('from-default given');
  });

  test('unknown and deprecated inputs are warned of', async () => {
    const { annotations } = await run('', '', { inputs: { unknown: 'x', old: 'y' } });
    expect(annotations.map((one) => one.message)).toEqual([
      "Unexpected input(s) 'unknown', valid inputs are ['with-default', 'two words', 'old']",
      "Input 'old' has been deprecated with message: use new",
    ]);
  });

  test("the caller's own environment does not leak in", async () => {
    process.env.PLANTED = 'leak';
    const { lines } = await run(`console.log('planted:', process.env.PLANTED)`, '');
    expect(lines).toContain('planted: undefined');
  });
});

describe('stages', () => {
  test('state of main reaches post, and post runs after a failure', async () => {
    const result = await run(
      `put('STATE', 'run=42\\n'); process.exitCode = 3;`,
      `console.log('post of', process.env.STATE_run)`,
    );
    expect([result.conclusion, result.exitCodes, result.lines]).toEqual([
      'failure',
      { main: 3, post: 0 },
      ['post of 42'],
    ]);
  });

  test('post-if: success() skips post after a failure', async () => {
    const metadata = METADATA.replace('post.mjs }', 'post.mjs, post-if: success() }');
    expect((await run('process.exitCode = 1', `console.log('never')`, {}, metadata)).lines).toEqual([]);
  });

  test('a missing script says how to make it', async () => {
    const metadata = METADATA.replace('main.mjs', 'gone.mjs');
    await expect(run('', '', {}, metadata)).rejects.toMatchObject({ code: 'ACTION_SCRIPT' });
  });
});

describe('what an action hands on', () => {
  test('outputs, summary and artifacts are collected', async () => {
    const result = await run(
      `put('OUTPUT', 'a=1\\nb<<EOF\\nx\\ny\\nEOF\\n'); put('STEP_SUMMARY', '# hi'); put('ARTIFACTS', '# note\\ndist/a\\n');`,
      '',
    );
    expect([result.outputs, result.summary, result.artifacts]).toEqual([
      { a: '1', b: 'x\ny' },
      '# hi',
      ['dist/a'],
    ]);
  });

  test('masked values vanish from the log and from outputs', async () => {
    const result = await run(
      `console.log('::add-mask::planted'); console.log('it is planted'); put('OUTPUT', 'a=planted\\nb=ok\\n');`,
      '',
    );
    expect(result.lines).toContain('it is ***');
    expect(result.outputs).toEqual({ b: 'ok' });
    expect(result.annotations[0]?.message).toBe("Skip output 'a' since it may contain secret.");
  });

  test('ten annotations of a type are kept', async () => {
    const { annotations } = await run(`for (let i = 0; i < 12; i++) console.log('::error::e%0A' + i)`, '');
    expect([annotations.length, annotations[0]]).toEqual([10, { type: 'error', message: 'e\n0' }]);
  });

  test('a summary over 1 MiB is dropped with an error', async () => {
    const { summary, annotations } = await run(`put('STEP_SUMMARY', 'x'.repeat(1048577))`, '');
    expect([summary, annotations[0]?.message]).toEqual([
      '',
      '$GITHUB_STEP_SUMMARY upload aborted, supports content up to 1024k, got 1025k.',
    ]);
  });
});

describe('cancellation', () => {
  const grace = { interrupt: 300, terminate: 150 };
  const cancelOn = (line: string) => {
    const controller = new AbortController();
    return {
      signal: controller.signal,
      grace,
      onLine: (text: string) => text === line && controller.abort(),
    };
  };
  const ALIVE = `setInterval(() => {}, 1000); console.log('up');`;

  test('SIGINT comes first, and post still runs', async () => {
    const result = await run(
      `process.on('SIGINT', () => { console.log('interrupted'); process.exit(1); }); ${ALIVE}`,
      `console.log('cleaned')`,
      cancelOn('up'),
    );
    expect([result.conclusion, result.lines]).toEqual(['cancelled', ['up', 'interrupted', 'cleaned']]);
  });

  test('SIGTERM follows when SIGINT is ignored', async () => {
    const result = await run(
      `process.on('SIGINT', () => {}); process.on('SIGTERM', () => { console.log('terminated'); process.exit(1); }); ${ALIVE}`,
      '',
      cancelOn('up'),
    );
    expect(result.lines).toContain('terminated');
  });

  test('SIGKILL ends what ignores both', async () => {
    const result = await run(
      `process.on('SIGINT', () => {}); process.on('SIGTERM', () => {}); ${ALIVE}`,
      '',
      cancelOn('up'),
    );
    expect(result.exitCodes.main).toBe(137);
  });

  test('a runner that dies runs no post', async () => {
    const result = await run(ALIVE, `console.log('never')`, { ...cancelOn('up'), dieOnSignal: true });
    expect([result.exitCodes, result.lines]).toEqual([{ main: 137 }, ['up']]);
  });
});

describe('parsePairs', () => {
  test('a value may hold what looks like a block', () =>
    expect(parsePairs('a=b<<c\n')).toEqual({ a: 'b<<c' }));
  test('a block without its end is refused', () =>
    expect(() => parsePairs('a<<E\nx\n')).toThrow("Matching delimiter not found 'E'"));
});
