/**
 * In which form the client wants objects: as they are, as rows of a Table (kubectl get), or their metadata alone
 * (kubernetes/website "API concepts", "Receiving resources as Tables").
 */
import { groupVersion, type KubeObject } from './object.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';

export type Form = 'object' | 'table' | 'metadata';

/** What goes with rows of a table: `None`, `Metadata` or the whole `Object`. */
type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface Representation {
  readonly form: Form;
  readonly includeObject: IncludeObject;
  readonly now: number;
}

/** The first form of the Accept header that this server has. */
export function representationOf(
  accept: string | undefined,
  query: URLSearchParams,
  now: number,
): Representation {
  const asked = (accept ?? '').split(',').map(formOf);
  const includeObject = (query.get('includeObject') ?? 'Metadata') as IncludeObject;
  return { form: asked.find((form) => form !== undefined) ?? 'object', includeObject, now };
}

function formOf(mediaType: string): Form | undefined {
  const [type, ...parameters] = mediaType.split(';').map((part) => part.trim());
  if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') return undefined;
  const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
  if (as === undefined) return 'object';
  if (as === 'Table') return 'table';
  return as.startsWith('PartialObjectMetadata') ? 'metadata' : undefined;
}

/** One object, as the answer to a get or a change. */
export function represent(object: KubeObject, type: ResourceType, wanted: Representation): object {
  switch (wanted.form) {
    case 'table':
      return tableOf([object], type, wanted, { resourceVersion: object.metadata.resourceVersion ?? '' });
    case 'metadata':
      return partial(object);
    default:
      return served(object, type);
  }
}

export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** A list of objects. Items of Kubernetes' own kinds come without kind and apiVersion, as from a real server. */
export function representList(
  objects: readonly KubeObject[],
  type: ResourceType,
  wanted: Representation,
  metadata: ListMetadata,
): object {
  switch (wanted.form) {
    case 'table':
      return tableOf(objects, type, wanted, metadata);
    case 'metadata': {
      const items = objects.map(partial);
      return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items };
    }
    default: {
      const items = objects.map((object) => (type.custom ? served(object, type) : withoutKind(object)));
      return { kind: `${type.kind}List`, apiVersion: apiVersionOf(type), metadata, items };
    }
  }
}

/** All versions of a kind are stored alike: the version is the one that was asked for. */
function served(object: KubeObject, type: ResourceType): KubeObject {
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
}

function withoutKind({ apiVersion: _apiVersion, kind: _kind, ...rest }: KubeObject): object {
  return rest;
}

function partial({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: groupVersion('meta.k8s.io', 'v1'), metadata };
}

function tableOf(
  objects: readonly KubeObject[],
  type: ResourceType,
  wanted: Representation,
  metadata: ListMetadata,
): object {
  const columnDefinitions = type.columns.map(
    ({ name, type: columnType, format = '', description = '', priority }) => {
      return { name, type: columnType, format, description, priority };
    },
  );
  const rows = objects.map((object) => ({
    cells: type.columns.map(({ cell }) => cell(object, wanted.now)),
    ...rowObject(object, type, wanted.includeObject),
  }));
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions, rows };
}

function rowObject(object: KubeObject, type: ResourceType, include: IncludeObject): { object?: object } {
  if (include === 'None') return {};
  return { object: include === 'Object' ? served(object, type) : partial(object) };
}
