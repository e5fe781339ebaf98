/**
 * The bake as seen from outside: the builder's console, line by line into the log, its marks into progress, its error
 * into ours within seconds (facts/harvester.md §2.6 b).
 */

import type { Acceleration } from '../bake/limits.ts';
import {
  type BakeErrorCode,
  type ConsoleEvent,
  ConsoleReader,
  type ErrorMark,
  type Mark,
  type ResultMark,
} from '../bake/marks.ts';
import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { type CodedError, EnvironmentError } from '../base/errors.ts';
import type { PhaseContext } from '../base/phase.ts';

/** Lines of the console that go with an error. */
const EVIDENCE_LINES = 50;
/** Milliseconds between looks for silence, at most. */
const LOOK_EVERY = 5000;

export interface Baked {
  readonly result: ResultMark;
  /** The probe's facts, JSON. */
  readonly facts: string;
  /** As the builder named them; unfiltered. */
  readonly addresses: readonly string[];
  readonly acceleration?: Acceleration;
  /** Program → version; absent if the builder did not say. */
  readonly tools?: Readonly<Record<string, string>>;
}

export interface BakeOptions extends PhaseContext {
  readonly clock: Clock;
  /** Milliseconds without a line that count as a failure. */
  readonly stall: number;
  /** How many times longer silence is borne where guests are emulated. */
  readonly emulationFactor: number;
  /** What must not show; the builder takes it out of its own lines, but not of its kernel's or a login's. */
  readonly secrets: readonly string[];
  /** Takes every readable line of the log. */
  readonly record: (line: string) => void;
}

/** What a bake is read from. */
export interface BakeSource {
  /** The builder's lines, from the first on; ends when no more will come. */
  lines(signal: AbortSignal): AsyncIterable<string>;
  /** Rejects as soon as the builder can no longer do its work. */
  supervise?(signal: AbortSignal): Promise<never>;
}

/**
 * Follows the bake to its end. EnvironmentErrors, each with the last 50 lines: BAKE_FAILED (the builder says so, or its
 * log ended) or a code of the builder's own, BAKE_SILENT (no sign of life), FACTS_LOST, and those of the source.
 */
export async function watchBake(source: BakeSource, options: BakeOptions): Promise<Baked> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const watched = new Watched(options);
  try {
    return await Promise.race([
      watched.follow(source.lines(signal)),
      watched.watchSilence(options.stall, signal),
      ...(source.supervise ? [source.supervise(signal)] : []),
    ]);
  } catch (error) {
    throw withConsole(error, watched.lastLines);
  } finally {
    stop.abort();
  }
}

class Watched {
  readonly lastLines: string[] = [];
  readonly #options: BakeOptions;
  readonly #reader = new ConsoleReader();
  #heardAt: number;
  #facts: string | undefined;
  #factsLost = '';
  #addresses: readonly string[] = [];
  #acceleration: Acceleration | undefined;
  #tools: Readonly<Record<string, string>> | undefined;

  constructor(options: BakeOptions) {
    this.#options = options;
    this.#heardAt = options.clock.monotonic();
  }

  async follow(console: AsyncIterable<string>): Promise<Baked> {
    for await (const line of console) {
      this.#heardAt = this.#options.clock.monotonic();
      for (const event of this.#reader.push(`${line}\n`)) {
        const result = this.#take(event);
        if (result) return this.#baked(result);
      }
    }
    throw new EnvironmentError(
      'BAKE_FAILED',
      'The console of the builder ended before the image was finished.',
      {
        mend: 'The builder was shut down or crashed: read its last lines; too little memory is a usual cause.',
      },
    );
  }

  /** Rejects when the console has been silent for too long. */
  async watchSilence(limit: number, signal: AbortSignal): Promise<never> {
    const { clock, emulationFactor } = this.#options;
    for (;;) {
      await clock.sleep(Math.min(LOOK_EVERY, limit / 4), signal);
      const allowed = this.#acceleration === 'tcg' ? limit * emulationFactor : limit;
      if (clock.monotonic() - this.#heardAt < allowed) continue;
      throw new EnvironmentError(
        'BAKE_SILENT',
        `The builder has been silent for ${formatDuration(allowed)}.`,
        {
          mend: 'The guest hangs, has no console on ttyS0, or lost its network; raise stall-timeout if it is only slow.',
        },
      );
    }
  }

  #take(event: ConsoleEvent): ResultMark | undefined {
    switch (event.kind) {
      case 'line':
        this.#say(event.text);
        return undefined;
      case 'document':
        if (event.name === 'facts') this.#facts = event.text;
        return undefined;
      case 'error':
        this.#factsLost = event.message;
        return undefined;
      case 'mark':
        return this.#mark(event.mark);
    }
  }

  /** Indented by a bar: nothing a guest prints may look like a word of ours, or of the runner. */
  #say(raw: string): void {
    const line = this.#redacted(raw);
    this.lastLines.push(line);
    if (this.lastLines.length > EVIDENCE_LINES) this.lastLines.shift();
    this.#options.log.info(`│ ${line.replaceAll('##[', '## [')}`);
    this.#options.record(line);
  }

  #redacted(text: string): string {
    return this.#options.secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  }

  #mark(mark: Mark): ResultMark | undefined {
    const { progress, step, log } = this.#options;
    switch (mark.mark) {
      case 'phase':
        step(mark.phase);
        progress(
          `baking: ${mark.phase}${mark.percent === undefined ? '' : `, ${Math.floor(mark.percent)} %`}`,
        );
        return undefined;
      case 'step':
        progress(`baking: step ${mark.index} of ${mark.total}, ${mark.title}`);
        return undefined;
      case 'acceleration':
        this.#acceleration = mark.kind;
        if (mark.kind === 'tcg')
          log.warning(`guests are emulated in the builder, which is slow: ${mark.reason}`);
        return undefined;
      case 'address':
        this.#addresses = mark.addresses;
        return undefined;
      case 'tools':
        this.#tools = mark.versions;
        return undefined;
      case 'error':
        throw bakeFailed({ ...mark, message: this.#redacted(mark.message) });
      case 'result':
        return mark;
    }
  }

  #baked(result: ResultMark): Baked {
    const [acceleration, tools] = [this.#acceleration, this.#tools];
    if (this.#facts === undefined)
      throw new EnvironmentError(
        'FACTS_LOST',
        this.#factsLost || 'The builder sent no facts about the image.',
        {
          mend: 'The serial console lost lines; start the build again.',
        },
      );
    return {
      result,
      facts: this.#facts,
      addresses: this.#addresses,
      ...(acceleration && { acceleration }),
      ...(tools && { tools }),
    };
  }
}

/** What to do about the failures that the builder gives a code of their own. */
const MENDS: Readonly<Record<BakeErrorCode, string>> = {
  BASE_NOT_QCOW2:
    "Give the URL of the qcow2 file itself; a proxy's or a portal's login page looks like this, too.",
  BUILDER_DISK_FULL:
    'Raise builder-disk-size; besides itself the disk holds the base and the finished image.',
  DOWNLOAD_CHECKSUM_MISMATCH:
    'The server gives other bytes than the digest is of: a mirror that lags behind, a proxy in between, or the wrong checksum file.',
  DOWNLOAD_FAILED:
    'The builder, not this machine, must reach it: check its network, the proxy inputs, and ca-certificates.',
};
const ANY_MEND =
  'The lines of the console above it say why; correct the recipe, or what the builder could not reach.';

function bakeFailed(mark: ErrorMark): EnvironmentError {
  const where = mark.step ? `phase "${mark.phase}", step "${mark.step}"` : `phase "${mark.phase}"`;
  const { code } = mark;
  return new EnvironmentError(code ?? 'BAKE_FAILED', `The bake failed in ${where}: ${mark.message}`, {
    mend: code ? MENDS[code] : ANY_MEND,
  });
}

/** The same error with the end of the console as evidence. */
function withConsole(error: unknown, lines: readonly string[]): unknown {
  if (!(error instanceof EnvironmentError) || lines.length === 0) return error;
  const evidence = [...error.evidence, ...lines];
  const mend = (error as CodedError).mend;
  return new EnvironmentError(error.code, error.message, { evidence, cause: error, ...(mend && { mend }) });
}
