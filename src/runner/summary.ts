/**
 * The step summary: tables and one Mermaid timeline, text from outside escaped, kept under the runner's limit of 1 MiB
 * (facts/actions-platform.md A6).
 */
import { stripVTControlCharacters } from 'node:util';
import { formatDuration } from '../base/duration.ts';

/** Room is left below 1 MiB for what the runner adds. */
export const SUMMARY_LIMIT = (1 << 20) - 4096;

const CUT = '> The rest is cut: a step summary holds at most 1 MiB.\n';

export interface TimelineBar {
  readonly label: string;
  /** Milliseconds since the start of the run. */
  readonly start: number;
  readonly end: number;
  readonly failed?: boolean;
}

/** Builds Markdown piece by piece; `toString` cuts at the limit and says so. */
export class Summary {
  readonly #parts: string[] = [];

  heading(text: string, level: 1 | 2 | 3 = 2): this {
    return this.raw(`${'#'.repeat(level)} ${escapeMarkdown(text)}`);
  }

  paragraph(text: string): this {
    return this.raw(escapeMarkdown(text));
  }

  /** Cells are text from anywhere: escaped, line breaks kept. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): this {
    const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
    return this.raw([line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n'));
  }

  /** A block of log lines or a file, shown as it is. */
  code(text: string, language = ''): this {
    // The fence must be longer than any run of back ticks inside (CommonMark §4.5).
    const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
    const fence = '`'.repeat(longest + 1);
    return this.raw(`${fence}${language}\n${printable(text).replace(/\n$/, '')}\n${fence}`);
  }

  details(title: string, inside: (summary: Summary) => void): this {
    const inner = new Summary();
    inside(inner);
    return this.raw(
      `<details><summary>${escapeHtml(printable(title))}</summary>\n\n${inner.toString()}\n</details>`,
    );
  }

  /** One bar per phase, in seconds since the start. */
  timeline(title: string, bars: readonly TimelineBar[]): this {
    if (bars.length === 0) return this;
    const rows = bars.map((bar, index) => {
      const label = `${plain(bar.label)} (${formatDuration(bar.end - bar.start)})`;
      const kind = bar.failed ? 'crit, ' : '';
      return `    ${label} :${kind}p${index}, ${Math.round(bar.start)}, ${Math.max(1, Math.round(bar.end - bar.start))}ms`;
    });
    const head = ['gantt', `    title ${plain(title)}`, '    dateFormat x', '    axisFormat %M:%S'];
    return this.raw(`\`\`\`mermaid\n${[...head, ...rows].join('\n')}\n\`\`\``);
  }

  /** Markdown of our own making, unescaped; a part is cut as a whole. */
  raw(markdown: string): this {
    this.#parts.push(markdown);
    return this;
  }

  /** The Markdown in at most `limit` bytes; what does not fit is left out, and the text says so. */
  toString(limit = SUMMARY_LIMIT): string {
    const blocks = this.#parts.map((part) => `${part}\n\n`);
    const whole = blocks.join('');
    if (Buffer.byteLength(whole) <= limit) return whole;
    if (limit < CUT.length) return '';
    let room = limit - CUT.length;
    const first = blocks.findIndex((block) => {
      room -= Buffer.byteLength(block);
      return room < 0;
    });
    return blocks.slice(0, first).join('') + CUT;
  }
}

/** Text that shows as it is written, in Markdown that also takes HTML. */
export function escapeMarkdown(text: string): string {
  return escapeHtml(printable(text)).replace(/[\\`*_[\]#|~$]/g, (char) => `\\${char}`);
}

/** Without colours and other control characters of a terminal; tabs and line breaks stay. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[^\P{Cc}\t\r\n]/gu, '');
}

function escapeCell(text: string): string {
  return escapeMarkdown(text).replace(/\r\n|\r|\n/g, '<br>');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[char]!);
}

/** Labels inside Mermaid: its separators are taken out. */
function plain(text: string): string {
  return printable(text)
    .replace(/[:;,#%\r\n"]/g, ' ')
    .trim();
}
