/**
 * Watches: a stream of events, one JSON line each, from a version on; bookmarks in between, 410 where history is gone.
 * A client that does not read is dropped (kubernetes/website "API concepts", "Efficient detection of changes").
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../src/base/clock.ts';
import { expired, invalid } from './failure.ts';
import type { KubeObject } from './object.ts';
import { parseVersion, selectorOf } from './reads.ts';
import { type Representation, represent } from './representation.ts';
import { isOn, type RequestInfo } from './request.ts';
import { apiVersionOf, collectionOf, type ResourceType } from './resource-type.ts';
import type { Predicate } from './selector.ts';
import type { Store, StoreEvent } from './store.ts';

/** Seconds that a watch lasts when the client does not say. */
const DEFAULT_TIMEOUT = 30 * 60;
const MAX_TIMEOUT = 24 * 60 * 60;
/** Bytes that may wait for a slow client. */
const MAX_BACKLOG = 8 * 1024 * 1024;

export interface WatchRequest {
  readonly store: Store;
  readonly clock: Clock;
  readonly type: ResourceType;
  readonly info: RequestInfo;
  readonly wanted: Representation;
  /** Milliseconds between bookmarks. */
  readonly bookmarkInterval: number;
  /** Aborted when the client is gone or the server closes. */
  readonly signal: AbortSignal;
}

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** Writes events until time is up or the client is gone. Throws 400 before anything is written. */
export async function serveWatch(request: WatchRequest, response: ServerResponse): Promise<void> {
  const { store, clock, type, info, signal } = request;
  const asked = parseVersion(info.query, Number.POSITIVE_INFINITY);
  const fits = scopeOf(request);
  checkInitialEvents(info.query);
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const stream = new EventStream(request, response, () => over.abort());

  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const wholeState = startsWithState(info.query, asked);
  const missed = wholeState ? [] : store.eventsSince(collectionOf(type), asked!);
  if (!missed) {
    stream.tooOld(asked!, store.floorOf(collectionOf(type)));
    return void response.end();
  }
  if (wholeState) stream.state(store, fits);
  for (const event of missed) stream.event(event, fits);
  const unsubscribe = store.subscribe(collectionOf(type), (event) => stream.event(event, fits));
  try {
    await Promise.all([keepBookmarking(stream, request, stop), lasting(info.query, clock, over, stop)]);
  } finally {
    unsubscribe();
    response.end();
  }
}

/** Without a version, and with 0, a watch begins with the present objects; sendInitialEvents asks for that, too. */
function startsWithState(query: URLSearchParams, asked: number | undefined): boolean {
  return isOn(query, 'sendInitialEvents') || !asked;
}

function checkInitialEvents(query: URLSearchParams): void {
  if (!isOn(query, 'sendInitialEvents') || query.get('resourceVersionMatch') === 'NotOlderThan') return;
  const detail = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
  const fault = { field: 'resourceVersionMatch', reason: 'FieldValueForbidden', detail };
  throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [fault]);
}

function scopeOf({ type, info }: WatchRequest): Predicate {
  const selected = selectorOf(info.query, type);
  const namespace = type.namespaced ? info.namespace : '';
  return (object) => (namespace === '' || object.metadata.namespace === namespace) && selected(object);
}

async function lasting(
  query: URLSearchParams,
  clock: Clock,
  over: AbortController,
  stop: AbortSignal,
): Promise<void> {
  const seconds = Math.min(Number(query.get('timeoutSeconds')) || DEFAULT_TIMEOUT, MAX_TIMEOUT);
  await clock.sleep(seconds * 1000, stop).catch(() => {});
  over.abort();
}

async function keepBookmarking(stream: EventStream, request: WatchRequest, stop: AbortSignal): Promise<void> {
  if (!isOn(request.info.query, 'allowWatchBookmarks')) return;
  while (!stop.aborted) {
    await request.clock.sleep(request.bookmarkInterval, stop).catch(() => {});
    if (!stop.aborted) stream.bookmark(request.store.version);
  }
}

class EventStream {
  private readonly request: WatchRequest;
  private readonly response: ServerResponse;
  private readonly onSlow: () => void;

  constructor(request: WatchRequest, response: ServerResponse, onSlow: () => void) {
    this.request = request;
    this.response = response;
    this.onSlow = onSlow;
  }

  /** Everything there is, as added; then, where the client asked for it, the bookmark that says "that was all". */
  state(store: Store, fits: Predicate): void {
    for (const object of store.list(collectionOf(this.request.type)).filter(fits)) this.send('ADDED', object);
    const { query } = this.request.info;
    if (isOn(query, 'sendInitialEvents') && isOn(query, 'allowWatchBookmarks')) {
      this.bookmark(store.version, { 'k8s.io/initial-events-end': 'true' });
    }
  }

  /** What leaves the selection is deleted for this client, what enters it is added. */
  event({ type, object, previous }: StoreEvent, fits: Predicate): void {
    const [is, was] = [type !== 'DELETED' && fits(object), previous !== undefined && fits(previous)];
    if (is) this.send(was ? 'MODIFIED' : 'ADDED', object);
    else if (was) this.send('DELETED', object);
  }

  bookmark(version: number, annotations?: Record<string, string>): void {
    const { type } = this.request;
    const metadata = {
      resourceVersion: String(version),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    };
    this.line('BOOKMARK', { kind: type.kind, apiVersion: apiVersionOf(type), metadata });
  }

  tooOld(asked: number, oldest: number): void {
    this.line('ERROR', expired(`too old resource version: ${asked} (${oldest})`).status);
  }

  private send(eventType: EventType, object: KubeObject): void {
    const { type, wanted, clock } = this.request;
    this.line(eventType, represent(object, type, { ...wanted, now: clock.now() }));
  }

  private line(type: EventType, object: object): void {
    if (this.response.writableLength > MAX_BACKLOG) {
      this.onSlow();
      this.response.destroy();
    } else if (!this.response.destroyed) {
      this.response.write(`${JSON.stringify({ type, object })}\n`);
    }
  }
}
