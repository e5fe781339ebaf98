/**
 * Following a container's log so that no line is lost or doubled when the stream is cut: every line carries the
 * kubelet's time stamp, a new stream begins at the second of the last one, and what was seen is dropped.
 * Source: kubernetes/kubernetes pkg/kubelet/kuberuntime/logs; KEP-2411 (time stamps are RFC 3339 in nanoseconds).
 */
import { type Clock, throwIfAborted } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { isNotFound, isTransient, KubeError } from './errors.ts';
import type { Kube, KubeObject, Target } from './kube.ts';
import { PODS } from './resources.ts';

/** Pause before a stream that ended is opened again. */
const PAUSE = 1000;
/** Failures in a row after which the log counts as lost. */
const TRIES = 30;
/** A dead connection shows no end; after this silence a new one is opened, which costs nothing. */
const IDLE = 60_000;
/** Longest line that is kept, characters; the rest of it is dropped. */
const LINE_LIMIT = 64 * 1024;

export interface FollowOptions {
  readonly kube: Kube;
  readonly pod: Target;
  readonly container: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    /** A side-car may be declared as an init container. */
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly state?: { readonly terminated?: unknown };
}

/** Lines without their time stamps. Ends when the container has ended or the pod is gone, after its last line. */
export async function* followPodLog(options: FollowOptions): AsyncGenerator<string> {
  const { kube, pod, container, clock, signal } = options;
  const seen = new SeenLines();
  let failures = 0;
  for (;;) {
    throwIfAborted(signal);
    const last = await hasEnded(options);
    try {
      const sinceTime = seen.since();
      const text = kube.podLog(pod, {
        container,
        follow: !last,
        timestamps: true,
        idle: IDLE,
        signal,
        ...(sinceTime && { sinceTime }),
      });
      seen.restart();
      for await (const line of stampedLines(text, last)) {
        failures = 0;
        const fresh = seen.take(line);
        if (fresh !== undefined) yield fresh;
      }
    } catch (error) {
      throwIfAborted(signal);
      if (last || isNotFound(error)) return;
      if (!isPassing(error) || ++failures >= TRIES) throw error;
      options.log.debug(`log of ${pod.name}: ${messageOf(error)}; next try in ${formatDuration(PAUSE)}`);
    }
    if (last) return;
    await clock.sleep(PAUSE, signal);
  }
}

/** 400 is "container is waiting to start"; the rest are lost connections and a kubelet that is away. */
function isPassing(error: unknown): boolean {
  return isTransient(error) || (error instanceof KubeError && error.status === 400);
}

async function hasEnded({ kube, pod, container, signal }: FollowOptions): Promise<boolean> {
  try {
    const { status = {} } = await kube.get<Pod>(PODS, pod, { signal });
    if (status.phase === 'Succeeded' || status.phase === 'Failed') return true;
    const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
    return all.find(({ name }) => name === container)?.state?.terminated !== undefined;
  } catch (error) {
    if (isNotFound(error)) return true;
    if (isPassing(error)) return false;
    throw error;
  }
}

/**
 * Lines with their line feed. A line that the cut left incomplete comes again whole with the next stream, so it is
 * dropped — unless there will be no next one.
 */
async function* stampedLines(text: AsyncIterable<string>, last: boolean): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!.slice(0, LINE_LIMIT);
    yield* lines;
  }
  if (last && rest !== '') yield rest;
}

/** Knows the last time stamp and how many lines bore it; within one stamp, order is all there is to go by. */
class SeenLines {
  #stamp = '';
  /** Lines with `#stamp` that were handed on. */
  #count = 0;
  /** Lines with `#stamp` that the present stream has repeated so far. */
  #repeated = 0;
  #lastWasFresh = true;

  /** A new stream begins. */
  restart(): void {
    this.#repeated = 0;
    this.#lastWasFresh = true;
  }

  /** The API takes whole seconds only. */
  since(): string | undefined {
    return this.#stamp === '' ? undefined : `${this.#stamp.slice(0, 19)}Z`;
  }

  /** The line's text, or undefined if it was handed on before. */
  take(line: string): string | undefined {
    const blank = line.indexOf(' ');
    const stamp = utcStamp(blank < 0 ? line : line.slice(0, blank));
    // Without a stamp it is the rest of a line that the runtime had split: it shares the fate of the line before.
    if (stamp === undefined) return this.#lastWasFresh ? line : undefined;
    this.#lastWasFresh = this.#isFresh(stamp);
    if (!this.#lastWasFresh) return undefined;
    return blank < 0 ? '' : line.slice(blank + 1);
  }

  #isFresh(stamp: string): boolean {
    if (stamp < this.#stamp) return false;
    if (stamp > this.#stamp) {
      [this.#stamp, this.#count, this.#repeated] = [stamp, 1, 1];
      return true;
    }
    this.#repeated++;
    if (this.#repeated <= this.#count) return false;
    this.#count = this.#repeated;
    return true;
  }
}

/**
 * `2026-11-21T13:00:00.5+01:00` → `2026-11-21T12:00:00.500000000`, so that texts compare as times: runtimes write the
 * node's own offset, and cut trailing zeroes. Undefined: not a time.
 */
function utcStamp(text: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!match) return undefined;
  const [, seconds, fraction = '', offset] = match;
  const utc =
    offset === 'Z' ? seconds! : new Date(Date.parse(`${seconds}${offset}`)).toISOString().slice(0, 19);
  return `${utc}.${fraction.padEnd(9, '0')}`;
}
