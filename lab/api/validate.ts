/**
 * Judges an object by its structural schema; all faults at once, in the words of kube-openapi
 * (kubernetes/kube-openapi pkg/validation, kubernetes/apimachinery pkg/util/validation/field).
 * CEL rules (`x-kubernetes-validations`) are not evaluated.
 */
import type { Fault } from './failure.ts';
import { type Fields, isFields, sameJson } from './object.ts';
import { below, type Schema, schemaOfField } from './schema.ts';

/** The faults of a value; `path` names it (`spec.size`). */
export function validate(value: unknown, schema: Schema, path = ''): Fault[] {
  if (value === null && schema.nullable) return [];
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => hasType(value, type))) {
    return [wrongType(path, types, value), ...validateEnum(value, schema, path)];
  }
  return [
    ...validateEnum(value, schema, path),
    ...(typeof value === 'string' ? validateText(value, schema, path) : []),
    ...(typeof value === 'number' ? validateNumber(value, schema, path) : []),
    ...(Array.isArray(value) ? validateList(value, schema, path) : []),
    ...(isFields(value) ? validateFields(value, schema, path) : []),
    ...validateCombined(value, schema, path),
  ];
}

export function required(field: string, why = ''): Fault {
  return { field, reason: 'FieldValueRequired', detail: why ? `Required value: ${why}` : 'Required value' };
}

export function invalidValue(field: string, value: unknown, why: string): Fault {
  return { field, reason: 'FieldValueInvalid', detail: `Invalid value: ${show(value)}: ${why}` };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): Fault {
  const list = supported.map(show).join(', ');
  return {
    field,
    reason: 'FieldValueNotSupported',
    detail: `Unsupported value: ${show(value)}: supported values: ${list}`,
  };
}

function tooMany(field: string, count: number, limit: number): Fault {
  const items = limit === 1 ? 'item' : 'items';
  return {
    field,
    reason: 'FieldValueTooMany',
    detail: `Too many: ${count}: must have at most ${limit} ${items}`,
  };
}

function duplicate(field: string, value: unknown): Fault {
  return { field, reason: 'FieldValueDuplicate', detail: `Duplicate value: ${show(value)}` };
}

function wrongType(path: string, types: readonly string[], value: unknown): Fault {
  const found = typeName(value);
  const why = `${path} in body must be of type ${types.join(',')}: "${found}"`;
  return { field: path, reason: 'FieldValueTypeInvalid', detail: `Invalid value: "${found}": ${why}` };
}

function show(value: unknown): string {
  return JSON.stringify(value);
}

function typesOf(schema: Schema): string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string'];
  return schema.type ? [schema.type] : [];
}

function hasType(value: unknown, type: string): boolean {
  const found = typeName(value);
  return found === type || (found === 'integer' && type === 'number');
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function validateEnum(value: unknown, schema: Schema, path: string): Fault[] {
  if (!schema.enum || schema.enum.some((option) => sameJson(option, value))) return [];
  return [notSupported(path, value, schema.enum)];
}

/** The first fault of length and pattern, as Kubernetes has it, and that of the format. */
function validateText(text: string, schema: Schema, path: string): Fault[] {
  const { maxLength, minLength, pattern, format } = schema;
  const faults: Fault[] = [];
  const length = [...text].length;
  if (maxLength !== undefined && length > maxLength) {
    const detail = `Too long: may not be more than ${maxLength} bytes`;
    faults.push({ field: path, reason: 'FieldValueTooLong', detail });
  } else if (minLength !== undefined && length < minLength) {
    faults.push(invalidValue(path, text, `${path} in body should be at least ${minLength} chars long`));
  } else if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) {
    faults.push(invalidValue(path, text, `${path} in body should match '${pattern}'`));
  }
  const fits = format ? FORMATS[format] : undefined;
  if (fits && !fits(text)) {
    const why = `${path} in body must be of type ${format}: ${show(text)}`;
    faults.push({
      field: path,
      reason: 'FieldValueTypeInvalid',
      detail: `Invalid value: ${show(text)}: ${why}`,
    });
  }
  return faults;
}

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text)),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text),
  byte: (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
  ipv4: (text) => /^(\d{1,3}\.){3}\d{1,3}$/.test(text),
  uri: (text) => URL.canParse(text),
};

function validateNumber(number: number, schema: Schema, path: string): Fault[] {
  const { minimum, maximum, multipleOf } = schema;
  const faults: Fault[] = [];
  const wrong = (why: string) => faults.push(invalidValue(path, number, `${path} in body should be ${why}`));
  if (maximum !== undefined && schema.exclusiveMaximum && number >= maximum) wrong(`less than ${maximum}`);
  else if (maximum !== undefined && number > maximum) wrong(`less than or equal to ${maximum}`);
  if (minimum !== undefined && schema.exclusiveMinimum && number <= minimum) wrong(`greater than ${minimum}`);
  else if (minimum !== undefined && number < minimum) wrong(`greater than or equal to ${minimum}`);
  if (multipleOf !== undefined && !Number.isInteger(number / multipleOf))
    wrong(`a multiple of ${multipleOf}`);
  return faults;
}

function validateList(list: readonly unknown[], schema: Schema, path: string): Fault[] {
  const { minItems, maxItems, items } = schema;
  const faults: Fault[] = [];
  if (maxItems !== undefined && list.length > maxItems) faults.push(tooMany(path, list.length, maxItems));
  if (minItems !== undefined && list.length < minItems) {
    faults.push(invalidValue(path, list.length, `${path} in body should have at least ${minItems} items`));
  }
  if (items) list.forEach((item, index) => void faults.push(...validate(item, items, `${path}[${index}]`)));
  return [...faults, ...validateUnique(list, schema, path)];
}

/** Sets have no equal items, maps no two items with equal keys. */
function validateUnique(list: readonly unknown[], schema: Schema, path: string): Fault[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map' && !schema.uniqueItems) return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const identity = (item: unknown) => (type === 'map' && isFields(item) ? pick(item, keys) : item);
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const text = show(identity(item));
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, identity(item))];
    seen.add(text);
    return [];
  });
}

function pick(item: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]));
}

function validateFields(fields: Fields, schema: Schema, path: string): Fault[] {
  const faults: Fault[] = [];
  const count = Object.keys(fields).length;
  const { maxProperties, minProperties } = schema;
  if (maxProperties !== undefined && count > maxProperties) faults.push(tooMany(path, count, maxProperties));
  if (minProperties !== undefined && count < minProperties) {
    faults.push(
      invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`),
    );
  }
  for (const name of schema.required ?? []) {
    if (fields[name] === undefined || fields[name] === null) faults.push(required(below(path, name)));
  }
  for (const [name, value] of Object.entries(fields)) {
    const known = schemaOfField(schema, name);
    const missing = (value === null && schema.required?.includes(name)) || value === undefined;
    if (known && !missing) faults.push(...validate(value, known, below(path, name)));
  }
  return faults;
}

function validateCombined(value: unknown, schema: Schema, path: string): Fault[] {
  const fits = (option: Schema) => validate(value, option, path).length === 0;
  const faults = (schema.allOf ?? []).flatMap((option) => validate(value, option, path));
  const wrong = (why: string) => faults.push(invalidValue(path, '', `${path || '<nil>'} in body ${why}`));
  if (schema.anyOf && !schema.anyOf.some(fits)) wrong('must validate at least one schema (anyOf)');
  if (schema.oneOf) {
    const count = schema.oneOf.filter(fits).length;
    if (count === 0) wrong('must validate one and only one schema (oneOf). Found none valid');
    if (count > 1) wrong(`must validate one and only one schema (oneOf). Found ${count} valid alternatives`);
  }
  if (schema.not && fits(schema.not)) wrong('must not validate the schema (not)');
  return faults;
}
