/** A kind of object as the API serves it: names, scope, verbs, subresources, schema, printer columns. */

import type { Fault } from './failure.ts';
import { type GroupResource, qualifiedName } from './failure.ts';
import { groupVersion, type KubeObject } from './object.ts';
import type { Schema } from './schema.ts';

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** Columns above 0 are shown by `-o wide` only. */
  readonly priority: number;
  /** The cell's value: text, number, or null for none. */
  readonly cell: (object: KubeObject, now: number) => string | number | boolean | null;
}

/** What a built-in kind does beyond its schema. */
export interface Strategy {
  /** Changes an object that is about to be stored for the first time. */
  prepareCreate?(object: KubeObject): void;
  /** Changes an object that is about to replace `previous`. */
  prepareUpdate?(object: KubeObject, previous: KubeObject): void;
  validate?(object: KubeObject, previous?: KubeObject): Fault[];
}

export interface ResourceType extends GroupResource {
  readonly version: string;
  readonly kind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Served below an object: `status`, `log`, `token`. */
  readonly subresources: readonly string[];
  readonly schema: Schema | undefined;
  readonly columns: readonly Column[];
  /** Custom resources have no strategic merge patch and are pruned. */
  readonly custom: boolean;
  /** Whether changes of the desired state are counted in `metadata.generation`. */
  readonly counted: boolean;
  /** Whether a PUT may leave out resourceVersion. */
  readonly unconditional: boolean;
  /** Field labels for selectors beside metadata.name and metadata.namespace. */
  readonly fieldLabels: readonly string[];
  readonly strategy: Strategy;
}

export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** The store's name for the collection; all versions of a kind share one. */
export function collectionOf(type: GroupResource): string {
  return qualifiedName(type);
}

/** `kubevirt.io/v1`. */
export function apiVersionOf(type: ResourceType): string {
  return groupVersion(type.group, type.version);
}
