/**
 * A job's step summary as a web page: GitHub renders the Markdown and its Mermaid timeline there, this does the same for a
 * run without GitHub. No script, no network: the timeline becomes plain HTML bars.
 */
import { marked } from 'marked';

interface Bar {
  readonly label: string;
  readonly section: string;
  readonly start: number;
  readonly end: number;
  readonly critical: boolean;
}

/** A complete HTML document for a step summary's Markdown. */
export function summaryPage(title: string, markdown: string): string {
  const body = marked
    .parse(markdown, { async: false, gfm: true })
    .replace(/<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g, (_all, code: string) =>
      timeline(parseGantt(unescapeHtml(code))),
    );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>${STYLE}</style></head>
<body><main>${body}</main></body>
</html>
`;
}

/**
 * Reads the lines of a Mermaid gantt whose `dateFormat` is `x` or `X` (milliseconds or seconds):
 * `provision :crit, p1, 0, 12000`. Lines of other kinds are passed over.
 */
export function parseGantt(code: string): Bar[] {
  const scale = /dateFormat\s+X\b/.test(code) ? 1000 : 1;
  const bars: Bar[] = [];
  let section = '';
  for (const line of code.split('\n').map((text) => text.trim())) {
    const named = /^section\s+(.+)$/.exec(line);
    if (named) section = named[1]!;
    const task = /^(.+?)\s*:(.+)$/.exec(line);
    if (!task || /^(title|dateFormat|axisFormat|tickInterval)\b/.test(line)) continue;
    const fields = task[2]!.split(',').map((field) => field.trim());
    const [start, end] = fields.filter((field) => /^\d+(ms|s)?$/.test(field)).map(Number.parseFloat);
    if (start === undefined || end === undefined) continue;
    const length = /(ms|s)$/.exec(fields.at(-1)!)?.[1];
    const finish = length ? start * scale + end * (length === 's' ? 1000 : 1) : end * scale;
    bars.push({
      label: task[1]!,
      section,
      start: start * scale,
      end: finish,
      critical: fields.includes('crit'),
    });
  }
  return bars;
}

function timeline(bars: readonly Bar[]): string {
  if (bars.length === 0) return '';
  const first = Math.min(...bars.map((bar) => bar.start));
  const span = Math.max(1, Math.max(...bars.map((bar) => bar.end)) - first);
  const percent = (ms: number) => ((ms / span) * 100).toFixed(2);
  const row = (bar: Bar) => {
    const seconds = ((bar.end - bar.start) / 1000).toFixed(1);
    const style = `left:${percent(bar.start - first)}%;width:${percent(bar.end - bar.start)}%`;
    const kind = bar.critical ? 'bar failed' : 'bar';
    return `<div class="row"><span class="name">${escapeHtml(bar.label.replace(/ \([^)]*\)$/, ''))}</span><span class="track"><i class="${kind}" style="${style}"></i></span><span class="time">${seconds} s</span></div>`;
  };
  return `<div class="timeline" role="img" aria-label="Timeline of phases">${bars.map(row).join('')}</div>`;
}

function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char]!,
  );
}

function unescapeHtml(text: string): string {
  return text.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_all, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name]!,
  );
}

const STYLE = `
body{margin:0;background:#f6f8fa;color:#1f2328;font:15px/1.5 -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif}
main{max-width:960px;margin:24px auto;padding:24px 32px;background:#fff;border:1px solid #d1d9e0;border-radius:6px}
h1,h2{border-bottom:1px solid #d1d9e0b3;padding-bottom:.3em}h1{font-size:1.7em}h2{font-size:1.3em}h3{font-size:1.1em}
table{border-collapse:collapse;margin:12px 0;max-width:100%}th,td{border:1px solid #d1d9e0;padding:6px 12px;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{white-space:nowrap}tr:nth-child(even) td{background:#f6f8fa}code{background:#818b981f;border-radius:6px;padding:.15em .4em;font:85% ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{background:#f6f8fa;border-radius:6px;padding:14px;overflow:auto}pre code{background:none;padding:0}
details{margin:10px 0}summary{cursor:pointer;font-weight:600}
.timeline{margin:14px 0}.row{display:grid;grid-template-columns:150px 1fr 70px;gap:10px;align-items:center;margin:3px 0}
.name{text-align:right;color:#59636e}.time{color:#59636e;font-variant-numeric:tabular-nums}
.track{position:relative;height:18px;background:#f6f8fa;border-radius:4px}.bar{position:absolute;top:0;bottom:0;min-width:3px;background:#1f883d;border-radius:4px}.bar.failed{background:#cf222e}
`;
