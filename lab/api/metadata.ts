/** The rules for `metadata`, the same for every kind (kubernetes/apimachinery pkg/api/validation/objectmeta.go). */
import type { Fault } from './failure.ts';
import type { KubeObject, Metadata } from './object.ts';
import { invalidValue, required } from './validate.ts';

const SUBDOMAIN_PATTERN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const SUBDOMAIN = new RegExp(`^${SUBDOMAIN_PATTERN}$`);
const LABEL_VALUE_PATTERN = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const LABEL_VALUE = new RegExp(`^${LABEL_VALUE_PATTERN}$`);
const NAME_PART_PATTERN = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const NAME_PART = new RegExp(`^${NAME_PART_PATTERN}$`);
const MAX_NAME = 253;
const MAX_LABEL = 63;
const MAX_ANNOTATIONS = 256 * 1024;

const NOT_A_SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  `end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN_PATTERN}')`;
const NOT_A_LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  `'${LABEL_VALUE_PATTERN}')`;
const NOT_A_NAME_PART =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  `character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${NAME_PART_PATTERN}')`;

/** Faults of name, labels, annotations and finalizers. Names of roles may have colons and capitals. */
export function validateMetadata({ kind, metadata }: KubeObject, previous?: KubeObject): Fault[] {
  return [
    ...(FREE_NAMES.has(kind) ? [] : validateName(metadata)),
    ...validateLabels(metadata.labels ?? {}),
    ...validateAnnotations(metadata.annotations ?? {}),
    ...validateOwners(metadata),
    ...(previous ? validateFinalizers(metadata, previous.metadata) : []),
  ];
}

const FIELDS = new Set<string>([
  'annotations',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'labels',
  'name',
  'namespace',
  'ownerReferences',
  'resourceVersion',
  'uid',
]);

/** Removes what is empty and what metadata does not have, managedFields among it. */
export function tidyMetadata(metadata: Metadata): void {
  for (const [key, value] of Object.entries(metadata)) {
    const empty =
      value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
    if (empty || !FIELDS.has(key)) delete metadata[key as keyof Metadata];
  }
}

const FREE_NAMES = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);

function validateName({ name = '', generateName }: Metadata): Fault[] {
  if (!name && !generateName) return [required('metadata.name', 'name or generateName is required')];
  if (name.length > MAX_NAME)
    return [invalidValue('metadata.name', name, `must be no more than ${MAX_NAME} characters`)];
  return SUBDOMAIN.test(name) ? [] : [invalidValue('metadata.name', name, NOT_A_SUBDOMAIN)];
}

function validateLabels(labels: Readonly<Record<string, string>>): Fault[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(LABEL_VALUE.test(value) ? [] : [invalidValue('metadata.labels', value, NOT_A_LABEL_VALUE)]),
    ...(value.length > MAX_LABEL
      ? [invalidValue('metadata.labels', value, `must be no more than ${MAX_LABEL} characters`)]
      : []),
    ...validateQualifiedName('metadata.labels', key),
  ]);
}

function validateAnnotations(annotations: Readonly<Record<string, string>>): Fault[] {
  const faults = Object.keys(annotations).flatMap((key) =>
    validateQualifiedName('metadata.annotations', key.toLowerCase(), key),
  );
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + String(value).length,
    0,
  );
  if (size <= MAX_ANNOTATIONS) return faults;
  const detail = `Too long: may not be more than ${MAX_ANNOTATIONS} bytes`;
  return [...faults, { field: 'metadata.annotations', reason: 'FieldValueTooLong', detail }];
}

/** `name` or `prefix.example/name`. */
function validateQualifiedName(field: string, key: string, shown = key): Fault[] {
  const name = key.slice(key.indexOf('/') + 1);
  const prefix = key.includes('/') ? key.slice(0, key.indexOf('/')) : undefined;
  return [
    ...(prefix === undefined || SUBDOMAIN.test(prefix)
      ? []
      : [invalidValue(field, shown, `prefix part ${NOT_A_SUBDOMAIN}`)]),
    ...(name.length > MAX_LABEL
      ? [invalidValue(field, shown, 'name part must be no more than 63 bytes')]
      : []),
    ...(NAME_PART.test(name) ? [] : [invalidValue(field, shown, NOT_A_NAME_PART)]),
  ];
}

function validateOwners({ ownerReferences = [] }: Metadata): Fault[] {
  return ownerReferences.flatMap((owner, index) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter((key) => !owner[key])
      .map((key) => {
        const field = `metadata.ownerReferences[${index}].${key}`;
        return invalidValue(
          field,
          '',
          key === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
        );
      }),
  );
}

function validateFinalizers(metadata: Metadata, previous: Metadata): Fault[] {
  if (!previous.deletionTimestamp) return [];
  const known = previous.finalizers ?? [];
  const added = (metadata.finalizers ?? []).filter((finalizer) => !known.includes(finalizer));
  if (added.length === 0) return [];
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`;
  return [{ field: 'metadata.finalizers', reason: 'FieldValueForbidden', detail: `Forbidden: ${why}` }];
}
