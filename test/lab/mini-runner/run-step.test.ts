import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
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

  test('pre runs first; where it fails main is left out, post is not', async () => {
    const metadata = METADATA.replace('main: main.mjs', 'main: main.mjs, pre: main.mjs').replace(
      'main: main.mjs',
      'main: gone.mjs',
    );
    const result = await run(`console.log('pre'); process.exitCode = 1`, `console.log('post')`, {}, metadata);
    expect([result.exitCodes, result.lines]).toEqual([{ pre: 1, post: 0 }, ['pre', 'post']]);
  });

  test('a failing post fails the step', async () => {
    expect((await run('', 'process.exitCode = 1')).conclusion).toBe('failure');
  });

  test('post-if: failure() runs post only then', async () => {
    const metadata = METADATA.replace('post.mjs }', 'post.mjs, post-if: failure() }');
    expect((await run('', `console.log('post')`, {}, metadata)).lines).toEqual([]);
    expect((await run('process.exit(1)', `console.log('post')`, {}, metadata)).lines).toEqual(['post']);
  });

  test('each stage has command files of its own, in the workspace of the job', async () => {
    const { lines } = await run(
      `put('OUTPUT', 'a=1\\n'); console.log(process.cwd() === process.env.GITHUB_WORKSPACE)`,
      `import { readFileSync } from 'node:fs'; console.log('[' + readFileSync(process.env.GITHUB_OUTPUT) + ']')`,
    );
    expect(lines).toEqual(['true', '[]']);
  });

  test('a process that main leaves behind ends with the job, and does not hold it', async () => {
    const { lines } = await run(
      `import { spawn } from 'node:child_process';
       put('STATE', 'pid=' + spawn('sleep', ['1000'], { stdio: 'inherit' }).pid + '\\n'); process.exit(0);`,
      `process.kill(Number(process.env.STATE_pid), 0); console.log('alive', process.env.STATE_pid)`,
      { grace: { drain: 50 } },
    );
    const pid = Number(/alive (\d+)/.exec(lines.join())?.[1]);
    expect(await isGone(pid)).toBe(true);
  });

  test('a missing script says how to make it', async () => {
    const metadata = METADATA.replace('main.mjs', 'gone.mjs');
    await expect(run('', '', {}, metadata)).rejects.toMatchObject({ code: 'ACTION_SCRIPT' });
  });
});

describe('what an action hands on', () => {
  test('outputs, summary and artifacts are collected', async () => {
    const result = await run(
      `put('OUTPUT', 'a=1\\nb<<EOF\\nx\\ny\\nEOF\\n'); put('STEP_SUMMARY', '# hi'); appendFileSync('made.txt', 'x'); put('ARTIFACTS', '# note\\nmade.txt\\n');`,
      '',
    );
    expect([result.conclusion, result.outputs, result.summary, result.artifacts]).toEqual([
      'success',
      { a: '1', b: 'x\ny' },
      '# hi',
      ['made.txt'],
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

  test('an artifact that is not there fails the step', async () => {
    const result = await run(`put('ARTIFACTS', 'gone.qcow2\\n')`, '');
    expect(result.conclusion).toBe('failure');
    expect(result.annotations.at(-1)?.message).toBe("Artifact file not found: 'gone.qcow2'.");
  });

  test('a broken command file fails the step and says which', async () => {
    const result = await run(`put('OUTPUT', 'no pair\\n')`, '');
    expect(result.conclusion).toBe('failure');
    expect(result.annotations.map((one) => one.message)).toEqual([
      "Unable to process file command 'output' successfully.",
      "Invalid format 'no pair'",
    ]);
  });

  test('variables and paths reach later stages, NODE_OPTIONS does not', async () => {
    const result = await run(
      `put('ENV', 'PLANTED=yes\\nNODE_OPTIONS=--no-such-flag\\n'); put('PATH', '/first\\n/second\\n');`,
      `console.log(process.env.PLANTED, process.env.PATH.split(':').slice(0, 2).join())`,
    );
    expect(result).toMatchObject({ env: { PLANTED: 'yes' }, path: ['/second', '/first'] });
    expect(result.lines.at(-1)).toBe('yes /second,/first');
    expect(result.annotations[0]?.message).toContain('NODE_OPTIONS');
  });

  test('an annotation keeps its place', async () => {
    const { annotations } = await run(`console.log('::error file=recipe.yml,line=3::wrong')`, '');
    expect(annotations).toEqual([{ type: 'error', message: 'wrong', file: 'recipe.yml', line: '3' }]);
  });

  test('commands can be stopped, so that foreign output is no command', async () => {
    const { annotations, lines } = await run(
      `console.log('::stop-commands::word'); console.log('::error::foreign'); console.log('::word::'); console.log('::error::own');`,
      '',
    );
    expect(annotations).toEqual([{ type: 'error', message: 'own' }]);
    expect(lines).toContain('::error::foreign');
  });

  test('an empty mask is warned of', async () => {
    const { annotations } = await run(`console.log('::add-mask:: ')`, '');
    expect(annotations[0]?.message).toContain("Can't add secret mask for empty string");
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

/** Whether a process has ended; a zombie that nobody waits for has. */
async function isGone(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return status === '' || / Z /.test(status);
}

describe('cancellation', () => {
  /** Short only where a step waits them out: the signals that a process hears must find it before the next ones come. */
  const heard = 20_000;
  const grace = { interrupt: heard, terminate: heard };
  const deaf = { interrupt: 300, terminate: 150 };
  const cancelOn = (line: string, given: Partial<StepOptions['grace']> = grace) => {
    const controller = new AbortController();
    return {
      signal: controller.signal,
      grace: given,
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
      cancelOn('up', { ...deaf, terminate: heard }),
    );
    expect(result.lines).toContain('terminated');
  });

  test('SIGKILL ends what ignores both', async () => {
    const result = await run(
      `process.on('SIGINT', () => {}); process.on('SIGTERM', () => {}); ${ALIVE}`,
      '',
      cancelOn('up', deaf),
    );
    expect(result.exitCodes.main).toBe(137);
  });

  test('comes by itself after a given time', async () => {
    const result = await run(ALIVE, '', { grace, cancelAfter: 100 });
    expect([result.conclusion, result.exitCodes.main]).toEqual(['cancelled', 130]);
  });

  test('a step that is cancelled before it begins still runs main into the signal, and post', async () => {
    const result = await run(ALIVE, `console.log('post')`, { grace, signal: AbortSignal.abort() });
    expect([result.conclusion, result.lines.at(-1)]).toEqual(['cancelled', 'post']);
  });

  test('post can be run as if what main saved were lost', async () => {
    const main = `put('STATE', 'note=kept\\n')`;
    const post = `console.log(process.env.STATE_note ?? 'nothing')`;
    expect((await run(main, post)).lines).toEqual(['kept']);
    expect((await run(main, post, { loseState: true })).lines).toEqual(['nothing']);
  });

  test('a runner that dies runs no post', async () => {
    const result = await run(ALIVE, `console.log('never')`, { ...cancelOn('up'), dieOnSignal: true });
    expect([result.exitCodes, result.lines]).toEqual([{ main: 137 }, ['up']]);
  });
});
