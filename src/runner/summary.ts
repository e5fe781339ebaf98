/**
 * The step summary: tables and one Mermaid timeline, text from outside escaped, kept under the runner's limit of 1 MiB
 * (facts/actions-platform.md A6).
 */
import { formatDuration } from '../base/duration.ts';

/** Room is left below 1 MiB for what the runner adds. */
export const SUMMARY_LIMIT = (1 << 20) - 4096;

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
    return this.raw(`${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`);
  }

  details(title: string, inside: (summary: Summary) => void): this {
    const inner = new Summary();
    inside(inner);
    return this.raw(`<details><summary>${escapeHtml(title)}</summary>\n\n${inner.toString()}\n</details>`);
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

  /** Markdown of our own making, unescaped. */
  raw(markdown: string): this {
    this.#parts.push(markdown);
    return this;
  }

  toString(): string {
    const note = '\n\n> The rest is cut: a step summary holds at most 1 MiB.\n';
    let text = '';
    for (const part of this.#parts) {
      if (Buffer.byteLength(text) + Buffer.byteLength(part) > SUMMARY_LIMIT - note.length) return text + note;
      text += `${part}\n\n`;
    }
    return text;
  }
}

/** Text that shows as it is written, in Markdown that also takes HTML. */
export function escapeMarkdown(text: string): string {
  return escapeHtml(text).replace(/[\\`*_[\]#|~]/g, (char) => `\\${char}`);
}

function escapeCell(text: string): string {
  return escapeMarkdown(text).replace(/\r?\n/g, '<br>');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[char]!);
}

/** Labels inside Mermaid: its separators are taken out. */
function plain(text: string): string {
  return text.replace(/[:;,#\n"]/g, ' ').trim();
}
