/**
 * A machine's serial console as a container log, in the format of the container runtimes: `<time> stdout F <line>`. What kubelet
 * reads, the lab's kubelet reads: times, tails and following come from this file (kubernetes CRI logging).
 */

import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../../src/base/clock.ts';

const POLL = 100;
/** A line longer than this is cut in two, as container runtimes do. */
const LONGEST_LINE = 16_384;

export class ConsoleLog {
  private readonly file: WriteStream;
  private readonly clock: Clock;
  private rest = '';
  private readonly decoder = new TextDecoder();

  private constructor(file: WriteStream, clock: Clock) {
    this.file = file;
    this.clock = clock;
  }

  /** Opens the log for appending. */
  static async open(path: string, clock: Clock): Promise<ConsoleLog> {
    await mkdir(dirname(path), { recursive: true });
    const file = createWriteStream(path, { flags: 'a' });
    await once(file, 'open');
    return new ConsoleLog(file, clock);
  }

  /** Takes bytes as they come; whole lines are written, the rest waits. */
  write(chunk: Buffer): void {
    const lines = (this.rest + this.decoder.decode(chunk, { stream: true })).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) this.line(this.cut(line), 'F');
    this.rest = this.cut(this.rest);
  }

  /** Writes the full parts of a long line; what is left of it. */
  private cut(line: string): string {
    let rest = line;
    for (; rest.length > LONGEST_LINE; rest = rest.slice(LONGEST_LINE))
      this.line(rest.slice(0, LONGEST_LINE), 'P');
    return rest;
  }

  async close(): Promise<void> {
    if (this.rest) this.line(this.rest, 'F');
    this.rest = '';
    this.file.end();
    await once(this.file, 'close');
  }

  private line(text: string, tag: 'F' | 'P'): void {
    const time = new Date(this.clock.now()).toISOString().replace('Z', '000000Z');
    this.file.write(`${time} stdout ${tag} ${text}\n`);
  }
}

export interface ReadOptions {
  /** Only the last lines. */
  readonly tailLines?: number | undefined;
  /** RFC 3339; only lines of this time or later. */
  readonly sinceTime?: string | undefined;
  readonly timestamps?: boolean | undefined;
  /** Go on while this says that the log is being written. */
  readonly follow?: (() => boolean) | undefined;
  /** The log was rotated after every so many lines: what is there at the start is read from the newest part on. */
  readonly rotatesAfter?: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The lines of a console log as kubelet would send them, newline included. */
export async function* readConsoleLog(path: string, options: ReadOptions): AsyncGenerator<string> {
  const present: string[] = [];
  const { tailLines = Number.POSITIVE_INFINITY } = options;
  let position = await newestPart(path, options.rotatesAfter);
  for await (const { line, end } of recordsFrom(path, position)) {
    position = end;
    const text = render(line, options);
    if (text === undefined) continue;
    if (tailLines === Number.POSITIVE_INFINITY) yield text;
    else {
      present.push(text);
      if (present.length > tailLines) present.shift();
    }
  }
  yield* present;
  if (options.follow) yield* followFrom(path, position, options);
}

/** Where the newest part of a rotated log begins: a kubelet opens no older one (kubernetes pkg/kubelet/logs). */
async function newestPart(path: string, rotatesAfter: number | undefined): Promise<number> {
  let [position, count] = [0, 0];
  if (rotatesAfter === undefined) return position;
  for await (const { end } of recordsFrom(path, 0)) if (++count % rotatesAfter === 0) position = end;
  return position;
}

async function* followFrom(path: string, start: number, options: ReadOptions): AsyncGenerator<string> {
  let position = start;
  for (let last = false; !options.signal.aborted; ) {
    const open = options.follow!();
    for await (const { line, end } of recordsFrom(path, position)) {
      position = end;
      const text = render(line, options);
      if (text !== undefined) yield text;
    }
    // One more look after the end: lines written between the look and the closing.
    if (!open && last) return;
    last = !open;
    if (open) await options.clock.sleep(POLL, options.signal).catch(() => {});
  }
}

/**
 * Whole records from a byte position on, each with the position after it; a record that is still being written is left for later.
 * Split at line feeds only: a console's carriage returns belong to its lines.
 */
async function* recordsFrom(path: string, start: number): AsyncGenerator<{ line: string; end: number }> {
  const { size } = await stat(path);
  if (size <= start) return;
  let rest = Buffer.alloc(0);
  let end = start;
  for await (const chunk of createReadStream(path, { start, end: size - 1 })) {
    const data = Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, from)) {
      end += at + 1 - from;
      yield { line: data.toString('utf8', from, at), end };
      from = at + 1;
    }
    rest = data.subarray(from);
  }
}

/** `2026-… stdout F text` → what is asked for, or undefined if it is too old. */
function render(record: string, options: ReadOptions): string | undefined {
  const [, time = '', tag, text = ''] = /^(\S+) \S+ ([FP]) (.*)$/s.exec(record) ?? [];
  if (options.sinceTime && Date.parse(time) < Date.parse(options.sinceTime)) return undefined;
  const end = tag === 'P' ? '' : '\n';
  return `${options.timestamps ? `${time} ` : ''}${text}${end}`;
}
