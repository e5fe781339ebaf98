/**
 * Kubernetes as this project sees it: a handful of verbs on named resources. No type of a client library passes this
 * border, so that a test can be a cluster in sixty lines. Verbs and paths: kubernetes/website "API concepts".
 */

import type { Duplex, Readable } from 'node:stream';

/** Which collection is meant; the path is made of it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

/** Any object; domains extend it with the fields they read, all of them optional until proven. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** What is sent with create: the server adds the rest. */
export type NewObject<T extends KubeObject = KubeObject> = T;

export interface KubeList<T extends KubeObject> {
  readonly resourceVersion: string;
  readonly items: readonly T[];
}

/** One object: `namespace` is left out for cluster-scoped resources; otherwise it defaults to the connection's. */
export interface Target {
  readonly name: string;
  readonly namespace?: string | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Ask the server to check everything and store nothing (`dryRun=All`). */
  readonly dryRun?: boolean;
  /** Name shown in managedFields. Default `rke2-actions`. */
  readonly fieldManager?: string;
}

export interface SubresourceOptions extends WriteOptions {
  readonly subresource?: 'status' | 'scale' | (string & {});
}

export interface ListOptions extends CallOptions {
  /** Default: the connection's namespace. `'*'`: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface WatchOptions extends ListOptions {
  /** Where to begin; without it the server begins with the present objects as `ADDED`. */
  readonly resourceVersion?: string;
  /** Milliseconds without a byte after which the watch ends quietly. Default 120 000: a live server bookmarks sooner. */
  readonly idle?: number;
}

export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface DeleteOptions extends CallOptions {
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
  /** Refuse (409) unless the object still has this uid. */
  readonly uid?: string | undefined;
}

export interface PodLogOptions extends CallOptions {
  readonly container?: string;
  readonly follow?: boolean;
  /** Each line begins with its RFC 3339 time in nanoseconds and a blank. */
  readonly timestamps?: boolean;
  /** RFC 3339; only lines of this second or later. */
  readonly sinceTime?: string;
  readonly tailLines?: number;
  /** Milliseconds without a byte after which the stream ends quietly. Default: none. */
  readonly idle?: number;
}

/** A command in a container; nothing of it is interpreted by a shell unless it is one. */
export interface ExecOptions extends CallOptions {
  readonly container?: string;
  readonly command: readonly string[];
  /** Sent as it comes, no faster than the container takes it; its end ends the container's stdin. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
}

export interface ExecStreamOptions extends CallOptions {
  readonly container?: string | undefined;
  readonly command: readonly string[];
}

/** A request to an endpoint beside the API that takes the same login, such as Harvester's upload. */
export interface EndpointRequest extends CallOptions {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable;
  /** PEM bundles trusted besides the default; on the connection's own server the kubeconfig's are. */
  readonly ca?: readonly string[];
}

export interface EndpointAnswer {
  readonly status: number;
  /** At most 64 KiB of it. */
  readonly text: string;
}

export interface AccessQuestion {
  readonly verb: string;
  readonly resource: Resource;
  readonly subresource?: string;
  readonly namespace?: string | undefined;
  readonly name?: string;
}

export interface AccessAnswer {
  readonly allowed: boolean;
  readonly reason: string;
}

/**
 * A connection with credentials. Every failure is a KubeError (errors.ts); an aborted call rejects with the signal's
 * reason. Calls that change nothing twice are tried again on 429, 5xx and a lost connection; `create` only where the
 * server certainly stored nothing.
 */
export interface Kube {
  /** `https://10.0.0.1:6443`, for messages. */
  readonly server: string;
  /** Namespace of the context, `default` without one. */
  readonly namespace: string;

  get<T extends KubeObject = KubeObject>(
    resource: Resource,
    target: Target,
    options?: CallOptions,
  ): Promise<T>;
  /** All items, page by page. */
  list<T extends KubeObject = KubeObject>(resource: Resource, options?: ListOptions): Promise<KubeList<T>>;
  /** Namespace: the object's own, else the connection's. */
  create<T extends KubeObject = KubeObject>(
    resource: Resource,
    object: NewObject<T>,
    options?: WriteOptions,
  ): Promise<T>;
  /** PUT: conflicts (KUBE_CONFLICT) if `metadata.resourceVersion` is not the newest. */
  replace<T extends KubeObject = KubeObject>(
    resource: Resource,
    object: T,
    options?: SubresourceOptions,
  ): Promise<T>;
  /** RFC 7386: never conflicts unless the patch names a resourceVersion; null removes a key. */
  mergePatch<T extends KubeObject = KubeObject>(
    resource: Resource,
    target: Target,
    patch: Readonly<Record<string, unknown>>,
    options?: SubresourceOptions,
  ): Promise<T>;
  /** Returns once the server accepted; finalizers may keep the object for a while. */
  delete(resource: Resource, target: Target, options?: DeleteOptions): Promise<void>;
  /** One connection: ends when the server closes it or it is idle; throws KUBE_GONE when the version is too old. */
  watch<T extends KubeObject = KubeObject>(
    resource: Resource,
    options?: WatchOptions,
  ): AsyncIterable<WatchEvent<T>>;
  /** The log's text in pieces as they come, cut anywhere except inside a character. */
  podLog(pod: Target, options?: PodLogOptions): AsyncIterable<string>;
  /** Runs a command in a container (WebSocket) and resolves with its exit code. EnvironmentError EXEC_*, WEBSOCKET_CUT besides. */
  exec(pod: Target, options: ExecOptions): Promise<number>;
  /**
   * Runs a command; its stdin and stdout are one stream, and both ways wait where the other side does. Fails as a stream with
   * EXEC_FAILED and what the command complained where its exit code is not 0, EXEC_NOT_STARTED, WEBSOCKET_CUT. `end` closes stdin alone (both ways before 1.30).
   */
  execStream(pod: Target, options: ExecStreamOptions): Promise<Duplex>;
  /**
   * A TCP connection to a port of a pod, as its own localhost sees it. Fails as a stream with PORT_FORWARD_FAILED where nothing
   * listens. `end` closes both ways, once all is sent.
   */
  portForward(pod: Target, port: number, options?: CallOptions): Promise<Duplex>;
  /** May the connection's user do this? (SelfSubjectAccessReview) */
  accessReview(question: AccessQuestion, options?: CallOptions): Promise<AccessAnswer>;
  /**
   * Sends one request with this connection's login to `url`, and waits for the answer as long as `signal` lets it. Any
   * status is an answer; nothing is tried again, but after a 401 the next request logs in anew.
   */
  send(url: string, request: EndpointRequest): Promise<EndpointAnswer>;
  /** Closes the connections; running calls end. */
  close(): Promise<void>;
}

/** `virtualmachines.kubevirt.io`, as kubectl prints it; core resources without a dot. */
export function resourceName(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** `kubevirt.io/v1`; `v1` for the core group. */
export function apiVersion(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
