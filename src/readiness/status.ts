/** Sets of HTTP statuses as people write them: `200-299,401`, `2xx`. */
import type { Parsed } from './parsed.ts';

export interface StatusSet {
  /** As written. */
  readonly source: string;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

/** `parseStatusSet('200-299, 401')`, `parseStatusSet('2xx')`. */
export function parseStatusSet(text: string): Parsed<StatusSet> {
  const parts = text.split(/[\s,]+/).filter(Boolean);
  const ranges = parts.map(parseRange);
  const wrong = parts.find((_, index) => ranges[index] === undefined);
  if (wrong !== undefined)
    return { problem: `has "${wrong}"; statuses are 200, 200-299 or 2xx, from 100 to 599` };
  return { value: { source: parts.join(','), ranges: ranges as (readonly [number, number])[] } };
}

function parseRange(text: string): readonly [number, number] | undefined {
  const century = /^([1-5])xx$/i.exec(text);
  if (century) return [Number(century[1]) * 100, Number(century[1]) * 100 + 99];
  const [, from, to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  return from && to && from <= to ? [Number(from), Number(to)] : undefined;
}

export function hasStatus({ ranges }: StatusSet, status: number): boolean {
  return ranges.some(([first, last]) => status >= first && status <= last);
}
