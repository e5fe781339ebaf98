/**
 * Structural schemas: their shape, and the two walks that change an object before it is judged: unknown fields are
 * pruned, missing ones defaulted. Rules: kubernetes/website "Extend the Kubernetes API with CustomResourceDefinitions".
 */
import { type Fields, isFields } from './object.ts';

export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  format?: string;
  nullable?: boolean;
  default?: unknown;
  enum?: readonly unknown[];
  required?: readonly string[];
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: boolean | Schema;
  minProperties?: number;
  maxProperties?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  allOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  not?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: readonly string[];
}

/** Every object has these, whatever its schema says. */
const RESOURCE_FIELDS = ['apiVersion', 'kind', 'metadata'];

/** Removes what the schema does not know and returns the paths of it: `spec.bogus`, `spec.disks[0].bogus`. */
export function prune(object: Fields, schema: Schema): string[] {
  const unknown: string[] = [];
  pruneFields(object, { ...schema, 'x-kubernetes-embedded-resource': true }, '', unknown);
  return unknown;
}

/** Fills in the schema's defaults; null where null is not allowed counts as missing. */
export function applyDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applyDefaults(item, schema.items);
  } else if (isFields(value)) {
    defaultFields(value, schema);
  }
}

/** `spec` + `disks` → `spec.disks`; at the root just the name. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The schema of a field: declared, or that of a map's values. */
export function schemaOfField(schema: Schema, name: string): Schema | undefined {
  const { properties, additionalProperties } = schema;
  if (properties && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function pruneValue(value: unknown, schema: Schema, path: string, unknown: string[]): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, index) => void pruneValue(item, items, `${path}[${index}]`, unknown));
  } else if (isFields(value)) {
    pruneFields(value, schema, path, unknown);
  }
}

function pruneFields(fields: Fields, schema: Schema, path: string, unknown: string[]): void {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const keepsAll =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  for (const [name, value] of Object.entries(fields)) {
    if (embedded && RESOURCE_FIELDS.includes(name)) continue;
    const known = schemaOfField(schema, name);
    if (known) pruneValue(value, known, below(path, name), unknown);
    else if (!keepsAll) {
      unknown.push(below(path, name));
      delete fields[name];
    }
  }
}

function defaultFields(fields: Fields, schema: Schema): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (fields[name] === null && !property.nullable) delete fields[name];
    if (fields[name] === undefined && property.default !== undefined) {
      fields[name] = structuredClone(property.default);
    }
  }
  for (const [name, value] of Object.entries(fields)) {
    const known = schemaOfField(schema, name);
    if (known) applyDefaults(value, known);
  }
}
