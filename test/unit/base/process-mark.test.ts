import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';
import { runCommand } from '../../../src/base/process.ts';
import { endMarked, markedProcesses, PROCESS_MARK } from '../../../src/base/process-mark.ts';

const linux = existsSync('/proc/self/environ') ? describe : describe.skip;

linux('processes with a mark', () => {
  /** Starts a script and returns when it has said "ready". */
  async function start(script: string, mark: string) {
    let said = () => {};
    const ready = new Promise<void>((resolve) => {
      said = resolve;
    });
    const running = runCommand('sh', ['-c', script], {
      env: { PATH: process.env.PATH, [PROCESS_MARK]: mark },
      onLine: () => said(),
    });
    await ready;
    return { running };
  }

  test('are found wherever they have gone', async () => {
    const mark = randomUUID();
    const { running } = await start('setsid sleep 30 & timeout 30 sleep 30 & echo ready; wait', mark);
    // timeout's own child comes some time after the word that all was started.
    while ((await markedProcesses(mark)).length < 4) await systemClock.sleep(10);
    expect(await endMarked(mark, { grace: 20_000 })).toEqual([]);
    expect((await running).exitCode).toBe(143);
    expect(await markedProcesses(mark)).toEqual([]);
  });

  test('are ended also where one ignores the signal', async () => {
    const mark = randomUUID();
    const deaf = `sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'`;
    const { running } = await start(`setsid ${deaf} & wait`, mark);
    expect(await endMarked(mark, { grace: 200 })).toEqual([]);
    await running;
    expect(await markedProcesses(mark)).toEqual([]);
  });

  test('of another mark are left alone', async () => {
    const [mark, other] = [randomUUID(), randomUUID()];
    const { running } = await start('echo ready; exec sleep 30', mark);
    await endMarked(other, { grace: 100 });
    expect(await markedProcesses(mark)).toHaveLength(1);
    await endMarked(mark, { grace: 20_000 });
    await running;
  });
});
