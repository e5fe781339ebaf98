/** What a registry wants to see: WWW-Authenticate, several challenges in one header (RFC 9110 §11.6.1). Any text is read in linear time. */

export interface Challenge {
  /** Lower case: `bearer`, `basic`, `negotiate`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Bytes of a header that are looked at, and challenges that are kept. */
const LONGEST = 16 << 10;
const MOST = 16;

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const EQUALS = /[ \t]*=[ \t]*/y;
/** Matches whatever begins with a quote, closed or not: a pattern that can fail late would be tried again and again. */
const QUOTED = /"(?:[^"\\]|\\.)*"?/sy;
const UNQUOTED = /[^\s,]*/y;
const BETWEEN = /[\s,]*/y;
const SPACES = /[ \t]+/y;

/** Every challenge, in order. What is no challenge is passed over. */
export function parseChallenges(header: string): Challenge[] {
  const text = new Scanner(header.slice(0, LONGEST));
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  while (!text.atEnd) {
    text.take(BETWEEN);
    const name = text.take(TOKEN)?.toLowerCase();
    if (name === undefined) text.skip();
    else if (text.take(EQUALS) !== undefined)
      setOnce(challenges.at(-1)?.parameters, name, parameterValue(text));
    else if (challenges.length < MOST) {
      challenges.push({ scheme: name, parameters: Object.create(null) as Record<string, string> });
      if (text.take(SPACES) !== undefined) text.take(TOKEN68);
    } else break;
  }
  return challenges;
}

function setOnce(parameters: Record<string, string> | undefined, name: string, value: string): void {
  if (parameters && !(name in parameters)) parameters[name] = value;
}

function parameterValue(text: Scanner): string {
  const value = text.take(QUOTED);
  if (value === undefined) return text.take(UNQUOTED) ?? '';
  return value.slice(1, value.endsWith('"') ? -1 : undefined).replace(/\\(.)/gs, '$1');
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** What the sticky pattern matches here, undefined if nothing. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  skip(): void {
    this.#at += 1;
  }
}
