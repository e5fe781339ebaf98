/**
 * A cluster in memory: objects, watches, scripted logs and refusals. What was not announced is refused, so that a test
 * sees every request that the code makes.
 */
import type { Duplex } from 'node:stream';
import { errorFromAnswer, type KubeError } from '../../../src/kube/errors.ts';
import {
  type AccessAnswer,
  type AccessQuestion,
  type DeleteOptions,
  type EndpointAnswer,
  type EndpointRequest,
  type ExecOptions,
  type ExecStreamOptions,
  type Kube,
  type KubeObject,
  type ListOptions,
  type PodLogOptions,
  type Resource,
  resourceName,
  type Target,
  type WatchEvent,
  type WatchOptions,
} from '../../../src/kube/kube.ts';

type Verb = 'get' | 'list' | 'create' | 'replace' | 'patch' | 'delete' | 'watch' | 'log';
type Log = (options: PodLogOptions) => AsyncIterable<string>;
type Exec = (pod: Target, options: ExecOptions) => Promise<number>;
type Way = (pod: Target, to: readonly string[] | number) => Promise<Duplex> | Duplex;
type Endpoint = (url: URL, request: EndpointRequest) => Promise<EndpointAnswer> | EndpointAnswer;

interface Watcher {
  readonly plural: string;
  readonly options: WatchOptions;
  readonly push: (event: WatchEvent<KubeObject> | Error | undefined) => void;
}

export class FakeKube implements Kube {
  readonly server = 'https://cluster.test:6443';
  readonly namespace = 'ci';
  /** `verb plural name`, in order; lists and watches without a name. */
  readonly calls: string[] = [];
  /** Permissions that accessReview denies: `create virtualmachines`. */
  readonly denied = new Set<string>();
  readonly #served: ReadonlySet<string>;
  readonly #objects = new Map<string, KubeObject>();
  readonly #refusals: { verb: Verb; plural: string; times: number; error: KubeError }[] = [];
  readonly #reactions: { verb: Verb; plural: string; react: (object: KubeObject) => void }[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #logs: Log[] = [];
  #endpoint: Endpoint | undefined;
  #exec: Exec | undefined;
  #way: Way | undefined;
  #version = 0;

  constructor(served: readonly Resource[]) {
    this.#served = new Set(served.map(({ plural }) => plural));
  }

  // --- the test's side ---

  /** Stores an object and tells the watchers. */
  put(resource: Resource, object: KubeObject): KubeObject {
    const namespace = resource.namespaced ? (object.metadata.namespace ?? this.namespace) : undefined;
    const key = this.#key(resource, { name: object.metadata.name, namespace });
    const known = this.#objects.get(key);
    const stored: KubeObject = {
      ...object,
      metadata: {
        uid: `uid-${object.metadata.name}`,
        creationTimestamp: '2026-11-21T12:00:00Z',
        ...object.metadata,
        ...(namespace && { namespace }),
        resourceVersion: String(++this.#version),
      },
    };
    this.#objects.set(key, stored);
    this.#tell(resource, { type: known ? 'MODIFIED' : 'ADDED', object: stored });
    return stored;
  }

  /** Changes a stored object by a merge patch. */
  change(resource: Resource, name: string, patch: Record<string, unknown>): void {
    const object = this.peek(resource, name);
    if (!object) throw new Error(`no ${resource.plural} ${name}`);
    this.put(resource, merge(object, patch) as KubeObject);
  }

  /** Takes an object away at once. */
  drop(resource: Resource, name: string, namespace?: string): void {
    const key = this.#key(resource, { name, namespace });
    const object = this.#objects.get(key);
    this.#objects.delete(key);
    if (object) this.#tell(resource, { type: 'DELETED', object });
  }

  peek<T extends KubeObject = KubeObject>(resource: Resource, name: string): T | undefined {
    return this.#objects.get(this.#key(resource, { name })) as T | undefined;
  }

  names(resource: Resource): string[] {
    const prefix = `${resource.plural}/`;
    return [...this.#objects.entries()].flatMap(([key, { metadata }]) =>
      key.startsWith(prefix) ? metadata.name : [],
    );
  }

  /** Answers the next calls of this kind with a Status. */
  refuse(verb: Verb, resource: Resource, status: number, message: string, times = 1, reason = ''): void {
    const body = JSON.stringify({ message, reason, details: { name: 'x' } });
    const error = errorFromAnswer(`${verb} ${resourceName(resource)}`, status, body);
    this.#refusals.push({ verb, plural: resource.plural, times, error });
  }

  /** Runs after each such call that succeeded. */
  on(verb: Verb, resource: Resource, react: (object: KubeObject) => void): void {
    this.#reactions.push({ verb, plural: resource.plural, react });
  }

  /** The next podLog answers with this. */
  script(log: Log): void {
    this.#logs.push(log);
  }

  /** Runs the commands in containers. */
  execute(exec: Exec): void {
    this.#exec = exec;
  }

  /** What execStream (a command) and portForward (a port) lead to. */
  lead(way: Way): void {
    this.#way = way;
  }

  /** Answers what is sent beside the API. */
  serve(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
  }

  /** Ends all open watches; with an error, or as the server does from time to time. */
  endWatches(error?: Error): void {
    for (const { push } of [...this.#watchers]) push(error);
  }

  // --- the code's side ---

  async get<T extends KubeObject>(resource: Resource, target: Target): Promise<T> {
    this.#enter('get', resource, target.name);
    return this.#found(resource, target) as T;
  }

  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}) {
    this.#enter('list', resource);
    const prefix = `${resource.plural}/`;
    const items = [...this.#objects].filter(
      ([key, object]) => key.startsWith(prefix) && selected(object, options),
    );
    return { resourceVersion: String(this.#version), items: items.map(([, object]) => object as T) };
  }

  async create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    this.#enter('create', resource, object.metadata.name);
    if (this.#objects.has(this.#key(resource, object.metadata)))
      throw status(409, 'exists already', 'AlreadyExists');
    const stored = this.put(resource, object) as T;
    this.#react('create', resource, stored);
    return stored;
  }

  async replace<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    this.#enter('replace', resource, object.metadata.name);
    return this.put(resource, object) as T;
  }

  async mergePatch<T extends KubeObject>(
    resource: Resource,
    target: Target,
    patch: Record<string, unknown>,
  ): Promise<T> {
    this.#enter('patch', resource, target.name);
    const { resourceVersion } = (patch.metadata ?? {}) as { resourceVersion?: string };
    this.#guard(resource, target, { resourceVersion });
    const stored = this.put(resource, merge(this.#found(resource, target), patch) as KubeObject) as T;
    this.#react('patch', resource, stored);
    return stored;
  }

  async delete(resource: Resource, target: Target, { uid }: DeleteOptions = {}): Promise<void> {
    this.#enter('delete', resource, target.name);
    this.#guard(resource, target, { uid });
    const object = this.#found(resource, target);
    if (object.metadata.finalizers?.length) {
      this.put(resource, {
        ...object,
        metadata: { ...object.metadata, deletionTimestamp: '2026-11-21T12:00:00Z' },
      });
    } else this.drop(resource, target.name, target.namespace);
    this.#react('delete', resource, object);
  }

  /** 409 where the object is not the one that is meant. */
  #guard(
    resource: Resource,
    target: Target,
    meant: { resourceVersion?: string | undefined; uid?: string | undefined },
  ): void {
    const { metadata } = this.#found(resource, target);
    const differs = (['resourceVersion', 'uid'] as const).find(
      (key) => meant[key] !== undefined && meant[key] !== metadata[key],
    );
    if (!differs) return;
    const message = `Precondition failed: ${differs === 'uid' ? 'UID' : differs}`;
    throw errorFromAnswer(`change ${target.name}`, 409, JSON.stringify({ message, reason: 'Conflict' }));
  }

  async *watch<T extends KubeObject>(
    resource: Resource,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    this.#enter('watch', resource);
    const queue: (WatchEvent<KubeObject> | Error | undefined)[] = [];
    let wake = () => {};
    const push: Watcher['push'] = (event) => {
      queue.push(event);
      wake();
    };
    const watcher = { plural: resource.plural, options, push };
    const abort = () => push(undefined);
    options.signal?.addEventListener('abort', abort, { once: true });
    this.#watchers.add(watcher);
    try {
      for (;;) {
        while (queue.length > 0) {
          const event = queue.shift();
          if (event instanceof Error) throw event;
          if (event === undefined) return;
          yield event as WatchEvent<T>;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.#watchers.delete(watcher);
      options.signal?.removeEventListener('abort', abort);
    }
  }

  async *podLog(pod: Target, options: PodLogOptions = {}): AsyncGenerator<string> {
    this.calls.push(`log ${pod.name}${options.sinceTime ? ` since ${options.sinceTime}` : ''}`);
    const log = this.#logs.shift();
    if (!log) throw new Error(`unexpected: log of ${pod.name}`);
    yield* log(options);
  }

  async exec(pod: Target, options: ExecOptions): Promise<number> {
    this.calls.push(`exec ${pod.name}`);
    if (!this.#exec) throw new Error(`unexpected: exec in ${pod.name}`);
    return this.#exec(pod, options);
  }

  async execStream(pod: Target, { command }: ExecStreamOptions): Promise<Duplex> {
    this.calls.push(`exec ${pod.name}`);
    if (!this.#way) throw new Error(`unexpected: exec in ${pod.name}`);
    return this.#way(pod, command);
  }

  async portForward(pod: Target, port: number): Promise<Duplex> {
    this.calls.push(`portforward ${pod.name} ${port}`);
    if (!this.#way) throw new Error(`unexpected: port-forward to ${pod.name}`);
    return this.#way(pod, port);
  }

  async accessReview({ verb, resource }: AccessQuestion): Promise<AccessAnswer> {
    return { allowed: !this.denied.has(`${verb} ${resource.plural}`), reason: '' };
  }

  async send(url: string, request: EndpointRequest): Promise<EndpointAnswer> {
    this.calls.push(`${request.method} ${new URL(url).pathname}`);
    if (!this.#endpoint) throw new Error(`unexpected: ${request.method} ${url}`);
    return this.#endpoint(new URL(url), request);
  }

  async close(): Promise<void> {}

  #enter(verb: Verb, resource: Resource, name?: string): void {
    this.calls.push([verb, resource.plural, name].filter(Boolean).join(' '));
    if (!this.#served.has(resource.plural))
      throw new Error(`unexpected: ${verb} ${resource.plural} ${name ?? ''}`);
    const refusal = this.#refusals.find(
      (entry) => entry.verb === verb && entry.plural === resource.plural && entry.times > 0,
    );
    if (!refusal) return;
    refusal.times--;
    throw refusal.error;
  }

  #react(verb: Verb, resource: Resource, object: KubeObject): void {
    for (const reaction of this.#reactions)
      if (reaction.verb === verb && reaction.plural === resource.plural) reaction.react(object);
  }

  #found(resource: Resource, target: Target): KubeObject {
    const object = this.#objects.get(this.#key(resource, target));
    if (!object) throw status(404, `${resource.plural} "${target.name}" not found`, 'NotFound');
    return object;
  }

  #key(resource: Resource, target: Target): string {
    return `${resource.plural}/${resource.namespaced ? (target.namespace ?? this.namespace) : ''}/${target.name}`;
  }

  #tell(resource: Resource, event: WatchEvent<KubeObject> & { object: KubeObject }): void {
    for (const watcher of this.#watchers)
      if (watcher.plural === resource.plural && selected(event.object, watcher.options)) watcher.push(event);
  }
}

/** A KubeError as the server would cause it. */
export function status(code: number, message: string, reason = ''): KubeError {
  return errorFromAnswer('test', code, JSON.stringify({ message, reason, details: { name: 'x' } }));
}

function selected(object: KubeObject, { labelSelector, fieldSelector, namespace }: ListOptions): boolean {
  const { labels = {}, name } = object.metadata;
  if (namespace && namespace !== '*' && object.metadata.namespace !== namespace) return false;
  if (fieldSelector && fieldSelector !== `metadata.name=${name}`) return false;
  return (labelSelector?.split(',') ?? []).every((term) => {
    const [key, value] = term.split('=');
    return labels[key!] === value;
  });
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
