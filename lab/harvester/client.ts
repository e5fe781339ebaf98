/**
 * A small client of the Kubernetes API for controllers: typed by kind, with the status subresource, replace under
 * optimistic locking, and watches. It is not src/kube on purpose: a mistake in the client that the product uses must not be
 * made by the cluster it is tested against too.
 */
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import { parse } from 'yaml';
import { EnvironmentError } from '../../src/base/errors.ts';
import type { Kind } from './kinds.ts';
import type { KubeObject } from './objects.ts';

export interface Reference {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** A `Status` of the API server: `code` is `API_<reason in capitals>`. */
export class ApiError extends EnvironmentError {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(`API_${(reason || String(status)).replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`, message);
    this.status = status;
    this.reason = reason;
  }
}

/** True for an answer "409, the object has been modified". */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409 && error.reason === 'Conflict';
}

/** True for an answer "409, it exists already". */
export function isAlreadyExists(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409 && error.reason === 'AlreadyExists';
}

/** Awaits a creation and takes "it exists already" for success. */
export async function orExists(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** True for an answer 404. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

interface Credentials {
  readonly server: string;
  readonly token: string | undefined;
  readonly connect: { ca?: string; cert?: string; key?: string };
}

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Record<string, string> }[];
  users?: { name: string; user: Record<string, string> }[];
}

/** Server, bearer token or client certificate of a kubeconfig's current context. */
export function readCredentials(kubeconfig: string): Credentials {
  const config = parse(kubeconfig) as Kubeconfig;
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user;
  if (!cluster?.server || !user) {
    throw new EnvironmentError(
      'KUBECONFIG_INVALID',
      'The kubeconfig has no current context with a cluster and a user.',
    );
  }
  const [ca, cert, key] = [
    pem(cluster, 'certificate-authority'),
    pem(user, 'client-certificate'),
    pem(user, 'client-key'),
  ];
  const connect = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return { server: cluster.server.replace(/\/$/, ''), token: user.token, connect };
}

function pem(entry: Record<string, string>, name: string): string | undefined {
  const [data, path] = [entry[`${name}-data`], entry[name]];
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return path ? readFileSync(path, 'utf8') : undefined;
}

export class Cluster {
  readonly server: string;
  private readonly token: string | undefined;
  private readonly agent: Agent;

  /** Connects nowhere yet: the first request does. */
  constructor(kubeconfig: string) {
    const { server, token, connect } = readCredentials(kubeconfig);
    this.server = server;
    this.token = token;
    this.agent = new Agent({ connect, connections: 64, headersTimeout: 60_000, bodyTimeout: 0 });
  }

  async get<T extends KubeObject>(kind: Kind<T>, reference: Reference): Promise<T | undefined> {
    try {
      return await this.call<T>('GET', pathOf(kind, reference));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(
    kind: Kind<T>,
    options: { namespace?: string; labelSelector?: string } = {},
  ): Promise<{ items: T[]; resourceVersion: string }> {
    const query = options.labelSelector ? `?labelSelector=${encodeURIComponent(options.labelSelector)}` : '';
    const path = pathOf(kind, { namespace: options.namespace });
    const list = await this.call<{ items: T[]; metadata: { resourceVersion: string } }>('GET', path + query);
    const { apiVersion, kind: name } = kind;
    const items = list.items.map((item) => ({ ...item, apiVersion, kind: name }));
    return { items, resourceVersion: list.metadata.resourceVersion };
  }

  create<T extends KubeObject>(kind: Kind<T>, object: Omit<T, 'apiVersion' | 'kind'>): Promise<T> {
    const body = { apiVersion: kind.apiVersion, kind: kind.kind, ...object };
    return this.call('POST', pathOf(kind, { namespace: object.metadata.namespace }), body);
  }

  /** PUT: fails with a conflict if the object was changed since it was read. */
  replace<T extends KubeObject>(kind: Kind<T>, object: T): Promise<T> {
    return this.call('PUT', pathOf(kind, object.metadata), object);
  }

  /** PUT of the status subresource. */
  replaceStatus<T extends KubeObject>(kind: Kind<T>, object: T): Promise<T> {
    return this.call('PUT', `${pathOf(kind, object.metadata)}/status`, object);
  }

  /** JSON merge patch; with `subresource: 'status'` of the status. */
  patch<T extends KubeObject>(
    kind: Kind<T>,
    reference: Reference,
    patch: object,
    subresource?: 'status',
  ): Promise<T> {
    const path = pathOf(kind, reference) + (subresource ? `/${subresource}` : '');
    return this.call('PATCH', path, patch, 'application/merge-patch+json');
  }

  /** Deletes in the background, at once (a pod's kubelet is not waited for); what is already gone is fine. */
  async delete<T extends KubeObject>(kind: Kind<T>, reference: Reference): Promise<void> {
    const options = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      gracePeriodSeconds: 0,
    };
    try {
      await this.call('DELETE', pathOf(kind, reference), options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Events after `resourceVersion`, until the server closes the stream or the signal aborts (both end it quietly). */
  async *watch<T extends KubeObject>(
    kind: Kind<T>,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const query = `?watch=true&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`;
    const response = await this.send('GET', pathOf(kind, {}) + query, { signal });
    let rest = '';
    for await (const chunk of response.body.setEncoding('utf8')) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line.trim()) yield JSON.parse(line) as WatchEvent<T>;
    }
  }

  /** Resolves when the API server answers at all. */
  async version(): Promise<string> {
    return (await this.call<{ gitVersion: string }>('GET', '/version')).gitVersion;
  }

  /** A request of somebody else, with their headers and their credentials; any status is an answer. */
  pass(options: {
    method: Dispatcher.HttpMethod;
    path: string;
    headers: Record<string, string | string[]>;
    body: Readable | null;
    signal: AbortSignal;
  }): Promise<Dispatcher.ResponseData> {
    const { path, ...rest } = options;
    return request(this.server + path, { ...rest, dispatcher: this.agent });
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async call<T>(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: object,
    type?: string,
  ): Promise<T> {
    const response = await this.send(method, path, { body, type });
    return JSON.parse(await response.body.text()) as T;
  }

  private async send(
    method: Dispatcher.HttpMethod,
    path: string,
    options: { body?: object | undefined; type?: string | undefined; signal?: AbortSignal },
  ): Promise<Dispatcher.ResponseData> {
    const response = await request(this.server + path, {
      method,
      dispatcher: this.agent,
      headers: {
        accept: 'application/json',
        'user-agent': 'rke2-actions-lab-harvester',
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(options.body && { 'content-type': options.type ?? 'application/json' }),
      },
      body: options.body ? JSON.stringify(options.body) : null,
      signal: options.signal ?? null,
    });
    if (response.statusCode < 400) return response;
    throw errorOf(response.statusCode, await response.body.text(), `${method} ${path}`);
  }
}

function errorOf(status: number, body: string, doing: string): ApiError {
  try {
    const { reason = '', message = body } = JSON.parse(body) as { reason?: string; message?: string };
    return new ApiError(status, reason, `${doing}: ${message}`);
  } catch {
    return new ApiError(status, '', `${doing}: HTTP ${status}: ${body.slice(0, 200)}`);
  }
}

/** `/apis/harvesterhci.io/v1beta1/namespaces/default/virtualmachineimages/rocky9`; without a name, the collection. */
export function pathOf<T extends KubeObject>(
  kind: Kind<T>,
  reference: { namespace?: string | undefined; name?: string },
): string {
  const root = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`;
  const scope = kind.namespaced && reference.namespace ? `/namespaces/${reference.namespace}` : '';
  return `${root}${scope}/${kind.plural}${reference.name ? `/${reference.name}` : ''}`;
}
