/**
 * The Kube interface over HTTP, with the credentials of a kubeconfig. Loaded lazily by connect.ts.
 * Verbs, paging, dry run, watch: kubernetes/website "API concepts".
 */
import type { Duplex } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { systemClock, throwIfAborted } from '../base/clock.ts';
import { CodedError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { parseRetryAfter, retry } from '../base/retry.ts';
import type { ConnectOptions } from './connect-options.ts';
import { type Credentials, type Login, readCredentials } from './credentials.ts';
import { sendToEndpoint } from './endpoint-request.ts';
import {
  errorFromAnswer,
  errorFromNetwork,
  errorFromUpgrade,
  isRefusedUnstored,
  isTransient,
  KubeError,
} from './errors.ts';
import { type ExecConnection, execOver, execStreamOver } from './exec.ts';
import {
  type AccessAnswer,
  type AccessQuestion,
  apiVersion,
  type CallOptions,
  type DeleteOptions,
  type EndpointAnswer,
  type EndpointRequest,
  type ExecOptions,
  type ExecStreamOptions,
  type Kube,
  type KubeList,
  type KubeObject,
  type ListOptions,
  type PodLogOptions,
  type Resource,
  resourceName,
  type SubresourceOptions,
  type Target,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from './kube.ts';
import { apiPath, type PathOptions } from './paths.ts';
import { portForwardOver } from './port-forward.ts';
import { PODS, SELF_SUBJECT_ACCESS_REVIEWS } from './resources.ts';
import { watchEvents } from './watch-stream.ts';
import { NotUpgraded } from './web-socket.ts';

/** Milliseconds until an answer must have begun. */
const HEADERS_TIMEOUT = 30_000;
/** Milliseconds without a byte inside an answer that is not a stream. */
const BODY_TIMEOUT = 60_000;
const WATCH_IDLE = 120_000;
const PAGE_SIZE = 500;
const ATTEMPTS = 5;
/** Largest refusal that is read, bytes; what follows is dropped. */
const REFUSAL_LIMIT = 1 << 20;

interface Call {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  /** For messages: `get secrets "x" in namespace "y"`. */
  readonly doing: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal: AbortSignal | undefined;
  readonly bodyTimeout?: number;
  readonly repeatable: (error: unknown) => boolean;
}

/** What an upgraded connection is for; NotUpgraded comes through. */
type UseOfWebSocket<T> = (connection: ExecConnection, signal: AbortSignal) => Promise<T>;

/** Promise of {@link Kube}; see connect.ts. */
export function openKube(options: ConnectOptions): Kube {
  return new HttpKube(readCredentials(options), options);
}

class HttpKube implements Kube {
  readonly #credentials: Credentials;
  readonly #clock;
  readonly #log;
  readonly #closing = new AbortController();
  readonly #dispatchers = new Set<Dispatcher>();
  readonly #env;

  constructor(credentials: Credentials, options: ConnectOptions) {
    this.#credentials = credentials;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    this.#env = options.env ?? {};
  }

  get server() {
    return this.#credentials.server;
  }

  get namespace() {
    return this.#credentials.namespace;
  }

  get<T extends KubeObject>(resource: Resource, target: Target, options: CallOptions = {}): Promise<T> {
    return this.#json(this.#call('GET', 'get', resource, this.#at(resource, target), options));
  }

  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<KubeList<T>> {
    const items: T[] = [];
    let resourceVersion = '';
    let next: string | undefined;
    do {
      const query = { ...selectors(options), limit: PAGE_SIZE, continue: next };
      const at = { namespace: this.#namespaceOf(resource, options.namespace), query };
      const page = await this.#json<ListAnswer<T>>(this.#call('GET', 'list', resource, at, options));
      items.push(...(page.items ?? []).map((item) => ({ ...typeOf(resource), ...item })));
      resourceVersion = page.metadata?.resourceVersion ?? '';
      next = page.metadata?.continue || undefined;
    } while (next);
    return { resourceVersion, items };
  }

  create<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    const at = { namespace: this.#namespaceOf(resource, namespace), query: writeQuery(options) };
    const call = this.#call('POST', 'create', resource, at, options, name);
    return this.#json({ ...call, body: object, repeatable: isRefusedUnstored });
  }

  replace<T extends KubeObject>(resource: Resource, object: T, options: SubresourceOptions = {}): Promise<T> {
    const at = { ...this.#at(resource, object.metadata, options.subresource), query: writeQuery(options) };
    return this.#json({ ...this.#call('PUT', 'update', resource, at, options), body: object });
  }

  mergePatch<T extends KubeObject>(
    resource: Resource,
    target: Target,
    patch: Readonly<Record<string, unknown>>,
    options: SubresourceOptions = {},
  ): Promise<T> {
    const at = { ...this.#at(resource, target, options.subresource), query: writeQuery(options) };
    const call = this.#call('PATCH', 'patch', resource, at, options);
    return this.#json({ ...call, body: patch, contentType: 'application/merge-patch+json' });
  }

  async delete(resource: Resource, target: Target, options: DeleteOptions = {}): Promise<void> {
    const call = this.#call('DELETE', 'delete', resource, this.#at(resource, target), options);
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(options.propagation && { propagationPolicy: options.propagation }),
      ...(options.uid && { preconditions: { uid: options.uid } }),
    };
    await this.#json({ ...call, body });
  }

  async *watch<T extends KubeObject>(
    resource: Resource,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    const { idle = WATCH_IDLE, resourceVersion } = options;
    const query = { ...selectors(options), watch: true, allowWatchBookmarks: true, resourceVersion };
    const at = { namespace: this.#namespaceOf(resource, options.namespace), query };
    const call = { ...this.#call('GET', 'watch', resource, at, options), bodyTimeout: idle };
    yield* watchEvents<T>(call.doing, this.#stream(call));
  }

  async *podLog(pod: Target, options: PodLogOptions = {}): AsyncGenerator<string> {
    const { container, follow, timestamps, sinceTime, tailLines, idle = 0 } = options;
    const query = { container, follow, timestamps, sinceTime, tailLines };
    const at = { ...this.#at(PODS, pod, 'log'), query };
    yield* this.#stream({ ...this.#call('GET', 'get', PODS, at, options), bodyTimeout: idle });
  }

  exec(pod: Target, options: ExecOptions): Promise<number> {
    const { container, command, stdin, onStdout, onStderr } = options;
    const streams = { stdin: !!stdin, stdout: !!onStdout || !onStderr, stderr: !!onStderr };
    const at = { ...this.#at(PODS, pod, 'exec'), query: { container, command, ...streams } };
    return this.#upgraded(at, options, (connection, signal) => execOver(connection, { ...options, signal }));
  }

  execStream(pod: Target, options: ExecStreamOptions): Promise<Duplex> {
    const { container, command } = options;
    const query = { container, command, stdin: true, stdout: true, stderr: true };
    return this.#upgraded({ ...this.#at(PODS, pod, 'exec'), query }, options, execStreamOver);
  }

  portForward(pod: Target, port: number, options: CallOptions = {}): Promise<Duplex> {
    const at = { ...this.#at(PODS, pod, 'portforward'), query: { ports: port } };
    return this.#upgraded(at, options, portForwardOver);
  }

  async accessReview(question: AccessQuestion, options: CallOptions = {}): Promise<AccessAnswer> {
    const { verb, resource, subresource, namespace, name } = question;
    const { group, version, plural } = resource;
    const resourceAttributes = {
      verb,
      group,
      version,
      resource: plural,
      subresource,
      name,
      namespace: this.#namespaceOf(resource, namespace),
    };
    const call = this.#call('POST', 'create', SELF_SUBJECT_ACCESS_REVIEWS, {}, options);
    const review = await this.#json<{ status?: { allowed?: boolean; reason?: string } }>({
      ...call,
      body: { ...typeOf(SELF_SUBJECT_ACCESS_REVIEWS), spec: { resourceAttributes } },
    });
    return { allowed: review.status?.allowed === true, reason: review.status?.reason ?? '' };
  }

  async send(url: string, asked: EndpointRequest): Promise<EndpointAnswer> {
    const signal = this.#untilClosed(asked.signal);
    const login = await this.#login();
    const answer = await sendToEndpoint(
      url,
      { ...asked, signal },
      { login, server: this.server, env: this.#env },
    );
    if (answer.status === 401) this.#credentials.renew();
    return answer;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#dispatchers].map((dispatcher) => dispatcher.destroy()));
  }

  /** Upgrades to a WebSocket, with tries: until then nothing has begun in the pod, and what `use` throws later is no KubeError. */
  #upgraded<T>(at: PathOptions, options: CallOptions, use: UseOfWebSocket<T>): Promise<T> {
    const call = this.#call('GET', 'get', PODS, at, options);
    return this.#tried(call, () => this.#upgradedOnce(call, use));
  }

  /** A refused upgrade hides why: without the upgrade the server says 401, 403 or 404 as usual. */
  async #upgradedOnce<T>(call: Call, use: UseOfWebSocket<T>, renewed = false): Promise<T> {
    const { headers, dispatcher } = await this.#login();
    const connection = { url: `${this.server}${call.path}`, headers, dispatcher, clock: this.#clock };
    try {
      return await use(connection, this.#untilClosed(call.signal));
    } catch (error) {
      if (!(error instanceof NotUpgraded)) throw error;
      const answer = await this.#once(call);
      if (answer.statusCode === 401 && !renewed) {
        await answer.body.dump();
        this.#credentials.renew();
        return this.#upgradedOnce(call, use, true);
      }
      if (answer.statusCode !== 400) await (await this.#accepted(call, answer)).body.dump();
      else throw errorFromUpgrade(call.doing, await this.#answered(call, () => answer.body.text()));
      throw errorFromNetwork(call.doing, this.server, error);
    }
  }

  #namespaceOf(resource: Resource, namespace: string | undefined): string | undefined {
    if (!resource.namespaced || namespace === '*') return undefined;
    return namespace ?? this.namespace;
  }

  #at(resource: Resource, target: Target, subresource?: string): PathOptions {
    return { namespace: this.#namespaceOf(resource, target.namespace), name: target.name, subresource };
  }

  #call(
    method: Dispatcher.HttpMethod,
    verb: string,
    resource: Resource,
    at: PathOptions,
    options: CallOptions,
    newName?: string,
  ): Call {
    const what = at.subresource ? `${resourceName(resource)}/${at.subresource}` : resourceName(resource);
    const name = at.name ?? newName;
    const doing = [verb, what, name && `"${name}"`, at.namespace && `in namespace "${at.namespace}"`];
    return {
      method,
      path: apiPath(resource, at),
      doing: doing.filter(Boolean).join(' '),
      signal: options.signal,
      repeatable: isTransient,
    };
  }

  /** Sends, with tries; the body of the answer is JSON. */
  #json<T>(call: Call): Promise<T> {
    return this.#tried(call, async () => {
      const answer = await this.#send(call);
      return (await this.#answered(call, () => answer.body.json())) as T;
    });
  }

  #tried<T>(call: Call, work: () => Promise<T>): Promise<T> {
    return retry(work, {
      doing: call.doing,
      attempts: ATTEMPTS,
      retryable: call.repeatable,
      retryAfter: (error) => (error instanceof KubeError ? error.retryAfter : undefined),
      clock: this.#clock,
      log: this.#log,
      signal: call.signal,
    });
  }

  /** The text of an answer as it comes; an idle connection is the end, not an error. */
  async *#stream(call: Call): AsyncGenerator<string> {
    const answer = await this.#send(call);
    const decoder = new TextDecoder();
    try {
      for await (const chunk of answer.body) yield decoder.decode(chunk as Buffer, { stream: true });
    } catch (error) {
      throwIfAborted(call.signal);
      if ((error as NodeJS.ErrnoException).code !== 'UND_ERR_BODY_TIMEOUT')
        throw errorFromNetwork(call.doing, this.server, error);
    }
  }

  /** One request; a 401 is tried once more with fresh credentials, because tokens of plug-ins expire. */
  async #send(call: Call): Promise<Dispatcher.ResponseData> {
    const answer = await this.#once(call);
    if (answer.statusCode !== 401) return this.#accepted(call, answer);
    await answer.body.dump();
    this.#credentials.renew();
    return this.#accepted(call, await this.#once(call));
  }

  async #login(): Promise<Login> {
    const login = await this.#credentials.login();
    if (login.dispatcher) this.#dispatchers.add(login.dispatcher);
    return login;
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
  }

  async #once(call: Call): Promise<Dispatcher.ResponseData> {
    const { headers, dispatcher } = await this.#login();
    const signal = this.#untilClosed(call.signal);
    const type = call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' };
    const send = () =>
      request(`${this.server}${call.path}`, {
        method: call.method,
        headers: { ...headers, ...type, accept: 'application/json, */*', 'user-agent': 'rke2-actions' },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        headersTimeout: HEADERS_TIMEOUT,
        bodyTimeout: call.bodyTimeout ?? BODY_TIMEOUT,
        signal,
        ...(dispatcher && { dispatcher }),
      });
    return this.#answered(call, send);
  }

  async #accepted(call: Call, answer: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
    if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
    const text = await this.#answered(call, () => answer.body.text());
    const after = answer.headers['retry-after'];
    const retryAfter = parseRetryAfter(typeof after === 'string' ? after : undefined, this.#clock);
    throw errorFromAnswer(call.doing, answer.statusCode, text.slice(0, REFUSAL_LIMIT), retryAfter);
  }

  /** Turns whatever the network throws into a KubeError or the abort reason. */
  async #answered<T>(call: Call, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throwIfAborted(call.signal);
      if (error instanceof CodedError) throw error;
      throw errorFromNetwork(call.doing, this.server, error);
    }
  }
}

interface ListAnswer<T> {
  readonly items?: readonly T[];
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

/** Items of a list come without their type. */
const typeOf = (resource: Resource) => ({ apiVersion: apiVersion(resource), kind: resource.kind });

const selectors = ({ labelSelector, fieldSelector }: ListOptions) => ({ labelSelector, fieldSelector });

function writeQuery(options: WriteOptions) {
  return { dryRun: options.dryRun ? 'All' : undefined, fieldManager: options.fieldManager ?? 'rke2-actions' };
}
