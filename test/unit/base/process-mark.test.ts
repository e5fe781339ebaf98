import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';
import { runCommand } from '../../../src/base/process.ts';
import { endMarked, markedProcesses } from '../../../src/base/process-mark.ts';

const linux = existsSync('/proc/self/environ') ? describe : describe.skip;

linux('processes with a mark', () => {
  const env = { PATH: process.env.PATH };

  /** Starts a script and returns when it has said "ready". */
  async function start(script: string, mark: string, signal?: AbortSignal) {
    let said = () => {};
    const ready = new Promise<void>((resolve) => {
      said = resolve;
    });
    const running = runCommand('sh', ['-c', script], { env, mark, signal, grace: 300, onLine: () => said() });
    running.catch(() => {});
    await ready;
    return { running };
  }

  test('are found wherever they have gone', async () => {
    const mark = randomUUID();
    const { running } = await start('setsid sleep 30 & timeout 30 sleep 30 & echo ready; wait', mark);
    await systemClock.sleep(100);
    expect((await markedProcesses(mark)).length).toBeGreaterThanOrEqual(4);
    expect(await endMarked(mark, { grace: 1000 })).toEqual([]);
    expect((await running).exitCode).toBe(143);
    expect(await markedProcesses(mark)).toEqual([]);
  });

  test('are gone when a cancelled command returns, also one in a group of its own that ignores the signal', async () => {
    const mark = randomUUID();
    const cancel = new AbortController();
    const deaf = `sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'`;
    const { running } = await start(`setsid ${deaf} & wait`, mark, cancel.signal);
    cancel.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await markedProcesses(mark)).toEqual([]);
  });

  test('of another mark are left alone', async () => {
    const [mark, other] = [randomUUID(), randomUUID()];
    const { running } = await start('echo ready; exec sleep 30', mark);
    await endMarked(other, { grace: 100 });
    expect(await markedProcesses(mark)).toHaveLength(1);
    await endMarked(mark, { grace: 1000 });
    await running;
  });
});
