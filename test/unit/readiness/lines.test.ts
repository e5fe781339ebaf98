import { describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../../src/base/errors.ts';
import type { LineSource } from '../../../src/readiness/facts.ts';
import { waitForLine } from '../../../src/readiness/lines.ts';
import { parseMatcher } from '../../../src/readiness/matcher.ts';
import { waitError } from '../../../src/readiness/report.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { RecordingLogger } from './recording-logger.ts';
import { parsedValue } from './requests.ts';

const matcher = (text: string) => parsedValue(parseMatcher(text));

/** Lines with 10 s between them; `open`: it does not end after the last. */
function source(clock: FakeClock, lines: readonly string[], open = false): LineSource {
  return {
    name: 'console of ci/vm',
    async *lines(signal) {
      for (const line of lines) {
        await clock.sleep(10_000, signal);
        yield line;
      }
      if (open) await clock.sleep(40_000, signal).then(() => clock.sleep(86_400_000, signal));
    },
  };
}

async function wait(lines: readonly string[], { open = false, timeout = 50_000 } = {}) {
  const clock = new FakeClock({ auto: true });
  const log = new RecordingLogger();
  const plan = { mark: matcher('/finished/'), failMark: matcher('panic'), timeout };
  const signal = new AbortController().signal;
  const report = await waitForLine(plan, { source: source(clock, lines, open), clock, log, signal });
  return { report, log };
}

describe('a console', () => {
  test('is ready with the line, colours or not', async () => {
    const { report } = await wait(['boot', '\u001b[32mfin\u001b[0mished\r', 'later']);
    expect(report).toMatchObject({
      ready: true,
      attempts: 2,
      elapsed: 20_000,
      lastLines: ['boot', 'finished'],
    });
  });

  test('fails with the line that means never', async () => {
    const { report } = await wait(['boot', 'Kernel panic - not syncing']);
    expect(waitError(report, report.lastLines)).toMatchObject({
      code: 'WAIT_FAIL_FAST',
      message:
        'console of ci/vm failed: a line has panic, which means that it will never be ready: "Kernel panic - not syncing".',
      evidence: ['boot', 'Kernel panic - not syncing'],
    });
  });

  test('that ends before the line is not ready', async () => {
    const { report } = await wait(['boot']);
    expect(waitError(report).message).toBe(
      'console of ci/vm was not ready after 10s and 1 try: the line with /finished/ did not come before the lines ended.',
    );
  });

  test('that says nothing more is given up when the time is over', async () => {
    const { report, log } = await wait(['boot'], { open: true });
    expect(report).toMatchObject({ ready: false, elapsed: 50_000 });
    expect(report.targets[0]!.why).toMatchObject({
      code: 'WAIT_LINE',
      what: 'the line with /finished/ did not come within 50s',
    });
    expect(log.lines).toEqual(['30s of 50s: console of ci/vm: the last of 1 lines: boot']);
  });

  test('that cannot be read fails as reading fails', async () => {
    const clock = new FakeClock({ auto: true });
    const broken: LineSource = {
      name: 'x',
      // biome-ignore lint/correctness/useYield: it fails before its first line
      async *lines() {
        throw new Error('no pod');
      },
    };
    const plan = { mark: matcher('x'), failMark: undefined, timeout: 1000 };
    const context = {
      source: broken,
      clock,
      log: new RecordingLogger(),
      signal: new AbortController().signal,
    };
    await expect(waitForLine(plan, context)).rejects.toThrow('no pod');
  });

  test('a cancelled run ends as cancelled', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const plan = { mark: matcher('x'), failMark: undefined, timeout: 100_000 };
    const context = { source: source(clock, ['a']), clock, log: new RecordingLogger(), signal: stop.signal };
    const waiting = waitForLine(plan, context);
    stop.abort(new CancelledError());
    await expect(waiting).rejects.toThrow(CancelledError);
  });
});
