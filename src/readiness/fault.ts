/** A failure on its way up through a try; never leaves probe.ts. */
import type { Failure } from './facts.ts';

export class ProbeFault extends Error {
  readonly failure: Failure;
  /** The proxy, if the failure is one of the way to it. */
  readonly via: string | undefined;

  constructor(failure: Failure, via?: string) {
    super(failure.kind);
    this.name = 'ProbeFault';
    this.failure = failure;
    this.via = via;
  }
}
