import { expect, test } from '@jest/globals';
import { withHeartbeat } from '../../../src/base/heartbeat.ts';
import { type Logger, silentLogger } from '../../../src/base/log.ts';
import { FakeClock } from './fake-clock.ts';

async function linesOf(
  status: () => string,
  work: (clock: FakeClock, log: Logger) => Promise<void>,
): Promise<string[]> {
  const clock = new FakeClock({ start: 0, auto: true });
  const lines: string[] = [];
  const log = { ...silentLogger, info: (line: string) => void lines.push(`${clock.monotonic()} ${line}`) };
  const done = withHeartbeat({ clock, log, status }, (inner) => work(clock, inner));
  await done;
  return lines;
}

test('speaks after every 30 s of silence', async () =>
  expect(
    await linesOf(
      () => 'waiting',
      async (clock) => {
        await clock.sleep(50_000);
        await clock.sleep(20_000);
      },
    ),
  ).toEqual(['30000 waiting', '60000 waiting']));

test('a line of the work postpones it', async () =>
  expect(
    await linesOf(
      () => 'waiting',
      async (clock, log) => {
        await clock.sleep(20_000);
        log.info('news');
        await clock.sleep(29_000);
      },
    ),
  ).toEqual(['20000 news']));

test('says nothing where there is nothing to say, or when the work is over', async () => {
  expect(
    await linesOf(
      () => '',
      (clock) => clock.sleep(50_000),
    ),
  ).toEqual([]);
  const clock = new FakeClock();
  const lines: string[] = [];
  const log = { ...silentLogger, info: (line: string) => void lines.push(line) };
  await withHeartbeat({ clock, log, status: () => 'late' }, async () => {});
  await clock.advance(60_000);
  expect(lines).toEqual([]);
});

test('hands on what the work returns, and what it throws', async () => {
  const options = { clock: new FakeClock(), log: silentLogger, status: () => '' };
  expect(await withHeartbeat(options, async () => 7)).toBe(7);
  await expect(withHeartbeat(options, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
});
