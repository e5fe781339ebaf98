/**
 * Following objects for as long as it takes: list, then watch from there, resumed when the connection ends, listed anew
 * when the server has forgotten the version (410). Source: kubernetes/website "Efficient detection of changes".
 */
import { type Clock, throwIfAborted } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { isTransient, KubeError } from './errors.ts';
import type { Kube, KubeObject, Resource } from './kube.ts';

/** Pause before a watch that ended is opened again; doubled on each failure in a row. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
/** Failures in a row after which the cluster counts as lost. */
const TRIES = 8;

export type Observation<T extends KubeObject> =
  /** All objects there are; what is missing here has gone. */
  | { readonly kind: 'listed'; readonly objects: readonly T[] }
  | { readonly kind: 'changed'; readonly object: T }
  | { readonly kind: 'deleted'; readonly object: T };

export interface ObserveOptions {
  readonly kube: Kube;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  /** Only this object. */
  readonly name?: string;
  readonly labelSelector?: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** Never ends by itself; throws what is not transient, or the last error after too many in a row. */
export async function* observe<T extends KubeObject>(
  options: ObserveOptions,
): AsyncGenerator<Observation<T>> {
  const { kube, resource, clock, signal } = options;
  const selection = {
    namespace: options.namespace,
    labelSelector: options.labelSelector,
    fieldSelector: options.name && `metadata.name=${options.name}`,
    signal,
  };
  let version: string | undefined;
  let failures = 0;
  for (;;) {
    throwIfAborted(signal);
    try {
      if (version === undefined) {
        const list = await kube.list<T>(resource, selection);
        version = list.resourceVersion;
        yield { kind: 'listed', objects: list.items };
      }
      for await (const event of kube.watch<T>(resource, { ...selection, resourceVersion: version })) {
        failures = 0;
        if (event.type === 'BOOKMARK') {
          version = event.resourceVersion;
          continue;
        }
        version = event.object.metadata.resourceVersion ?? version;
        yield { kind: event.type === 'DELETED' ? 'deleted' : 'changed', object: event.object };
      }
      await clock.sleep(FIRST_PAUSE, signal);
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof KubeError && error.code === 'KUBE_GONE') {
        version = undefined;
        continue;
      }
      if (!isTransient(error) || ++failures >= TRIES) throw error;
      await pauseAfter(error, failures, options);
    }
  }
}

async function pauseAfter(error: unknown, failures: number, options: ObserveOptions): Promise<void> {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures);
  options.log.info(
    `watching ${options.resource.plural}: attempt ${failures} of ${TRIES} failed: ${messageOf(error)}; ` +
      `next in ${formatDuration(pause)}`,
  );
  await options.clock.sleep(pause, options.signal);
}

export interface WaitOptions<T extends KubeObject, R> extends ObserveOptions {
  readonly name: string;
  /**
   * Asked at every change and every `tick`; undefined object: it does not exist (any more). Returns the result when
   * the wait is over, undefined to go on; what it throws ends the wait.
   */
  readonly judge: (object: T | undefined) => R | undefined;
  /** Milliseconds between questions when nothing changes, so that time limits work. Default 1000. */
  readonly tick?: number;
}

/** Waits until `judge` has an answer. Changes are judged at once, in order. */
export async function waitForObject<T extends KubeObject, R>(options: WaitOptions<T, R>): Promise<R> {
  const { clock, judge, tick = 1000 } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const observations = observe<T>({ ...options, signal });
  let current: T | undefined;
  let known = false;
  let next = observations.next();
  try {
    for (;;) {
      const timer = new AbortController();
      const timed = clock
        .sleep(tick, AbortSignal.any([signal, timer.signal]))
        .then(() => undefined, onlyTimer);
      const step = await Promise.race([next, timed]);
      timer.abort();
      throwIfAborted(options.signal);
      if (step && !step.done) {
        current = step.value.kind === 'listed' ? step.value.objects[0] : present(step.value);
        known = true;
        next = observations.next();
      }
      const result = known ? judge(current) : undefined;
      if (result !== undefined) return result;
    }
  } finally {
    stop.abort();
    next.catch(() => {}); // ends with our own abort
  }
}

function present<T extends KubeObject>(
  observation: Exclude<Observation<T>, { kind: 'listed' }>,
): T | undefined {
  return observation.kind === 'deleted' ? undefined : observation.object;
}

/** A timer that was stopped says nothing; the abort of the whole wait is noticed by its own check. */
const onlyTimer = (): undefined => undefined;
