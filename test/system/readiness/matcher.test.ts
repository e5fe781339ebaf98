import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';

/** Milliseconds, longer than a search may take. */
const STANDSTILL = 400;

test('a search is not given up because the machine stood still', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'search.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  const ended = once(child, 'close');
  while (!said.includes('searching')) await systemClock.sleep(10);
  for (let time = 0; time < 4; time++) {
    await systemClock.sleep(100);
    child.kill('SIGSTOP');
    await systemClock.sleep(STANDSTILL);
    child.kill('SIGCONT');
  }
  await ended;
  expect(said).toBe('searching\n0 given up\n');
});
