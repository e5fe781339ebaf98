/**
 * The secrets of a step and the forms they show in: each line by itself, JSON and URI escapes, and base64 at all three
 * offsets inside a longer text (facts/actions-platform.md A6; actions/runner ValueEncoders).
 */

export class Masks {
  readonly #texts = new Set<string>();

  add(secret: string): void {
    for (const text of [secret, ...secret.split(/[\r\n]+/)]) {
      for (const form of [
        text,
        JSON.stringify(text).slice(1, -1),
        encodeURIComponent(text),
        ...base64Forms(text),
      ]) {
        if (form.trim()) this.#texts.add(form);
      }
    }
  }

  /** The text with three asterisks for every secret, longest first. */
  applyTo(text: string): string {
    const longestFirst = [...this.#texts].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((result, secret) => result.replaceAll(secret, '***'), text);
  }
}

/** What the text looks like inside the base64 of something longer, whatever stands before and after it. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((offset) => {
    const whole = bytes.subarray((3 - offset) % 3);
    return whole.subarray(0, whole.length - (whole.length % 3)).toString('base64');
  });
}
