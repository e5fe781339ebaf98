/** Bars at a terminal for what an action says of its progress; lines of the log go above them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../base/clock.ts';
import { formatBytes } from '../base/quantity.ts';
import { PROGRESS_FILE, type ProgressBar, readProgress } from '../runner/progress.ts';

/** Milliseconds between two drawings. */
const EVERY = 200;
/** Bars at once; of more, the rest is counted. */
const MOST = 8;
/** Columns of a bar's blocks, and of a terminal that does not say how wide it is. */
const BLOCKS = 20;
const COLUMNS = 80;

/** What is needed of a terminal; `process.stderr` has it. */
export interface Terminal {
  readonly columns?: number;
  write(text: string): unknown;
}

/** Draws below the last line, and takes it away again before the next one. */
export class BarScreen {
  readonly #terminal: Terminal;
  #drawn = 0;
  #bars: readonly ProgressBar[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** A line of the log, above the bars. */
  readonly line = (text: string): void => {
    this.#terminal.write(`${this.#erasure()}${text}\n`);
    this.#drawn = 0;
    this.#draw();
  };

  show(bars: readonly ProgressBar[]): void {
    this.#bars = bars;
    const erasure = this.#erasure();
    if (erasure !== '') this.#terminal.write(erasure);
    this.#drawn = 0;
    this.#draw();
  }

  #draw(): void {
    const { columns = COLUMNS } = this.#terminal;
    const shown = this.#bars.slice(0, MOST).map((bar) => barLine(bar, columns));
    const more = this.#bars.length - shown.length;
    const lines = more > 0 ? [...shown, `… and ${more} more`] : shown;
    if (lines.length > 0) this.#terminal.write(`${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }

  /** Up to the first bar, then everything below goes (ECMA-48 CUU, ED). */
  #erasure(): string {
    return this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A\u001b[0J`;
  }
}

/** One line that does not wrap: `uploading  ██████░░░░  120 MiB of 300 MiB  layer 2 of 5 of app.tar`. */
export function barLine({ label, doing, done, total }: ProgressBar, columns: number): string {
  const part = total ? Math.min(1, done / total) : 0;
  const full = Math.round(part * BLOCKS);
  const blocks = total ? `${'█'.repeat(full)}${'░'.repeat(BLOCKS - full)}` : '·'.repeat(BLOCKS);
  const amount = total ? `${formatBytes(done)} of ${formatBytes(total)}` : formatBytes(done);
  const line = `${doing.padEnd(11)} ${blocks} ${amount.padEnd(20)} ${stripVTControlCharacters(label)}`;
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
}

/**
 * Runs `work` with variables that an action draws its progress by; what `work` writes to `line` stands above the bars. Without a
 * terminal there are no variables and no bars.
 */
export async function withBars<T>(
  { terminal, clock }: { terminal: Terminal | undefined; clock: Clock },
  work: (tools: {
    readonly env: Readonly<Record<string, string>>;
    readonly line: ((text: string) => void) | undefined;
  }) => Promise<T>,
): Promise<T> {
  if (!terminal) return work({ env: {}, line: undefined });
  const folder = await mkdtemp(join(tmpdir(), 'rke2-actions-progress-'));
  const path = join(folder, 'bars.json');
  const screen = new BarScreen(terminal);
  const ended = new AbortController();
  void redraw(screen, path, clock, ended.signal).catch(() => {}); // ends with the abort
  try {
    return await work({ env: { [PROGRESS_FILE]: path }, line: screen.line });
  } finally {
    ended.abort();
    screen.show([]);
    await rm(folder, { recursive: true, force: true });
  }
}

async function redraw(screen: BarScreen, path: string, clock: Clock, ended: AbortSignal): Promise<never> {
  for (;;) {
    await clock.sleep(EVERY, ended);
    const bars = await readProgress(path);
    if (!ended.aborted) screen.show(bars);
  }
}
