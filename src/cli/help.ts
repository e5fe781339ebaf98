/** Help texts, made from the one table of commands; at most 100 columns. */
import type { Command } from './command.ts';

const COLUMNS = 100;

/** The help of the command line as a whole, or of a group such as `recipe`. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return [
    'rke2-actions: bake, prove and ship node images.',
    '',
    'Usage: rke2-actions COMMAND [options]',
    '',
    ...columns(rows),
    '',
    'rke2-actions COMMAND --help says more; rke2-actions --version says which this is.',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp({ name, summary, details = [], operands = [], options }: Command): string {
  const usage = ['rke2-actions', name, ...operands, ...(options.length > 0 ? ['[options]'] : [])].join(' ');
  const rows = options.map((option) => {
    const label = `--${option.name}${option.value ? ` ${option.value}` : ''}`;
    const marks = [option.required && 'required', option.repeated && 'may be repeated'].filter(Boolean);
    return [label, `${option.help}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`] as const;
  });
  const paragraphs = details.flatMap((paragraph) => ['', ...wrapped(paragraph, COLUMNS)]);
  const list = rows.length > 0 ? ['', ...columns(rows)] : [];
  return [...wrapped(summary, COLUMNS), '', `Usage: ${usage}`, ...paragraphs, ...list].join('\n');
}

/** Two columns, the second wrapped in its place. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.flatMap(([label, text]) =>
    wrapped(text, COLUMNS - width - 4).map(
      (line, index) => `  ${(index === 0 ? label : '').padEnd(width)}  ${line}`,
    ),
  );
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
