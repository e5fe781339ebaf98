/** Getting and listing, page by page where the client wants pages (kubernetes/website "API concepts"). */
import { badRequest, expired, notFound, tooLargeVersion } from './failure.ts';
import { type KubeObject, keyOf } from './object.ts';
import type { ListMetadata } from './representation.ts';
import type { RequestInfo } from './request.ts';
import { collectionOf, type ResourceType } from './resource-type.ts';
import { fieldSelector, labelSelector, type Predicate } from './selector.ts';
import type { Store } from './store.ts';

/** Throws 404. */
export function getObject(store: Store, type: ResourceType, info: RequestInfo): KubeObject {
  const namespace = type.namespaced ? info.namespace : undefined;
  const object = store.get(collectionOf(type), namespace, info.name);
  if (!object) throw notFound(type, info.name);
  return object;
}

export interface Page {
  readonly objects: readonly KubeObject[];
  readonly metadata: ListMetadata;
}

/** The objects that the selectors allow. Throws 400, 410 for a continue token that is too old, 504. */
export function listObjects(store: Store, type: ResourceType, { query, namespace }: RequestInfo): Page {
  parseVersion(query, store.version);
  const fits = selectorOf(query, type);
  const token = continueOf(query);
  if (token && token.version < store.floorOf(collectionOf(type))) {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  const version = token?.version ?? store.version;
  const all = store.list(collectionOf(type), type.namespaced ? namespace : undefined);
  const rest = token ? all.filter((object) => keyOfObject(object) > token.after) : all;
  const found = rest.filter(fits);
  const limit = Number(query.get('limit') ?? 0) || found.length;
  const objects = found.slice(0, limit);
  const remaining = found.length - objects.length;
  if (remaining === 0) return { objects, metadata: { resourceVersion: String(version) } };
  const next = encodeContinue({ version, after: keyOfObject(objects.at(-1)!) });
  const metadata = { resourceVersion: String(version), continue: next, remainingItemCount: remaining };
  return { objects, metadata };
}

/** Both selectors of a query. Throws 400. */
export function selectorOf(query: URLSearchParams, type: ResourceType): Predicate {
  const byLabel = labelSelector(query.get('labelSelector') ?? '');
  const byField = fieldSelector(query.get('fieldSelector') ?? '', type);
  return (object) => byLabel(object) && byField(object);
}

/** The query's resourceVersion, undefined without one. Throws 400, and 504 if it is of the future. */
export function parseVersion(query: URLSearchParams, current: number): number | undefined {
  const text = query.get('resourceVersion');
  if (!text) return undefined;
  if (!/^\d+$/.test(text)) {
    const why = `Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`;
    throw badRequest(`invalid resource version: resourceVersion: ${why}`);
  }
  const version = Number(text);
  if (version > current) throw tooLargeVersion(version, current);
  return version;
}

interface Continue {
  readonly version: number;
  /** Key of the last object of the page before. */
  readonly after: string;
}

function encodeContinue(token: Continue): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function continueOf(query: URLSearchParams): Continue | undefined {
  const text = query.get('continue');
  if (!text) return undefined;
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Continue;
    if (Number.isInteger(token.version) && typeof token.after === 'string') return token;
  } catch {
    // Not a token of ours: refused below.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

function keyOfObject({ metadata }: KubeObject): string {
  return keyOf(metadata.namespace, metadata.name);
}
