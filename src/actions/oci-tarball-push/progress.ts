/** Keeps how each piece of a push stands: for a heartbeat in the log, bars at a terminal, and the timeline afterwards. */
import type { Clock } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { formatBytes } from '../../base/quantity.ts';
import type { PushActivity, PushProgress } from '../../oci/push/progress.ts';
import type { ProgressBar } from '../../runner/progress.ts';
import type { TimelineBar } from '../../runner/summary.ts';

/** Milliseconds between two looks at how it stands. */
const TICK = 200;
/** Pieces that one line tells of. */
const TOLD = 3;
/** Bars that a timeline can bear; the longest ones are taken, and none that is but a line in it. */
const DRAWN = 10;
const SHORTEST = 1 / 50;

const SAID: Readonly<Record<PushActivity, string>> = {
  read: 'reading',
  compress: 'compressing',
  upload: 'uploading',
  verify: 'verifying',
};

const DONE: Readonly<Record<PushActivity, string>> = {
  read: 'read',
  compress: 'compressed',
  upload: 'uploaded',
  verify: 'verified',
};

/** Bytes, and milliseconds, of a piece that is worth a line. */
const WORTH = { bytes: 1 << 20, time: 1000 };

interface Piece {
  last: PushProgress;
  readonly start: number;
  end: number | undefined;
}

export class ProgressBook {
  readonly #clock: Clock;
  readonly #began: number;
  readonly #pieces = new Map<string, Piece>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  /** A line for the log, where a piece has ended that was worth one. */
  readonly note = (event: PushProgress): string | undefined => {
    const now = this.#clock.monotonic() - this.#began;
    const key = `${event.doing} ${event.id}`;
    const piece = this.#pieces.get(key) ?? { last: event, start: now, end: undefined };
    piece.last = event;
    piece.end = event.outcome === undefined ? undefined : now;
    this.#pieces.set(key, piece);
    return piece.end === undefined ? undefined : ended(event, now - piece.start);
  };

  /** What goes on, in words; empty where nothing does. */
  status(): string {
    const open = this.#open();
    const more = open.length > TOLD ? [`${open.length - TOLD} more`] : [];
    return [...open.slice(0, TOLD).map(told), ...more].join('; ');
  }

  bars(): ProgressBar[] {
    return this.#open().map(({ label, doing, done, total }) => ({
      label,
      doing: SAID[doing],
      done,
      ...(total !== undefined && { total }),
    }));
  }

  /**
   * What was done when, in milliseconds since the begin: the pieces that took longest, in order. For the end of a push: what goes on then
   * is what broke, or was broken off.
   */
  timeline(): TimelineBar[] {
    const now = this.#clock.monotonic() - this.#began;
    return [...this.#pieces.values()]
      .map(({ last, start, end }) => ({ last, start, end: end ?? now, failed: end === undefined }))
      .filter(({ last }) => last.outcome !== 'reused' && last.outcome !== 'mounted')
      .filter(({ start, end, failed }) => end - start >= now * SHORTEST || failed)
      .sort((a, b) => Number(b.failed) - Number(a.failed) || b.end - b.start - (a.end - a.start))
      .slice(0, DRAWN)
      .sort((a, b) => a.start - b.start)
      .map(({ last, start, end, failed }) => ({ label: `${last.doing} ${last.label}`, start, end, failed }));
  }

  #open(): PushProgress[] {
    return [...this.#pieces.values()].filter(({ end }) => end === undefined).map(({ last }) => last);
  }
}

function told({ label, doing, done, total }: PushProgress): string {
  const of = total === undefined ? '' : ` of ${formatBytes(total)}`;
  return `${SAID[doing]} ${label}: ${formatBytes(done)}${of}`;
}

function ended({ label, doing, done, outcome }: PushProgress, took: number): string | undefined {
  if (outcome === 'reused') return undefined;
  if (done < WORTH.bytes && took < WORTH.time) return undefined;
  if (outcome === 'mounted') return `mounted ${label}: ${formatBytes(done)}`;
  return `${DONE[doing]} ${label}: ${formatBytes(done)} in ${formatDuration(took)}`;
}

/** Runs `work`, and `onTick` five times in a second beside it. */
export async function withTicks<T>(
  clock: Clock,
  onTick: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const ticking = async () => {
    for (;;) {
      await clock.sleep(TICK, ended.signal);
      await onTick();
    }
  };
  void ticking().catch(() => {}); // ends with the abort
  try {
    return await work();
  } finally {
    ended.abort();
  }
}
