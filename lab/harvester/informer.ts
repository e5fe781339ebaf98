/**
 * A local copy of all objects of one kind, kept up to date by list and watch, as client-go's informers do: after a closed
 * watch it watches on from the last version seen, after 410 Gone it lists again.
 */
import type { Clock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import { ApiError, type Cluster, type WatchEvent } from './client.ts';
import { type Kind, keyOf } from './kinds.ts';
import type { KubeObject } from './objects.ts';

const PAUSE_AFTER_FAILURE = 200;

export interface InformerOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export class Informer<T extends KubeObject> {
  private readonly objects = new Map<string, T>();
  private readonly listeners: ((object: T, gone: boolean) => void)[] = [];
  private readonly kind: Kind<T>;
  private readonly options: InformerOptions;
  private version = '';
  private stopped: Promise<void> = Promise.resolve();

  constructor(kind: Kind<T>, options: InformerOptions) {
    this.kind = kind;
    this.options = options;
  }

  /** Calls `listener` for each object that is new, changed or (`gone`) deleted. Register before {@link start}. */
  onChange(listener: (object: T, gone: boolean) => void): void {
    this.listeners.push(listener);
  }

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  all(): T[] {
    return [...this.objects.values()];
  }

  /** Resolves after the first list; goes on watching until the signal aborts. */
  async start(): Promise<void> {
    await this.relist();
    this.stopped = this.follow();
  }

  /** Resolves when the watch has ended. */
  done(): Promise<void> {
    return this.stopped;
  }

  private async relist(): Promise<void> {
    const { items, resourceVersion } = await this.options.cluster.list(this.kind);
    const present = new Set(items.map(keyOf));
    for (const [key, object] of this.objects) if (!present.has(key)) this.apply({ type: 'DELETED', object });
    for (const object of items) this.apply({ type: 'MODIFIED', object });
    this.version = resourceVersion;
  }

  private async follow(): Promise<void> {
    const { signal, clock, log } = this.options;
    while (!signal.aborted) {
      try {
        if (this.version === '') await this.relist();
        for await (const event of this.options.cluster.watch(this.kind, this.version, signal))
          this.receive(event);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && error.status === 410) this.version = '';
        else log.debug(`watching ${this.kind.plural}: ${messageOf(error)}`);
        await clock.sleep(PAUSE_AFTER_FAILURE, signal).catch(() => {});
      }
    }
  }

  private receive(event: WatchEvent<T>): void {
    if (event.type === 'ERROR') {
      const status = event.object as unknown as { code?: number; reason?: string; message?: string };
      throw new ApiError(status.code ?? 500, status.reason ?? '', status.message ?? 'watch error');
    }
    this.version = event.object.metadata.resourceVersion ?? this.version;
    if (event.type !== 'BOOKMARK') this.apply(event);
  }

  private apply(event: WatchEvent<T>): void {
    const key = keyOf(event.object);
    const gone = event.type === 'DELETED';
    if (gone) this.objects.delete(key);
    else this.objects.set(key, event.object);
    for (const listener of this.listeners) listener(event.object, gone);
  }
}
