/** The shape of every failure that people get to read (DESIGN §3 "Errors"). */

/** A try that did not pass, or a wait that did not end well, in words. */
export interface Explanation {
  /** Stable, `WAIT_…`. */
  readonly code: string;
  /** What was found, to be read after "the URL: "; no full stop. */
  readonly what: string;
  /** What to do, in whole sentences. */
  readonly mend: string;
}
