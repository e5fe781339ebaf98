import { describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../../src/base/errors.ts';
import type { ProbeFacts, Prober } from '../../../src/readiness/facts.ts';
import { planWait, type WaitRequest } from '../../../src/readiness/plan.ts';
import { decidingTarget, reportLines, waitError } from '../../../src/readiness/report.ts';
import { waitUntilReady } from '../../../src/readiness/wait.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { RecordingLogger } from './recording-logger.ts';
import { body, request, statuses } from './requests.ts';

type Outcome = number | 'refused' | 'hangs' | ProbeFacts;

/** Tries whose outcomes are told in advance, per path; the last one stays. Each takes 1 ms, one that hangs its whole limit. */
class ScriptedProber implements Prober {
  readonly times: number[] = [];
  readonly paces: boolean;
  busy = 0;
  busiest = 0;
  readonly #clock: FakeClock;
  readonly #outcomes: Map<string, Outcome[]>;

  constructor(clock: FakeClock, outcomes: Record<string, Outcome[]>, paces = false) {
    this.#clock = clock;
    this.#outcomes = new Map(Object.entries(outcomes));
    this.paces = paces;
  }

  async probe({ url }: { url: URL }, limit: number, signal: AbortSignal): Promise<ProbeFacts> {
    this.times.push(this.#clock.monotonic());
    const outcomes = this.#outcomes.get(url.pathname)!;
    const outcome = outcomes.length > 1 ? outcomes.shift()! : outcomes[0]!;
    this.busiest = Math.max(this.busiest, ++this.busy);
    await this.#clock.sleep(outcome === 'hangs' ? limit : 1, signal).finally(() => this.busy--);
    if (typeof outcome === 'object') return outcome;
    if (outcome === 'hangs') {
      return { ...FACTS, failure: { kind: 'timeout', stage: 'response', limit, peer: '10.0.0.1:80' } };
    }
    if (outcome === 'refused') {
      return {
        ...FACTS,
        failure: { kind: 'connect', attempts: [{ address: '10.0.0.1:80', code: 'ECONNREFUSED' }] },
      };
    }
    return answer(outcome);
  }

  async close(): Promise<void> {}
}

const FACTS = { url: 'http://app.example/?token=x', duration: 1 };
const answer = (status: number, text = ''): ProbeFacts => ({
  ...FACTS,
  answer: { status, statusText: '', headers: {}, body: text, truncated: false },
});

async function wait(outcomes: Record<string, Outcome[]>, more: Partial<WaitRequest> = {}, paces = false) {
  const clock = new FakeClock({ auto: true });
  const log = new RecordingLogger();
  const prober = new ScriptedProber(clock, outcomes, paces);
  const urls = Object.keys(outcomes).map((path) => new URL(path, 'http://app.example'));
  const plan = planWait(request({ urls, ...more }));
  const start = clock.monotonic();
  const signal = new AbortController().signal;
  const report = await waitUntilReady(plan, { prober, clock, log, signal, random: () => 0.5 });
  return { report, log, prober, times: prober.times.map((time) => time - start) };
}

describe('one URL', () => {
  test('is ready at once', async () => {
    const { report } = await wait({ '/a': [200] });
    expect(report).toMatchObject({ ready: true, attempts: 1, elapsed: 1 });
    expect(report.targets[0]).toMatchObject({
      outcome: 'ready',
      finalUrl: 'http://app.example/',
      why: undefined,
    });
  });

  test('is tried at the interval until it is ready', async () => {
    const { report, times } = await wait({ '/a': ['refused', 503, 200] });
    expect(times).toEqual([0, 201, 402]);
    expect(report).toMatchObject({ ready: true, attempts: 3, elapsed: 403 });
    expect(report.targets[0]!.why?.code).toBe('WAIT_STATUS');
    expect(report.targets[0]!.spans.map(({ label, tries }) => [label, tries])).toEqual([
      ['refused', 1],
      ['503', 1],
      ['ready', 1],
    ]);
  });

  test('is given up when the time is over, with its last try a second before', async () => {
    const { report, times } = await wait({ '/a': [503] }, { timeout: 30_000, schedule: slow() });
    expect(times).toEqual([0, 15_001, 29_000]);
    expect(report).toMatchObject({ ready: false, elapsed: 30_000 });
    expect(waitError(report)).toMatchObject({
      code: 'WAIT_STATUS',
      message:
        'http://app.example/a was not ready after 30s and 3 tries: it answers 503 Service Unavailable, not 200-299.',
    });
  });

  test('a try that the end cuts short does not hide what the one before found', async () => {
    const { report } = await wait({ '/a': [503, 'hangs'] }, { timeout: 5000 });
    expect(decidingTarget(report).why?.code).toBe('WAIT_STATUS');
  });

  test('but is told if there was none before', async () => {
    const { report } = await wait({ '/a': ['hangs'] }, { timeout: 5000 });
    expect(waitError(report).message).toBe(
      'http://app.example/a was not ready after 5s and 1 try: 10.0.0.1:80 took the request and sent no response within 5s.',
    );
  });

  test('must pass as often in a row as asked for', async () => {
    const { report } = await wait({ '/a': [200, 200, 503, 200, 200, 200] }, { consecutiveSuccesses: 3 });
    expect(report).toMatchObject({ ready: true, attempts: 6 });
  });

  test('is not tried before the initial delay', async () => {
    const { times } = await wait({ '/a': [200] }, { initialDelay: 20_000 });
    expect(times).toEqual([20_000]);
  });

  test('fails at once on what means never', async () => {
    const failFast = { status: statuses('500'), body: undefined, errors: [] };
    const { report } = await wait({ '/a': [503, answer(500, 'no space\nleft')] }, { failFast });
    expect(report).toMatchObject({ ready: false, attempts: 2, elapsed: 202 });
    const error = waitError(report);
    expect(error.message).toBe(
      'http://app.example/a failed: it answers 500 Internal Server Error, which means that it will never be ready: "no space left".',
    );
    expect(error.evidence).toEqual(['The last answer, 500:', 'no space', 'left']);
  });

  test('is waited for to go away', async () => {
    const { report } = await wait({ '/a': [200, 200, 'refused'] }, { invert: true });
    expect(report).toMatchObject({ ready: true, attempts: 3 });
  });

  test.each([
    ['a CA that is not trusted', { kind: 'tls', host: 'a', code: 'CERT_UNTRUSTED', message: '', chain: [] }],
    ['a proxy that refuses', { kind: 'proxy', proxy: 'p:3128', status: 403 }],
  ] as const)('%s is no proof that it went away', async (_name, failure) => {
    const { report } = await wait({ '/a': [{ ...FACTS, failure }] }, { invert: true, timeout: 2000 });
    expect(report.ready).toBe(false);
  });

  test('an exponential schedule doubles while nothing changes, and begins anew when something does', async () => {
    const schedule = { kind: 'exponential', interval: 1000, longestInterval: 4000, jitter: 0 } as const;
    const { times } = await wait(
      { '/a': ['refused', 'refused', 'refused', 'refused', 503, 503, 200] },
      { schedule },
    );
    expect(times).toEqual([0, 1001, 3002, 7003, 11_004, 12_005, 14_006]);
  });

  test('jitter only makes intervals shorter', async () => {
    const { times } = await wait({ '/a': [503, 200] }, { schedule: { ...slow(), jitter: 0.2 } });
    expect(times).toEqual([0, 13_501]);
  });

  test('a prober that keeps the time is not made to wait', async () => {
    const { times } = await wait({ '/a': [503, 503, 200] }, {}, true);
    expect(times).toEqual([0, 1, 2]);
  });

  test('a regex that never ends stops the wait', async () => {
    const expectations = body('/^(a+)+$/');
    const slowBody = answer(200, `${'a'.repeat(40)}b`);
    await expect(wait({ '/a': [slowBody] }, { expectations })).rejects.toMatchObject({
      code: 'WAIT_REGEX_SLOW',
    });
  });
});

const slow = () => ({ kind: 'fixed', interval: 15_000, longestInterval: 30_000, jitter: 0 }) as const;

describe('several URLs', () => {
  test('are all waited for, each by itself', async () => {
    const { report, log } = await wait({ '/a': [200], '/b': ['refused', 'refused', 200] });
    expect(report).toMatchObject({ ready: true, attempts: 4 });
    expect(reportLines(report)).toEqual([
      'http://app.example/a: ready after 1ms, 1 try',
      'http://app.example/b: ready after 403ms, 3 tries (refused for 202ms)',
    ]);
    expect(decidingTarget(report).name).toBe('http://app.example/b');
    expect(log.lines).toEqual([]);
  });

  test('one that never will be ends the wait for all', async () => {
    const failFast = { status: statuses('500'), body: undefined, errors: [] };
    const { report } = await wait({ '/a': ['hangs'], '/b': [503, 500] }, { failFast });
    expect(report.targets.map(({ outcome }) => outcome)).toEqual(['late', 'never']);
    expect(report.elapsed).toBeLessThan(1000);
    expect(waitError(report).message).toMatch(/^http:\/\/app.example\/b failed: it answers 500/);
  });

  test('that were not ready are all named', async () => {
    const { report } = await wait({ '/a': [200], '/b': [503], '/c': ['refused'] }, { timeout: 2000 });
    expect(waitError(report).message.split('\n')).toEqual([
      '2 of 3 URLs were not ready after 2s:',
      expect.stringContaining('/b was not ready after 2s and'),
      expect.stringContaining('/c was not ready after 2s and'),
    ]);
  });

  test('are tried within the bound of concurrency', async () => {
    const paths = Array.from(
      { length: 20 },
      (_, index) => [`/${index}`, ['hangs', 200]] as [string, Outcome[]],
    );
    const { prober, report } = await wait(Object.fromEntries(paths), { concurrency: 4 });
    expect(report.ready).toBe(true);
    expect(prober.busiest).toBe(4);
  });

  test('together make no more than 12 tries in a second', async () => {
    const paths = Array.from({ length: 200 }, (_, index) => [`/${index}`, [503]] as [string, Outcome[]]);
    const { report } = await wait(Object.fromEntries(paths), { timeout: 60_000, concurrency: 200 });
    expect(report.attempts).toBeLessThanOrEqual(60 * 13 + 2 * 200);
  });

  test('the last ones are tried as often as if there were no others', async () => {
    const paths = Array.from({ length: 50 }, (_, index) => [`/${index}`, [200]] as [string, Outcome[]]);
    const { times } = await wait(
      { ...Object.fromEntries(paths), '/z': [503, 503, 200] },
      { concurrency: 100 },
    );
    expect(times.slice(-2)).toEqual([201, 402]);
  });
});

describe('while waiting', () => {
  test('there is a line every 30 s, not one for each try', async () => {
    const { log } = await wait({ '/a': [200], '/b': [503] }, { timeout: 95_000 });
    expect(log.lines).toEqual([
      expect.stringMatching(
        /^30s of 1m35s: 1 of 2 ready; http:\/\/app.example\/b: it answers 503 .* \(\d+ tries in 30s\)$/,
      ),
      expect.stringMatching(/^1m of 1m35s/),
      expect.stringMatching(/^1m30s of 1m35s/),
    ]);
  });

  test('a cancelled run ends at once, as cancelled', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const prober = new ScriptedProber(clock, { '/a': ['hangs'] });
    const plan = planWait(request({ urls: [new URL('http://app.example/a')] }));
    const waiting = waitUntilReady(plan, { prober, clock, log: new RecordingLogger(), signal: stop.signal });
    stop.abort(new CancelledError());
    await expect(waiting).rejects.toThrow(CancelledError);
  });
});
