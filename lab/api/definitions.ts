/**
 * Custom resource definitions: checked when they are stored, served at once, and cleaned up after
 * (kubernetes/apiextensions-apiserver).
 */
import { type Clock, timestamp } from '../../src/base/clock.ts';
import { customColumns, type DeclaredColumn } from './columns.ts';
import type { Fault } from './failure.ts';
import { fieldAt, type KubeObject, textAt } from './object.ts';
import type { Registry } from './registry.ts';
import { byMaturity } from './registry.ts';
import { ALL_VERBS, type ResourceType, type Strategy } from './resource-type.ts';
import type { Schema } from './schema.ts';
import type { Store } from './store.ts';
import { invalidValue } from './validate.ts';

export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

interface Names {
  plural: string;
  kind: string;
  singular?: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema?: { readonly openAPIV3Schema?: Schema };
  readonly subresources?: { readonly status?: object };
  readonly additionalPrinterColumns?: readonly DeclaredColumn[];
}

interface DefinitionSpec {
  readonly group: string;
  readonly scope: 'Cluster' | 'Namespaced';
  readonly names: Names;
  readonly versions: readonly Version[];
}

/** Serves what the stored definitions declare, from now on as they change. */
export function followDefinitions(store: Store, registry: Registry): () => void {
  for (const definition of store.list(DEFINITIONS)) serve(registry, definition);
  return store.subscribe(DEFINITIONS, ({ type, object }) => {
    const { group, names } = specOf(object);
    if (type === 'DELETED') registry.serve(group, names.plural, []);
    else serve(registry, object);
  });
}

function serve(registry: Registry, definition: KubeObject): void {
  const spec = specOf(definition);
  registry.serve(spec.group, spec.names.plural, typesOf(spec));
}

function specOf(definition: KubeObject): DefinitionSpec {
  return definition.spec as DefinitionSpec;
}

/** The resource in each version that is served, the most mature first. */
export function typesOf(spec: DefinitionSpec): ResourceType[] {
  const served = spec.versions.filter((version) => version.served);
  return [...served].sort((a, b) => byMaturity(a.name, b.name)).map((version) => typeOf(spec, version));
}

function typeOf({ group, scope, names }: DefinitionSpec, version: Version): ResourceType {
  return {
    group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === 'Namespaced',
    verbs: ALL_VERBS,
    subresources: version.subresources?.status ? ['status'] : [],
    schema: version.schema?.openAPIV3Schema,
    columns: customColumns(version.additionalPrinterColumns),
    custom: true,
    counted: true,
    unconditional: false,
    fieldLabels: [],
    strategy: {},
  };
}

/** What the API server does to definitions; they are established as soon as they are stored. */
export function definitionStrategy(clock: Clock): Strategy {
  return {
    prepareCreate(object) {
      completeNames(object);
      object.status = statusOf(object, timestamp(clock));
    },
    prepareUpdate(object) {
      completeNames(object);
      const now = textAt(conditionsOf(object)[0], 'lastTransitionTime') || timestamp(clock);
      object.status = statusOf(object, now);
    },
    validate: validateDefinition,
  };
}

function conditionsOf(definition: KubeObject): unknown[] {
  return (fieldAt(definition, 'status', 'conditions') ?? []) as unknown[];
}

function completeNames(definition: KubeObject): void {
  const spec = definition.spec as { names: Names; conversion?: object };
  spec.names.singular ??= spec.names.kind.toLowerCase();
  spec.names.listKind ??= `${spec.names.kind}List`;
  spec.conversion ??= { strategy: 'None' };
}

function statusOf(definition: KubeObject, lastTransitionTime: string): object {
  const { names, versions } = specOf(definition);
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastTransitionTime,
    reason,
    message,
  });
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: names,
    storedVersions: versions.filter(({ storage }) => storage).map(({ name }) => name),
  };
}

function validateDefinition(object: KubeObject, previous?: KubeObject): Fault[] {
  const { group, names, versions, scope } = specOf(object);
  const faults: Fault[] = [];
  const { name } = object.metadata;
  if (name !== `${names.plural}.${group}`) {
    faults.push(invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    faults.push(
      invalidValue(
        'spec.versions',
        versions.map((version) => version.name),
        'must have exactly one version marked as storage version',
      ),
    );
  }
  versions.forEach((version, index) => {
    if (version.schema?.openAPIV3Schema) return;
    const field = `spec.versions[${index}].schema.openAPIV3Schema`;
    faults.push({ field, reason: 'FieldValueRequired', detail: 'Required value: schemas are required' });
  });
  if (previous && specOf(previous).scope !== scope) {
    faults.push(invalidValue('spec.scope', scope, 'field is immutable'));
  }
  return faults;
}
