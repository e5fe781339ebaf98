/** The few shapes of text in which the probe delivers: lines, columns, and files with a "|" before each line. */

export interface TextFile {
  readonly path: string;
  readonly lines: readonly string[];
}

/** Lines that are not blank. */
export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** Lines split at tabs; throws if one has fewer than `least` columns. */
export function columns(text: string, least: number): string[][] {
  return lines(text).map((line) => {
    const fields = line.split('\t');
    if (fields.length < least) throw new Error(`expected ${least} columns, got "${line.slice(0, 80)}"`);
    return fields;
  });
}

/** The only line; throws if there is none. */
export function oneLine(text: string): string {
  const line = text.trim();
  if (line === '') throw new Error('it is empty');
  return line;
}

/** A number of decimal digits, without sign; throws otherwise. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text.trim())) throw new Error(`"${text.trim().slice(0, 40)}" is not a whole number`);
  return Number(text);
}

/** `=path` starts a block; the text behind it and the lines up to the next one are its body. */
export function blocks(text: string): { readonly head: string; readonly body: readonly string[] }[] {
  const found: { head: string; body: string[] }[] = [];
  for (const line of lines(text)) {
    if (line.startsWith('=')) found.push({ head: line.slice(1), body: [] });
    else if (found.length > 0) found.at(-1)!.body.push(line);
    else throw new Error(`"${line.slice(0, 80)}" stands before the first block`);
  }
  return found;
}

/** `=/etc/fstab\n|UUID=…` → `[{ path: '/etc/fstab', lines: ['UUID=…'] }]`. */
export function textFiles(text: string): TextFile[] {
  return blocks(text).map(({ head, body }) => ({ path: head, lines: body.map((line) => line.slice(1)) }));
}

/** `NAME="Rocky Linux"` lines as a record; comments are passed over. */
export function assignments(text: string | readonly string[]): Record<string, string> {
  const all = typeof text === 'string' ? text.split('\n') : text;
  const pairs = all
    .map((line) => /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => [match[1]!, match[2]!.replace(/^(["'])(.*)\1$/, '$2')]);
  return Object.fromEntries(pairs);
}
