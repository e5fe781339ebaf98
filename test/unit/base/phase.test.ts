import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { PhaseRunner } from '../../../src/base/phase.ts';
import { FakeClock } from './fake-clock.ts';

const PUSH = { id: 'push', title: 'Push', limit: 60_000, limitInput: 'timeout' };

function rig() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const log = { ...silentLogger, info: (line: string) => void lines.push(line) };
  return { clock, lines, phases: new PhaseRunner(clock, log) };
}

describe('a phase', () => {
  test('is timed, with its steps; a step that begins twice is one', async () => {
    const { clock, phases, lines } = rig();
    const result = await phases.run(PUSH, undefined, async ({ step }) => {
      for (const [name, duration] of [
        ['read', 1000],
        ['read', 500],
        ['send', 2000],
      ] as const) {
        step(name);
        await clock.advance(duration);
      }
      return 7;
    });
    expect(result).toBe(7);
    expect(phases.timings).toEqual([
      {
        phase: 'push',
        start: '2026-11-21T12:00:00Z',
        duration: 3500,
        outcome: 'done',
        steps: [
          { name: 'read', duration: 1500 },
          { name: 'send', duration: 2000 },
        ],
      },
    ]);
    expect(lines).toEqual(['push: done after 3.5s']);
  });

  test('that fails is timed too, and its error goes on as it is', async () => {
    const { phases } = rig();
    const error = new Error('no');
    await expect(phases.run(PUSH, undefined, () => Promise.reject(error))).rejects.toBe(error);
    expect(phases.timings).toMatchObject([{ phase: 'push', outcome: 'failed' }]);
  });

  test('that takes too long is ended, with what it waited for and the input that raises the limit', async () => {
    const { clock, phases } = rig();
    const running = phases.run(PUSH, undefined, async ({ signal, progress }) => {
      progress('layer 2 of 3');
      await clock.sleep(120_000, signal);
    });
    const ended = expect(running).rejects.toMatchObject({
      code: 'PHASE_TIMEOUT',
      message: expect.stringContaining('Last: layer 2 of 3.'),
      mend: expect.stringContaining('timeout'),
    });
    await clock.advance(60_000);
    await ended;
  });

  test('ends with the run', async () => {
    const { clock, phases } = rig();
    const stop = new AbortController();
    const running = phases.run(PUSH, stop.signal, ({ signal }) => clock.sleep(120_000, signal));
    const ended = expect(running).rejects.toThrow('stopped');
    stop.abort(new Error('stopped'));
    await ended;
  });
});
