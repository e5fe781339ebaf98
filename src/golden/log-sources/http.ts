/** The builder's log over HTTP, from this machine: for clusters whose consoles cannot be read, where there is a route to the VM. */
import type { Clock } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { EnvironmentError, messageOf } from '../../base/errors.ts';
import type { Http } from '../../base/http.ts';
import type { Logger } from '../../base/log.ts';
import { RangedLog } from './ranged-log.ts';

/** Milliseconds between looks. */
const LOOK_EVERY = 1000;

export interface HttpLogOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  /** Where the log may be, best first; asked before each look that has no answer yet. */
  readonly urls: () => Promise<readonly string[]>;
  /** Milliseconds until the first answer: the machine boots, and gets its address. */
  readonly answerWithin: number;
}

/** Lines from the first on; never ends by itself. Throws EnvironmentError BUILDER_UNREACHABLE without a first answer in time. */
export async function* followHttpLog(options: HttpLogOptions): AsyncGenerator<string> {
  const { clock, signal, log } = options;
  const ranged = new RangedLog(options.http);
  const deadline = clock.monotonic() + options.answerWithin;
  let reached: string | undefined;
  let answered = false;
  for (;;) {
    const urls = reached ? [reached] : await options.urls();
    const answer = await firstAnswer(ranged, urls, options);
    if (answer && answer.url !== reached)
      log.info(`reading the builder's log from ${new URL(answer.url).host}`);
    if (reached && !answer) log.debug('the builder does not answer any more; looking for it anew');
    reached = answer?.url;
    answered ||= answer !== undefined;
    yield* answer?.lines ?? [];
    if (!answered && clock.monotonic() >= deadline) throw unreachable(urls, options.answerWithin);
    await clock.sleep(LOOK_EVERY, signal);
  }
}

async function firstAnswer(
  ranged: RangedLog,
  urls: readonly string[],
  { signal, log, progress }: HttpLogOptions,
): Promise<{ url: string; lines: string[] } | undefined> {
  for (const url of urls) {
    try {
      return { url, lines: await ranged.read(url, signal) };
    } catch (error) {
      if (signal.aborted) throw error;
      const { host } = new URL(url);
      log.debug(`${host}: ${messageOf(error)}`);
      progress(`waiting for an answer of the builder at ${host}`);
    }
  }
  if (urls.length === 0) progress('waiting for an address of the builder');
  return undefined;
}

function unreachable(urls: readonly string[], within: number): EnvironmentError {
  const where = urls.map((url) => new URL(url).host).join(', ') || 'any address: the cluster reports none';
  return new EnvironmentError(
    'BUILDER_UNREACHABLE',
    `The builder did not answer within ${formatDuration(within)} at ${where}.`,
    {
      mend: 'readiness: http needs a route from this runner to the VM network and an address: give static-ip, or use readiness: console, which needs neither.',
    },
  );
}
