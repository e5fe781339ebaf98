/**
 * What the builder tells the machine that reads its serial console (facts/harvester.md §2.6 b). One mark is one line,
 * `@@rke2-actions@@ {json}`, between lines for people. Whatever runs in the builder can write there, and so can its kernel
 * and its login prompt: every mark is validated, a damaged one costs itself and nothing else.
 */
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { CHUNK_LIMIT, Documents } from './documents.ts';

export const MARK_PREFIX = '@@rke2-actions@@ ';

/** In the order they run. */
export const PHASES = [
  'prepare',
  'download',
  'accelerate',
  'customize',
  'compress',
  'probe',
  'hash',
  'serve',
] as const;
export type PhaseName = (typeof PHASES)[number];

const text = (limit: number) => z.string().max(limit);
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const phase = z.enum(PHASES);

/** Failures that have a code of their own; whatever else goes wrong is BAKE_FAILED. A builder can name no other code. */
export const BAKE_ERROR_CODES = [
  'BASE_NOT_QCOW2',
  'BUILDER_DISK_FULL',
  'DOWNLOAD_CHECKSUM_MISMATCH',
  'DOWNLOAD_FAILED',
] as const;
export type BakeErrorCode = (typeof BAKE_ERROR_CODES)[number];

const markSchema = z.discriminatedUnion('mark', [
  z.object({ mark: z.literal('phase'), phase, percent: z.number().min(0).max(100).optional() }),
  z.object({ mark: z.literal('step'), id: text(200), title: text(500), index: count, total: count }),
  z.object({
    mark: z.literal('error'),
    phase,
    step: text(500).optional(),
    message: text(4000),
    code: z.enum(BAKE_ERROR_CODES).optional().catch(undefined),
    exit: z.int(),
  }),
  z.object({ mark: z.literal('acceleration'), kind: z.enum(['kvm', 'tcg']), reason: text(500) }),
  /** Program → version of what changes the image. */
  z.object({ mark: z.literal('tools'), versions: z.record(text(64), text(200)) }),
  z.object({ mark: z.literal('address'), addresses: z.array(text(64)).max(64) }),
  z.object({
    mark: z.literal('chunk'),
    name: text(64),
    index: count,
    total: z.int().min(1).max(CHUNK_LIMIT),
    data: text(1200).regex(/^[A-Za-z0-9+/=]*$/),
  }),
  z.object({ mark: z.literal('sum'), name: text(64), sha256: hex(64), bytes: count }),
  z.object({
    mark: z.literal('result'),
    sha512: hex(128),
    sha256: hex(64),
    /** Bytes of the file, and of the disk it holds. */
    size: count,
    virtualSize: count,
    /** Where the builder serves it; absent where the image stays on the machine that baked it. */
    port: z.int().min(1).max(65_535).optional(),
    path: text(300)
      .regex(/^\/[\w/.-]+$/)
      .optional(),
  }),
]);

export type AnyMark = z.infer<typeof markSchema>;
export type MarkOf<Kind extends AnyMark['mark']> = Extract<AnyMark, { mark: Kind }>;
export type ChunkMark = MarkOf<'chunk'>;
export type SumMark = MarkOf<'sum'>;
export type ErrorMark = MarkOf<'error'>;
export type ResultMark = MarkOf<'result'>;
/** The marks a reader gets to see; chunks and sums become documents. */
export type Mark = Exclude<AnyMark, ChunkMark | SumMark>;

export type ConsoleEvent =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'mark'; readonly mark: Mark }
  | { readonly kind: 'document'; readonly name: string; readonly text: string }
  /** A document did not arrive whole. */
  | { readonly kind: 'error'; readonly name: string; readonly message: string };

/** The mark in `json`, or undefined if it is none that we know. */
export function parseMark(json: string): AnyMark | undefined {
  try {
    return markSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/** The line that carries a mark, without its end. */
export function formatMark(mark: AnyMark): string {
  return `${MARK_PREFIX}${JSON.stringify(mark)}`;
}

/** Characters of a line that are kept; a mark is far shorter. */
const LINE_LIMIT = 16_384;
/** Written twice by the builder, since one of them may be damaged. */
const SAID_TWICE: ReadonlySet<string> = new Set(['error', 'acceleration', 'result']);

/** Turns console text, cut anywhere, into events. Holds at most one line and the chunks of unfinished documents. */
export class ConsoleReader {
  #rest = '';
  /** The line that is being read is over the limit: what comes up to its end is dropped. */
  #overlong = false;
  readonly #documents = new Documents();
  readonly #said = new Map<string, string>();

  push(text: string): ConsoleEvent[] {
    const pieces = text.split(/[\r\n]/);
    const last = pieces.pop()!;
    const events = pieces.flatMap((piece) => {
      this.#append(piece);
      return this.#endLine();
    });
    this.#append(last);
    return events;
  }

  /** What a last line without an end still holds. */
  end(): ConsoleEvent[] {
    return this.#endLine();
  }

  #append(piece: string): void {
    if (this.#overlong || piece === '') return;
    this.#rest += piece;
    if (this.#rest.length <= LINE_LIMIT) return;
    this.#rest = `${this.#rest.slice(0, LINE_LIMIT)}…`;
    this.#overlong = true;
  }

  #endLine(): ConsoleEvent[] {
    const line = printable(this.#rest);
    this.#rest = '';
    this.#overlong = false;
    const [before, ...marks] = line.split(MARK_PREFIX);
    return [...lineEvent(before!), ...marks.flatMap((json) => this.#markEvent(json.trim()))];
  }

  #markEvent(json: string): ConsoleEvent[] {
    const mark = parseMark(json);
    if (!mark) return lineEvent('(a damaged mark of the builder was ignored)');
    if (mark.mark === 'chunk') {
      this.#documents.add(mark);
      return [];
    }
    if (mark.mark === 'sum') return this.#documentEvent(mark);
    if (SAID_TWICE.has(mark.mark)) {
      if (this.#said.get(mark.mark) === json) return [];
      this.#said.set(mark.mark, json);
    }
    return [{ kind: 'mark', mark }];
  }

  #documentEvent(sum: SumMark): ConsoleEvent[] {
    const arrival = this.#documents.close(sum);
    if (arrival.outcome === 'known') return [];
    if (arrival.outcome === 'failed') return [{ kind: 'error', name: sum.name, message: arrival.message }];
    return [{ kind: 'document', name: sum.name, text: arrival.text }];
  }
}

function lineEvent(text: string): ConsoleEvent[] {
  return text.trim() === '' ? [] : [{ kind: 'line', text: text.trimEnd() }];
}

/** Without terminal control sequences and other control characters but the tab. */
function printable(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return stripVTControlCharacters(line).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}
