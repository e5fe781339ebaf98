/**
 * The kinds of input there are, each with its rule in words. A kind turns text into a value or says what is wrong;
 * bare numbers are refused where a unit is due (DESIGN §3).
 */
import { parseDuration } from '../base/duration.ts';
import { parseQuantity } from '../base/quantity.ts';

export type Parsed<T> = { readonly value: T } | { readonly problem: string };

export interface InputKind<T> {
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly secret: boolean;
  /** As written in action.yml. */
  readonly default: string | undefined;
  readonly example: string | undefined;
  /** The value when nothing is given. */
  readonly empty: T;
  readonly parse: (text: string) => Parsed<T>;
}

export interface InputSettings {
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string;
  readonly example?: string;
}

type Optional<S extends InputSettings, T> = S extends { required: true } | { default: string }
  ? T
  : T | undefined;

function kind<T>(
  type: string,
  settings: InputSettings,
  parse: (text: string) => Parsed<T>,
  more: { secret?: boolean; empty?: T } = {},
) {
  return {
    type,
    description: settings.description,
    required: settings.required ?? false,
    secret: more.secret ?? false,
    default: settings.default,
    example: settings.example,
    empty: more.empty,
    parse,
  };
}

function one<T>(type: string, parse: (text: string) => Parsed<T>) {
  return <const S extends InputSettings>(settings: S) =>
    kind(type, settings, parse) as InputKind<Optional<S, T>>;
}

const value = <T>(parsed: T): Parsed<T> => ({ value: parsed });
const problem = (text: string): { readonly problem: string } => ({ problem: text });

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

function parsePairs(text: string): Parsed<Readonly<Record<string, string>>> {
  const pairs = lines(text).map((line) => /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? line);
  const wrong = pairs.find((pair) => typeof pair === 'string');
  if (wrong !== undefined)
    return problem(`has the line ${JSON.stringify(wrong)}; each line must be key=value`);
  const entries = (pairs as RegExpExecArray[]).map((pair) => [pair[1]!, pair[2]!] as const);
  const twice = entries.find(([key], index) => entries.findIndex(([other]) => other === key) !== index);
  return twice ? problem(`gives "${twice[0]}" twice`) : value(Object.fromEntries(entries));
}

function parseUrl(text: string, schemes: readonly string[]): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.host || !schemes.includes(url.protocol.slice(0, -1))) {
    return problem(`must be an ${schemes.join(' or ')} URL`);
  }
  if (url.password) return problem('must not carry a password; give it as a secret of its own');
  return value(text);
}

/** One maker per kind; `input.duration({ description, default: '30m' })`. */
export const input = {
  string: <const S extends InputSettings & { pattern?: RegExp; rule?: string }>(settings: S) =>
    kind('string', settings, (text) =>
      settings.pattern && !settings.pattern.test(text)
        ? problem(settings.rule ?? `must match ${settings.pattern}`)
        : value(text),
    ) as InputKind<Optional<S, string>>,
  enumeration: <const V extends string, const S extends InputSettings>(values: readonly V[], settings: S) =>
    kind(values.join(' | '), settings, (text) =>
      values.includes(text as V) ? value(text as V) : problem(`must be one of ${values.join(', ')}`),
    ) as InputKind<Optional<S, V>>,
  boolean: one<boolean>('boolean', (text) =>
    /^(true|false)$/.test(text) ? value(text === 'true') : problem('must be true or false'),
  ),
  integer: <const S extends InputSettings & { min?: number; max?: number }>(settings: S) =>
    kind('integer', settings, (text) => {
      const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = settings;
      const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      return number >= min && number <= max
        ? value(number)
        : problem(`must be a whole number from ${min} to ${max}`);
    }) as InputKind<Optional<S, number>>,
  /** Milliseconds. */
  duration: one<number>('duration', (text) => {
    const ms = parseDuration(text);
    return ms === undefined ? problem('must be a duration with a unit (ms, s, m, h, d)') : value(ms);
  }),
  /** Kept as text, the form Kubernetes takes; checked to be whole bytes. */
  quantity: one<string>('quantity', (text) =>
    parseQuantity(text) === undefined || /^\d+$/.test(text)
      ? problem('must be a size with a unit (Mi, Gi, M, G …)')
      : value(text),
  ),
  list: (settings: InputSettings) =>
    kind('list', settings, (text) => value(lines(text)), { empty: [] }) as InputKind<readonly string[]>,
  map: (settings: InputSettings) =>
    kind('map', settings, parsePairs, { empty: {} }) as InputKind<Readonly<Record<string, string>>>,
  path: one<string>('path', (text) => (text.includes('\0') ? problem('must be a path') : value(text))),
  /** `schemes`: default http and https. */
  url: <const S extends InputSettings & { schemes?: readonly string[] }>(settings: S) =>
    kind('url', settings, (text) => parseUrl(text, settings.schemes ?? ['http', 'https'])) as InputKind<
      Optional<S, string>
    >,
  secret: <const S extends InputSettings>(settings: S) =>
    kind<string>('secret', settings, value, { secret: true }) as InputKind<Optional<S, string>>,
  /** A kind that one action has to itself: `parse` gives the value, or the rule in words. */
  own: <T, const S extends InputSettings, const M extends { secret?: boolean; empty?: NoInfer<T> } = object>(
    type: string,
    settings: S,
    parse: (text: string) => Parsed<T>,
    more?: M,
  ) => kind(type, settings, parse, more) as InputKind<M extends { empty: unknown } ? T : Optional<S, T>>,
};
