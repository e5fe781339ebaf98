/**
 * The objects and their history, in memory: one resourceVersion for all, a bounded window of events per collection.
 * What etcd and the watch cache are to a real server (facts/harvester.md §3.1).
 */
import { type KubeObject, keyOf, sameJson } from './object.ts';

/** Events kept per collection; a watch that begins earlier gets 410. */
export const DEFAULT_WINDOW = 1000;

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly object: KubeObject;
  /** What it was before, unless it was added. */
  readonly previous?: KubeObject;
}

type Listener = (event: StoreEvent) => void;

interface Collection {
  readonly objects: Map<string, KubeObject>;
  readonly events: StoreEvent[];
  readonly listeners: Set<Listener>;
  /** Events up to this version are not known (any more). */
  floor: number;
}

/** What is persisted; `objects` by collection. */
export interface Snapshot {
  readonly version: number;
  readonly objects: Readonly<Record<string, readonly KubeObject[]>>;
}

export class Store {
  private readonly collections = new Map<string, Collection>();
  private readonly observers = new Set<(collection: string, event: StoreEvent) => void>();
  private readonly window: number;
  private readonly firstVersion: number;
  private counter: number;

  constructor(options: { window?: number; snapshot?: Snapshot | undefined } = {}) {
    this.window = options.window ?? DEFAULT_WINDOW;
    this.counter = options.snapshot?.version ?? 1;
    this.firstVersion = this.counter;
    for (const [name, objects] of Object.entries(options.snapshot?.objects ?? {})) {
      const { objects: map } = this.collection(name);
      for (const object of objects) map.set(keyOf(object.metadata.namespace, object.metadata.name), object);
    }
  }

  /** The newest resourceVersion. */
  get version(): number {
    return this.counter;
  }

  get(collection: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.collections.get(collection)?.objects.get(keyOf(namespace, name));
  }

  /** In order of namespace and name; of all namespaces without `namespace`. */
  list(collection: string, namespace?: string): KubeObject[] {
    const entries = [...(this.collections.get(collection)?.objects.entries() ?? [])];
    const prefix = namespace ? `${namespace}/` : '';
    const within = entries.filter(([key]) => key.startsWith(prefix));
    return within.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  collectionNames(): string[] {
    return [...this.collections.keys()];
  }

  /** Undefined if there is one of that name. */
  create(collection: string, object: KubeObject): KubeObject | undefined {
    const { namespace, name } = object.metadata;
    if (this.get(collection, namespace, name)) return undefined;
    return this.put(collection, 'ADDED', object, undefined);
  }

  /** Undefined if `previous` is not the newest any more. An object that does not differ keeps its version. */
  replace(collection: string, previous: KubeObject, object: KubeObject): KubeObject | undefined {
    if (!this.isNewest(collection, previous)) return undefined;
    if (sameJson(previous, object)) return previous;
    return this.put(collection, 'MODIFIED', object, previous);
  }

  /** Undefined if `previous` is not the newest any more; otherwise `last`, as the event of its deletion shows it. */
  remove(collection: string, previous: KubeObject, last: KubeObject = previous): KubeObject | undefined {
    if (!this.isNewest(collection, previous)) return undefined;
    return this.put(collection, 'DELETED', last, previous);
  }

  /** Events after `version`, or undefined if some of them are not known any more. */
  eventsSince(collection: string, version: number): readonly StoreEvent[] | undefined {
    const { events, floor } = this.collection(collection);
    return version < floor ? undefined : events.filter((event) => event.version > version);
  }

  /** The version from which on the events of a collection are known. */
  floorOf(collection: string): number {
    return this.collection(collection).floor;
  }

  /** Calls `listener` for each event of a collection; returns how to stop that. */
  subscribe(collection: string, listener: Listener): () => void {
    const { listeners } = this.collection(collection);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Calls `observer` for each event of any collection; returns how to stop that. */
  observe(observer: (collection: string, event: StoreEvent) => void): () => void {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  }

  snapshot(): Snapshot {
    const entries = [...this.collections].map(
      ([name, { objects }]) => [name, [...objects.values()]] as const,
    );
    return { version: this.counter, objects: Object.fromEntries(entries) };
  }

  private isNewest(collection: string, { metadata }: KubeObject): boolean {
    const current = this.get(collection, metadata.namespace, metadata.name);
    return (
      current?.metadata.resourceVersion === metadata.resourceVersion && current?.metadata.uid === metadata.uid
    );
  }

  private put(
    name: string,
    type: StoreEvent['type'],
    object: KubeObject,
    previous: KubeObject | undefined,
  ): KubeObject {
    this.counter += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.counter) } };
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const { objects } = this.collection(name);
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, stored);
    this.record(name, { type, version: this.counter, object: stored, ...(previous && { previous }) });
    return stored;
  }

  private record(name: string, event: StoreEvent): void {
    const collection = this.collection(name);
    collection.events.push(event);
    if (collection.events.length > this.window) collection.floor = collection.events.shift()!.version;
    for (const listener of [...collection.listeners]) listener(event);
    for (const observer of [...this.observers]) observer(name, event);
  }

  private collection(name: string): Collection {
    const known = this.collections.get(name);
    if (known) return known;
    const floor = this.firstVersion;
    const fresh: Collection = { objects: new Map(), events: [], listeners: new Set(), floor };
    this.collections.set(name, fresh);
    return fresh;
  }
}
