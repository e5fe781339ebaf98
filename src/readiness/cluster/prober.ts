/**
 * The outcomes of a script in a pod (script.ts), handed to who waits: own-pod.ts and existing-pod.ts say whose pod it is.
 */
import { type Clock, throwIfAborted, withTimeLimit } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { EnvironmentError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Kube } from '../../kube/kube.ts';
import type { ProbeFacts, Prober, ProbeTarget } from '../facts.ts';
import { OutcomeReader, type ProbeLine } from './outcome.ts';
import type { ScriptOptions } from './script.ts';

/** Milliseconds that a pod may wait for its image or a node, or write nothing, before that counts. */
export const START_WITHIN = 180_000;
const SILENT = new Error('no outcome yet');
/** Lines of the pod that are no outcome and go with an error. */
const EVIDENCE = 20;

export interface ClusterContext {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds until the tries must have begun; an image and a node are waited for at most three minutes. */
  readonly startWithin: number;
}

/** Where the script's lines come from, and what to take away in the end. */
export interface ScriptRun {
  readonly script: ScriptOptions;
  readonly lines: (stop: AbortSignal) => AsyncIterable<string>;
  readonly remove: () => Promise<void>;
}

/** Resolves once the script makes its tries. EnvironmentError PROBE_POD_FAILED where it does not begin. */
export async function startProber(run: ScriptRun, context: ClusterContext): Promise<Prober> {
  const prober = new ScriptProber(run, context);
  try {
    await prober.begin(context.signal);
    return prober;
  } catch (error) {
    await prober.close();
    throw error;
  }
}

export function cannotProbe(what: string, evidence: readonly string[]): EnvironmentError {
  return new EnvironmentError('PROBE_POD_FAILED', `The pod that is to make the tries ${what}.`, {
    mend: 'probe-image must be there for the nodes to pull, and have sh and curl; probe-pull-secret names what a private registry wants.',
    evidence,
  });
}

/** Hands the outcomes of the script to who asks for them. */
class ScriptProber implements Prober {
  readonly paces = true;
  readonly #targets: readonly ProbeTarget[];
  readonly #reader: OutcomeReader;
  readonly #remove: () => Promise<void>;
  readonly #stop = new AbortController();
  readonly #latest = new Map<number, ProbeFacts>();
  /** Outcomes that nobody has asked for yet; the newest says it all, so one for each target. */
  readonly #fresh = new Map<number, ProbeFacts>();
  readonly #others: string[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #clock: Clock;
  #curl: string | undefined;
  /** Why no more lines will come. */
  #over: unknown;

  constructor({ script, lines, remove }: ScriptRun, { signal, log, clock }: ClusterContext) {
    this.#clock = clock;
    this.#targets = script.targets;
    this.#reader = new OutcomeReader(script.targets, script.requestTimeout);
    this.#remove = remove;
    void this.#read(lines(AbortSignal.any([signal, this.#stop.signal])), log);
  }

  /** Resolves once the script makes its tries. */
  async begin(signal: AbortSignal): Promise<void> {
    const limit = withTimeLimit(this.#clock, START_WITHIN, signal, () =>
      cannotProbe(`wrote nothing within ${formatDuration(START_WITHIN)}`, this.#others),
    );
    try {
      await this.#until(() => this.#curl !== undefined, limit.signal);
    } finally {
      limit.clear();
    }
  }

  async probe(target: ProbeTarget, limit: number, signal: AbortSignal): Promise<ProbeFacts> {
    const id = this.#targets.indexOf(target);
    const late = withTimeLimit(this.#clock, limit, signal, () => SILENT);
    try {
      await this.#until(() => this.#fresh.has(id), late.signal);
    } catch (error) {
      if (error !== SILENT) throw error;
      const { href, host } = target.url;
      return {
        url: href,
        failure: { kind: 'timeout', stage: 'response', limit, peer: host },
        duration: limit,
      };
    } finally {
      late.clear();
    }
    const facts = this.#fresh.get(id)!;
    this.#fresh.delete(id);
    return facts;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#remove();
  }

  async #read(lines: AsyncIterable<string>, log: Logger): Promise<void> {
    try {
      for await (const line of lines) this.#take(this.#reader.read(line), log);
      this.#over = cannotProbe('ended before the wait did', this.#others);
    } catch (error) {
      this.#over = error;
    }
    this.#wakeAll();
  }

  #take(line: ProbeLine | undefined, log: Logger): void {
    switch (line?.kind) {
      case 'begun':
        this.#curl = line.curl;
        log.debug(`the pod tries with ${line.curl}`);
        break;
      case 'outcome':
        this.#note(line.id, line.facts);
        break;
      case 'same': {
        const facts = this.#latest.get(line.id);
        if (facts) this.#note(line.id, { ...facts, duration: line.duration });
        break;
      }
      case 'other':
        log.debug(`pod: ${line.text}`);
        this.#others.push(line.text);
        if (this.#others.length > EVIDENCE) this.#others.shift();
        break;
      case undefined:
        return;
    }
    this.#wakeAll();
  }

  #note(id: number, facts: ProbeFacts): void {
    this.#latest.set(id, facts);
    this.#fresh.set(id, facts);
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Rejects with the signal's reason, or with why there will be no more lines. */
  async #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    while (!holds()) {
      throwIfAborted(signal);
      if (this.#over !== undefined) throw this.#over;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }
}
