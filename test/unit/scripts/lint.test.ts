import { describe, expect, test } from '@jest/globals';
import { runChecks } from '../../../scripts/lint.ts';
import { UserError } from '../../../src/base/errors.ts';

const passes = { name: 'a', run: async () => undefined };
const fails = {
  name: 'b',
  run: () =>
    Promise.reject(new UserError('X', 'two files differ', { evidence: ['README.md'], mend: 'Run it.' })),
};
const skips = { name: 'c', run: async () => 'shellcheck is not installed' };

describe('checks', () => {
  test('all run, whatever the others say', async () => {
    const outcomes = await runChecks([fails, passes, skips, passes], () => {});
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['failed', 'passed', 'skipped', 'passed']);
  });

  test('that fail say what is wrong and what mends it', async () => {
    const [outcome] = await runChecks([fails], () => {});
    expect(outcome!.detail).toBe('two files differ\n  README.md\nRun it.');
  });

  test('that cannot run say why', async () => {
    const [outcome] = await runChecks([skips], () => {});
    expect(outcome).toEqual({ name: 'c', status: 'skipped', detail: 'shellcheck is not installed' });
  });

  test('are heard of as they end', async () => {
    const heard: string[] = [];
    await runChecks([passes, skips], (outcome, index) => heard.push(`${index} ${outcome.name}`));
    expect(heard).toEqual(['0 a', '1 c']);
  });

  test('end when cancelled', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(runChecks([passes], () => {}, signal)).rejects.toThrow('cancelled');
  });
});
