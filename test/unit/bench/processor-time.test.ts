import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { withProcessorTime } from '../../../bench/golden/processor-time.ts';
import { mustRun } from '../../../src/base/process.ts';
import { PROCESS_MARK } from '../../../src/base/process-mark.ts';

const linux = existsSync('/proc/self/stat') ? test : test.skip;

/** A child of a child that is busy for half a second of processor time, and then sleeps. */
const BUSY = 'python3 -c "import time\nwhile time.process_time() < 0.5: pass\ntime.sleep(0.5)"; true';

linux('processor time is that of marked processes, sleep is none', async () => {
  const mark = randomUUID();
  const run = (env: NodeJS.ProcessEnv) =>
    mustRun('sh', ['-c', BUSY], { env: { PATH: process.env.PATH, ...env } });
  const { processor } = await withProcessorTime(mark, () =>
    Promise.all([run({ [PROCESS_MARK]: mark }), run({ [PROCESS_MARK]: 'another' })]),
  );
  expect(processor).toBeGreaterThanOrEqual(400);
  expect(processor).toBeLessThan(800);
});
