/** What must not show: told to the runner's masking, and taken out of every text that a registry sends back. */

/** Shorter ones would blot out half a text. */
const SHORTEST = 4;

/** What looks like a secret though nobody told: session state of uploads, tokens, signatures in URLs. */
const LOOKS_SECRET: readonly [RegExp, string][] = [
  [/([?&](?:_state|token|access_token|signature|sig|X-(?:Amz|Goog)-[A-Za-z-]+)=)[^&\s"']+/gi, '$1…'],
  [/\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]{8,}/gi, '$1 …'],
  [/\beyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*){0,2}/g, '…'],
];

/** Secrets of one connection: at most some hundred tokens. */
export class Secrets {
  readonly #mask: (secret: string) => void;
  readonly #known = new Set<string>();

  constructor(mask: (secret: string) => void = () => {}) {
    this.#mask = mask;
  }

  /** Call it before the secret is used anywhere. */
  add(secret: string): void {
    if (secret.length < SHORTEST || this.#known.has(secret)) return;
    this.#known.add(secret);
    this.#mask(secret);
  }

  /** The text without any of them. */
  redact(text: string): string {
    // One may be part of another: what was left of the longer would show.
    const longestFirst = [...this.#known].sort((a, b) => b.length - a.length);
    const known = longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
    return LOOKS_SECRET.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), known);
  }
}
