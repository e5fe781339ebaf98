/**
 * What happens to single requests on the way: 429 storms, 50x sequences, cut bodies, answers that come too late
 * (facts/oci.md §2.3, §7). A fault is used up after `times` requests; the next one in the list then has its turn.
 */
import type { IncomingMessage } from 'node:http';

/** An answer in the place of the registry's own. */
export interface FaultAnswer {
  readonly answer: number;
  /** Seconds, or a date. */
  readonly retryAfter?: number | string;
  /** Default: an error as a proxy writes it, in HTML. */
  readonly body?: string;
  /** Default true: reads the request's body to its end before it answers. */
  readonly drain?: boolean;
}

export type Effect =
  | FaultAnswer
  /** Ends the connection once this many bytes of the body came; 0: at once. */
  | { readonly cutAfterBytes: number }
  /** Ends the connection, or answers `lateAnswer`, this many milliseconds after the request began, as Traefik's readTimeout. */
  | { readonly cutAfterMs: number; readonly lateAnswer?: number }
  /** Ends the connection when the whole body came, and does what was asked `ms` later: a commit that the client never hears of. */
  | { readonly commitLateMs: number }
  /** Does what was asked, then ends the connection instead of answering. */
  | { readonly loseAnswer: true };

export interface Fault {
  /** Default: any. */
  readonly method?: string | readonly string[];
  /** Path with query; default: any below /v2/. */
  readonly path?: RegExp;
  /** How many requests it meets. Default 1; `Infinity` for all. */
  readonly times?: number;
  /** Lets this many matching requests pass first. Default 0. */
  readonly skip?: number;
  readonly does: Effect;
}

interface Armed {
  readonly fault: Fault;
  skip: number;
  left: number;
}

/** The faults that are still to come. */
export class FaultQueue {
  #armed: Armed[] = [];

  /** Adds faults behind those that are there. */
  add(...faults: readonly Fault[]): void {
    this.#armed.push(...faults.map((fault) => ({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 })));
  }

  clear(): void {
    this.#armed = [];
  }

  /** How many requests the finite ones are still waiting for. */
  get pending(): number {
    return this.#armed.reduce((sum, { left }) => sum + (Number.isFinite(left) ? left : 0), 0);
  }

  /** What happens to this request; counts it. */
  take(request: IncomingMessage): Effect | undefined {
    const armed = this.#armed.find((entry) => matches(entry.fault, request));
    if (!armed) return undefined;
    if (armed.skip > 0) {
      armed.skip--;
      return undefined;
    }
    armed.left--;
    if (armed.left <= 0) this.#armed = this.#armed.filter((entry) => entry !== armed);
    return armed.fault.does;
  }
}

function matches(fault: Fault, request: IncomingMessage): boolean {
  const methods = fault.method === undefined ? undefined : [fault.method].flat();
  if (methods && !methods.includes(request.method!)) return false;
  return (fault.path ?? /^\/v2\//).test(request.url!);
}
