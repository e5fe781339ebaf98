/** One URL while it is waited for: its tries, what they gave, and the history of that in few words. */
import { formatDuration } from '../base/duration.ts';
import { redactUrl } from '../base/url.ts';
import type { Verdict } from './expectations.ts';
import type { Explanation } from './explanation.ts';
import type { Answer, ProbeFacts } from './facts.ts';
import { SHOWN_BODY } from './plan.ts';

/** Tries in a row with the same outcome. Times in ms since the wait began. */
export interface Span {
  /** `refused`, `503`, `ready`. */
  readonly label: string;
  readonly from: number;
  to: number;
  tries: number;
}

/** What came of one URL. */
export interface TargetReport {
  readonly name: string;
  /** `late`: not ready when the time was over, or when another one failed for good. */
  readonly outcome: 'ready' | 'never' | 'late';
  readonly attempts: number;
  /** Milliseconds until it was decided. */
  readonly elapsed: number;
  /** The last answer; its body cut. */
  readonly answer: Answer | undefined;
  /** Where the last answer came from, without what may be a secret. */
  readonly finalUrl: string | undefined;
  /** The last failure, also of a URL that became ready. */
  readonly why: Explanation | undefined;
  readonly spans: readonly Span[];
}

/** A server that flaps for hours must not fill the memory; the newest are kept. */
const SPANS = 50;

export class Watch {
  readonly name: string;
  outcome: TargetReport['outcome'] = 'late';
  attempts = 0;
  /** Tries in a row that passed. */
  successes = 0;
  why: Explanation | undefined;
  #elapsed = 0;
  #answer: Answer | undefined;
  #finalUrl: string | undefined;
  #spans: Span[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get decided(): boolean {
    return this.outcome !== 'late';
  }

  /** Tries in a row with the outcome of the last one. */
  get repeated(): number {
    return this.#spans.at(-1)?.tries ?? 0;
  }

  /** `at`: ms since the wait began. A try that passed not often enough yet counts as ready in the history. */
  note(facts: ProbeFacts, verdict: Verdict, at: number): void {
    this.attempts++;
    this.#elapsed = at;
    if (verdict.state === 'ready') this.successes++;
    else [this.successes, this.why] = [0, verdict.why];
    if (facts.answer) {
      this.#answer = shortened(facts.answer);
      this.#finalUrl = redactUrl(facts.url);
    }
    this.#extend(labelOf(facts, verdict), at, facts.duration);
  }

  #extend(label: string, at: number, duration: number): void {
    const last = this.#spans.at(-1);
    if (last?.label === label) {
      last.to = at;
      last.tries++;
      return;
    }
    this.#spans.push({ label, from: Math.max(at - duration, last?.to ?? 0), to: at, tries: 1 });
    if (this.#spans.length > SPANS) this.#spans = this.#spans.slice(-SPANS);
  }

  /** For a heartbeat. */
  line(): string {
    if (this.outcome === 'ready') return `${this.name}: ready`;
    const last = this.#spans.at(-1);
    if (!last) return `${this.name}: not tried yet`;
    return `${this.name}: ${this.why?.what ?? `${this.successes} good in a row`} (${tries(last.tries)} in ${formatDuration(last.to - last.from)})`;
  }

  report(elapsed: number): TargetReport {
    return {
      name: this.name,
      outcome: this.outcome,
      attempts: this.attempts,
      elapsed: this.decided ? this.#elapsed : elapsed,
      answer: this.#answer,
      finalUrl: this.#finalUrl,
      why: this.why,
      spans: this.#spans,
    };
  }
}

/** `1 try`, `12 tries`. */
export function tries(count: number): string {
  return count === 1 ? '1 try' : `${count} tries`;
}

function labelOf({ answer }: ProbeFacts, verdict: Verdict): string {
  if (verdict.state === 'ready') return 'ready';
  if (answer)
    return verdict.why.code === 'WAIT_STATUS' ? String(answer.status) : `${answer.status}, not as expected`;
  return verdict.why.code.replace('WAIT_', '').replaceAll('_', ' ').toLowerCase();
}

/** A copy, since a part of a long string keeps the whole of it in memory. */
function shortened(answer: Answer): Answer {
  if (answer.body.length <= SHOWN_BODY) return answer;
  return { ...answer, body: Buffer.from(answer.body.slice(0, SHOWN_BODY)).toString(), truncated: true };
}
