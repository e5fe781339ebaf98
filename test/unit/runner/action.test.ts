import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runStep, type StepOptions, type StepResult } from '../../../lab/mini-runner/run-step.ts';
import { withTempFolder } from '../../../src/base/temp.ts';

const RUNNER = join(import.meta.dirname, '../../../src/runner');
const BASE = join(import.meta.dirname, '../../../src/base');

const METADATA = `name: scratch
inputs: { name: {}, timeout: {}, token: {}, repeated: {} }
runs: { using: node24, main: main.mjs, post: post.mjs }
`;

const HEAD = `
import { runAction, maskSecret } from '${RUNNER}/action.ts';
import { input } from '${RUNNER}/input-kinds.ts';
import { declareArtifacts, setOutputs, writeSummary } from '${RUNNER}/outputs.ts';
import { saveState, readState } from '${RUNNER}/state.ts';
import { Summary } from '${RUNNER}/summary.ts';
import { UserError, EnvironmentError } from '${BASE}/errors.ts';
const table = {
  name: input.string({ description: 'd', required: true, example: 'x' }),
  timeout: input.duration({ description: 'd', default: '30m' }),
  token: input.secret({ description: 'd' }),
};
`;

/** Runs an action whose main and post are `runAction` around the given bodies; no post without a body. */
function run(main: string, post: string, more: Partial<StepOptions> = {}): Promise<StepResult> {
  const wrapped = (body: string) =>
    `${HEAD}await runAction('scratch', table, async ({ inputs, log, signal, env }) => {${body}});`;
  return withTempFolder(async (folder) => {
    await writeFile(join(folder, 'action.yml'), post ? METADATA : METADATA.replace(', post: post.mjs', ''));
    await writeFile(join(folder, 'main.mjs'), wrapped(main));
    await writeFile(join(folder, 'post.mjs'), wrapped(post));
    return runStep({ actionFolder: folder, inputs: { name: 'n' }, ...more });
  });
}

describe('inputs', () => {
  test('all problems come at once, nothing is run, and post has nothing to do', async () => {
    const result = await run(`console.log('never')`, `console.log('never')`, { inputs: { timeout: '30' } });
    expect(result).toMatchObject({ conclusion: 'failure', outputs: { 'error-code': 'INPUT_INVALID' } });
    expect(result.exitCodes).toEqual({ main: 1, post: 0 });
    expect(result.annotations[0]?.message).toContain(
      '2 inputs are not valid:\n  - name: is required. Example: name: "x"\n  - timeout: "30" must be a duration',
    );
    expect(result.lines).not.toContain('never');
    expect(result.lines.at(-1)).toBe('Nothing was begun, so nothing is left to do.');
  });

  test('post sees the inputs of main, secrets from the environment', async () => {
    const { lines } = await run('', `console.log(inputs.name, inputs.timeout, inputs.token.length)`, {
      inputs: { name: 'of main', timeout: '5s', token: 'planted' },
    });
    expect(lines).toContain('of main 5000 7');
  });

  test('a secret is masked before anything else, and never saved', async () => {
    const { lines } = await run(
      `console.log('it is', inputs.token)`,
      `console.log(Object.keys(env).filter((name) => name.startsWith('STATE_')).join())`,
      { inputs: { name: 'n', token: 'planted' } },
    );
    expect(lines).toContain('it is ***');
    expect(lines).toContain(
      'STATE_runner-began,STATE_runner-input-INPUT_NAME,STATE_runner-input-INPUT_TIMEOUT,STATE_runner-inputs',
    );
  });
});

describe('what is handed on', () => {
  test('outputs, state, summary and artifacts', async () => {
    const result = await run(
      `setOutputs({ text: 'a', count: 3, list: ['x'], none: undefined });
       saveState('run', { id: 42 });
       await writeSummary(new Summary().heading('Done'), env);
       log.info(JSON.stringify(await declareArtifacts([import.meta.filename, 'dist/b=c'], env)));`,
      `log.info('post of ' + readState('run').id + ' ' + readState('gone'))`,
    );
    expect(result.outputs).toEqual({ text: 'a', count: '3', list: '["x"]' });
    expect(result.summary).toBe('## Done\n\n');
    expect(result.artifacts).toEqual([expect.stringMatching(/main\.mjs$/)]);
    expect(result.lines).toEqual(['["dist/b=c"]', 'post of 42 undefined']);
  });

  test('a second summary has what the first left of the limit', async () => {
    const { summary } = await run(
      `const part = () => new Summary().raw('x'.repeat(600_000));
       await writeSummary(part(), env); await writeSummary(part(), env);`,
      '',
    );
    expect(summary).toMatch(/^x{600000}\n\n> The rest is cut/);
  });

  test('a secret that is made on the way is masked from then on', async () => {
    const { lines } = await run(`maskSecret('made-here'); log.info('it is made-here')`, '');
    expect(lines).toContain('it is ***');
  });
});

describe('the log', () => {
  test('keeps to ten annotations of a type; what is beyond stays readable', async () => {
    const { annotations, lines } = await run(`for (let i = 1; i < 13; i++) log.warning('w' + i)`, '');
    expect(annotations.map((one) => one.message)).toEqual(Array.from({ length: 10 }, (_, i) => `w${i + 1}`));
    expect(lines.slice(-2)).toEqual(['warning: w11', 'warning: w12']);
  });

  test('says so where an annotation is cut', async () => {
    const { annotations } = await run(`log.notice('x'.repeat(5000))`, '');
    expect(annotations[0]?.message).toBe(`${'x'.repeat(4095)}…`);
  });

  test('text from outside is no command', async () => {
    const { annotations, lines } = await run(`log.info('::error::planted')`, '');
    expect([annotations, lines]).toEqual([[], ['\u200b::error::planted']]);
  });

  test('groups, and shows debug lines only where wanted', async () => {
    const main = `await log.group('Phase', async () => { log.info('inside'); log.debug('detail'); });`;
    expect((await run(main, '')).lines).toEqual(['▸ Phase', 'inside']);
    expect((await run(main, '', { debug: true })).lines).toEqual(['▸ Phase', 'inside', '##[debug]detail']);
  });
});

describe('failures', () => {
  test('of the user: what happened and what to do, without a stack', async () => {
    const result = await run(`throw new UserError('WRONG', 'It is wrong.', { mend: 'Do it right.' })`, '');
    expect(result.outputs).toEqual({ 'error-code': 'WRONG' });
    expect(result.annotations).toEqual([{ type: 'error', message: 'WRONG: It is wrong.\nDo it right.' }]);
    expect(result.lines.join()).not.toContain('    at ');
  });

  test('of the environment: with the evidence', async () => {
    const { lines } = await run(
      `throw new EnvironmentError('GONE', 'It is gone.', { evidence: ['line 1', '::error::line 2'] })`,
      '',
    );
    expect(lines.slice(0, 3)).toEqual(['', '  | line 1', '  | ::error::line 2']);
  });

  test('our own: with the stack and where to report it', async () => {
    const { outputs, lines } = await run('undefined.x', '');
    expect(outputs).toEqual({ 'error-code': 'INTERNAL' });
    expect(lines.join('\n')).toMatch(/TypeError: .*\n +at (.|\n)*Please report it/);
  });

  test('that nobody waited for: like any other', async () => {
    const { outputs, exitCodes, annotations } = await run(
      `void Promise.reject(new EnvironmentError('LOST', 'It was lost.')); await new Promise(() => {});`,
      '',
    );
    expect([outputs, exitCodes.main]).toEqual([{ 'error-code': 'LOST' }, 1]);
    expect(annotations).toEqual([{ type: 'error', message: 'LOST: It was lost.' }]);
  });

  test('what is left open does not hold the job', async () => {
    const { conclusion } = await run(`setInterval(() => {}, 1000)`, '');
    expect(conclusion).toBe('success');
  });
});

describe('a cancelled run', () => {
  const stop = new AbortController();

  test('is told to the action, is no fault of its own, and post still runs', async () => {
    const result = await run(
      `log.info('up'); setInterval(() => {}, 1000);
       await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('socket closed'))));`,
      `log.info('cleaned')`,
      { signal: stop.signal, onLine: (line) => void (line === 'up' && stop.abort()) },
    );
    expect(result).toMatchObject({ conclusion: 'cancelled', outputs: { 'error-code': 'CANCELLED' } });
    expect(result.annotations).toEqual([
      { type: 'notice', message: 'CANCELLED: The run was cancelled (SIGINT).' },
    ]);
    expect(result.lines.at(-1)).toBe('cleaned');
  });
});
