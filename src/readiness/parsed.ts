/** What became of a text that somebody wrote: a value, or what is wrong with it, to be read after the text. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** Parses each text; the first problem wins. */
export function parseEach<T>(
  texts: readonly string[],
  parse: (text: string) => Parsed<T>,
): Parsed<readonly T[]> {
  const results = texts.map(parse);
  const wrong = results.find((result) => 'problem' in result);
  if (wrong) return wrong;
  return { value: results.map((result) => (result as { value: T }).value) };
}

/** Lines that hold something, trimmed. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}
