/**
 * What a URL asks for: the verb and the resource, or a path that is no resource
 * (kubernetes/apiserver pkg/endpoints/request/requestinfo.go).
 */
import type { Attributes, User } from './rbac.ts';
import { nameOfFieldSelector } from './selector.ts';

export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case. */
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Reads method and URL; never throws. */
export function parseRequest(method: string, url: string): RequestInfo {
  const { pathname, searchParams: query } = new URL(url, 'https://server');
  const path = safeDecode(pathname);
  const segments = path.split('/').filter(Boolean);
  const located = locate(segments);
  if (!located) return { path, query, verb: verbOfPath(method), ...NOTHING };
  const rest = { ...located, name: located.name || nameOfSelector(method, located.name, query) };
  return { path, query, verb: verbOf(method, located.name, query), isResource: true, ...rest };
}

/** The question that the authorizer is asked. */
export function attributesOf(info: RequestInfo): Attributes {
  const { verb, group, resource, subresource, namespace, name } = info;
  return {
    verb,
    group,
    resource,
    subresource,
    namespace,
    name,
    ...(!info.isResource && { path: info.path }),
  };
}

/** Whether a query flag is on: `watch`, `watch=1`, `watch=true`. */
export function isOn(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && !['0', 'false', 'f', 'F', 'FALSE', 'False'].includes(value);
}

/** A request on its way through the server. */
export interface Call {
  readonly info: RequestInfo;
  readonly user: User;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

const NOTHING = {
  isResource: false,
  group: '',
  version: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
} as const;

type Location = Omit<RequestInfo, 'path' | 'query' | 'verb' | 'isResource'>;

function locate(segments: readonly string[]): Location | undefined {
  const [root, ...rest] = segments;
  if (root === 'api' && rest.length >= 2) return locateIn('', rest[0]!, rest.slice(1));
  if (root === 'apis' && rest.length >= 3) return locateIn(rest[0]!, rest[1]!, rest.slice(2));
  return undefined;
}

function locateIn(group: string, version: string, parts: readonly string[]): Location {
  const scoped = parts[0] === 'namespaces' && parts.length > 2 && !NAMESPACE_SUBRESOURCES.includes(parts[2]!);
  const [resource = '', name = '', ...subresource] = scoped ? parts.slice(2) : parts;
  const own = !scoped && resource === 'namespaces' ? name : '';
  const namespace = scoped ? parts[1]! : own;
  return { group, version, resource, name, subresource: subresource.join('/'), namespace };
}

const NAMESPACE_SUBRESOURCES = ['status', 'finalize'];

function verbOf(method: string, name: string, query: URLSearchParams): string {
  if (method === 'GET' || method === 'HEAD') {
    if (isOn(query, 'watch')) return 'watch';
    return name ? 'get' : 'list';
  }
  const verb = VERBS[method] ?? method.toLowerCase();
  return verb === 'delete' && !name ? 'deletecollection' : verb;
}

function verbOfPath(method: string): string {
  return method === 'HEAD' ? 'get' : method.toLowerCase();
}

function nameOfSelector(method: string, name: string, query: URLSearchParams): string {
  return method === 'GET' && !name ? nameOfFieldSelector(query.get('fieldSelector') ?? '') : '';
}

function safeDecode(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
