/**
 * Tries from inside a cluster: what a runner outside cannot reach, a pod often can (seeds/000 §3). One pod for the whole wait,
 * or one that is there already; both run the same script (script.ts), and what it prints is read by outcome.ts.
 */
import { type Clock, throwIfAborted, withTimeLimit } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { EnvironmentError, messageOf, UserError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { createOrAdopt } from '../../kube/create.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { Kube, KubeObject, Target } from '../../kube/kube.ts';
import { isOfRun } from '../../kube/ownership.ts';
import { followPodLog } from '../../kube/pod-log.ts';
import { PODS, SECRETS } from '../../kube/resources.ts';
import type { ProbeFacts, Prober, ProbeTarget } from '../facts.ts';
import { OutcomeReader, type ProbeLine } from './outcome.ts';
import { type NewProbePod, PROBE_CONTAINER, probePod, probeSecret } from './pod.ts';
import { renderExecScript, renderPodScript, type ScriptOptions } from './script.ts';

/** Milliseconds between looks at a pod that starts. */
const LOOK_EVERY = 500;
/** Milliseconds that a pod may wait for its image or a node before that counts. */
const START_WITHIN = 180_000;
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

interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerStatus {
  readonly ready?: boolean;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

/**
 * Starts a pod of its own; resolves once it makes its tries. EnvironmentError PROBE_POD_FAILED where it cannot start, KUBE_*
 * where it is refused. Close it: the pod and its Secret go.
 */
export async function probeFromPod(
  script: ScriptOptions,
  pod: NewProbePod,
  context: ClusterContext,
): Promise<Prober> {
  const { kube, log, signal } = context;
  const ours = (found: KubeObject) => isOfRun(found, pod.ownership.runId);
  const { object } = await createOrAdopt(kube, PODS, probePod(pod), { ours, signal });
  const owner = { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: object.metadata.uid! };
  const remove = () => removeProbePod(pod, context);
  try {
    await createOrAdopt(kube, SECRETS, probeSecret(pod, renderPodScript(script), owner), { ours, signal });
    log.info(`created pod ${pod.namespace}/${pod.name}, which makes the tries in the cluster`);
    await untilStarted(pod, context);
    const lines = (stop: AbortSignal) =>
      followPodLog({ ...context, signal: stop, pod, container: PROBE_CONTAINER });
    return await begun(new ScriptProber(script, lines, context, remove), context);
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Removes pod and Secret; says nothing of what is gone already. Also for a post step. */
export async function removeProbePod(
  pod: Target,
  { kube, log }: Pick<ClusterContext, 'kube' | 'log'>,
): Promise<void> {
  for (const resource of [PODS, SECRETS]) {
    await kube.delete(resource, pod).catch((error: unknown) => {
      if (!isNotFound(error)) log.warning(`${resource.kind} ${pod.name} is still there: ${messageOf(error)}`);
    });
  }
}

/** Uses a pod that is there, by exec; nothing is created. UserError PROBE_POD_NOT_FOUND. */
export async function probeFromExistingPod(
  script: ScriptOptions,
  where: { readonly namespace: string; readonly selector: string; readonly container?: string | undefined },
  context: ClusterContext,
): Promise<Prober> {
  const pod = await findPod(where, context);
  context.log.info(`trying from pod ${where.namespace}/${pod.name}`);
  const { container } = where;
  const lines = (stop: AbortSignal) =>
    execLines(
      renderExecScript(script),
      { ...context, signal: stop },
      { ...pod, ...(container && { container }) },
    );
  return begun(new ScriptProber(script, lines, context, async () => {}), context);
}

async function findPod(
  { namespace, selector }: { namespace: string; selector: string },
  { kube, signal }: ClusterContext,
): Promise<Target> {
  const { items } = await kube.list<Pod>(PODS, { namespace, labelSelector: selector, signal });
  const running = items.find(
    ({ metadata, status }) =>
      status?.phase === 'Running' &&
      !metadata.deletionTimestamp &&
      status.containerStatuses?.every(({ ready }) => ready),
  );
  if (running) return { namespace, name: running.metadata.name };
  const found = items.length === 0 ? 'There is no pod' : `None of ${items.length} pods is running and ready`;
  throw new UserError('PROBE_POD_NOT_FOUND', `${found} with ${selector} in namespace "${namespace}".`, {
    mend: 'Correct probe-pod, or leave it out: a pod is then made for the wait.',
  });
}

/** Lines that a command writes; its stdin stays open until nobody listens any more, which ends the script. */
async function* execLines(
  script: string,
  { kube, signal }: ClusterContext,
  { container, ...pod }: Target & { container?: string },
): AsyncGenerator<string> {
  const queue: string[] = [];
  let rest = '';
  let wake = () => {};
  let over = false;
  const push = (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop()!;
    queue.push(...lines);
    wake();
  };
  const stop = new AbortController();
  async function* stdin() {
    yield Buffer.from(`${script}\n`);
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }));
  }
  const ended = kube
    .exec(pod, {
      command: ['sh', '-s'],
      ...(container && { container }),
      stdin: stdin(),
      onStdout: push,
      onStderr: push,
      signal: AbortSignal.any([signal, stop.signal]),
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    )
    .finally(() => {
      over = true;
      wake();
    });
  try {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!;
      if (over) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const error = await ended;
    if (error !== undefined) throw error;
  } finally {
    stop.abort();
  }
}

/** Until its log can be read. */
async function untilStarted(
  target: Target,
  { kube, clock, log, signal, startWithin }: ClusterContext,
): Promise<void> {
  const deadline = clock.monotonic() + Math.min(START_WITHIN, startWithin);
  let told = '';
  for (;;) {
    const pod = await kube.get<Pod>(PODS, target, { signal });
    const { phase = 'Pending' } = pod.status ?? {};
    if (phase !== 'Pending') return;
    const why = waitsFor(pod);
    if (why !== told) log.info(`pod ${target.name}: ${why}`);
    told = why;
    if (clock.monotonic() >= deadline || HOPELESS.test(why)) throw cannotProbe(`has not started: ${why}`, []);
    await clock.sleep(LOOK_EVERY, signal);
  }
}

/** States that no waiting changes. */
const HOPELESS = /^(InvalidImageName|ErrImageNeverPull|CreateContainerConfigError: secret .* not found in)/;

function waitsFor({ status }: Pod): string {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const { reason, message } = waiting ?? (scheduled?.status === 'False' ? scheduled : {});
  return [reason, message].filter(Boolean).join(': ') || 'Pending';
}

function cannotProbe(what: string, evidence: readonly string[]): EnvironmentError {
  return new EnvironmentError('PROBE_POD_FAILED', `The pod that is to make the tries ${what}.`, {
    mend: 'probe-image must be there for the nodes to pull, and have sh and curl; probe-pull-secret names what a private registry wants.',
    evidence,
  });
}

async function begun(prober: ScriptProber, { signal }: ClusterContext): Promise<Prober> {
  try {
    await prober.begin(signal);
    return prober;
  } catch (error) {
    await prober.close();
    throw error;
  }
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

  constructor(
    script: ScriptOptions,
    lines: (stop: AbortSignal) => AsyncIterable<string>,
    { signal, log, clock }: ClusterContext,
    remove: () => Promise<void>,
  ) {
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
