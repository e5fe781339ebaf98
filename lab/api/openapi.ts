/**
 * OpenAPI v3, as much of it as kubectl reads: that the server validates fields itself, and the schemas of custom
 * resources for `kubectl explain` (kubernetes/kubectl pkg/explain, cli-runtime query_param_verifier_v3.go).
 */
import { groupVersion } from './object.ts';
import type { Registry } from './registry.ts';
import type { ResourceType } from './resource-type.ts';

/** The document at an OpenAPI path, or undefined if there is none. */
export function openApi(registry: Registry, path: string): object | undefined {
  if (path === '/openapi/v3')
    return { paths: Object.fromEntries(rootsOf(registry).map((root) => [root, link(root)])) };
  const root = path.startsWith('/openapi/v3/') ? path.slice('/openapi/v3/'.length) : '';
  return rootsOf(registry).includes(root) ? documentOf(registry, root) : undefined;
}

function rootsOf(registry: Registry): string[] {
  return [...new Set(registry.all().map(rootOf))];
}

function rootOf({ group, version }: ResourceType): string {
  return `${group ? 'apis' : 'api'}/${groupVersion(group, version)}`;
}

function link(root: string): object {
  return { serverRelativeURL: `/openapi/v3/${root}` };
}

function documentOf(registry: Registry, root: string): object {
  const types = registry.all().filter((type) => rootOf(type) === root);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths: Object.fromEntries(types.map((type) => [pathOf(type, root), operationsOf(type)])),
    components: { schemas: Object.fromEntries(types.map((type) => [schemaName(type), schemaOf(type)])) },
  };
}

function pathOf({ namespaced, plural }: ResourceType, root: string): string {
  return `/${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`;
}

const PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string' },
}));

function operationsOf(type: ResourceType): object {
  const kind = { group: type.group, version: type.version, kind: type.kind };
  const responses = {
    '200': {
      description: 'OK',
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(type)}` } } },
    },
  };
  const operation = (action: string) => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
    parameters: PARAMETERS,
    responses,
  });
  return { get: operation('get'), put: operation('put'), patch: operation('patch') };
}

function schemaName({ group, version, kind }: ResourceType): string {
  const domain = group ? group.split('.').reverse().join('.') : 'io.k8s.api.core';
  return `${domain}.${version}.${kind}`;
}

function schemaOf(type: ResourceType): object {
  const { group, version, kind } = type;
  const schema = type.schema ?? { type: 'object' };
  const properties = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object', description: 'Standard object metadata.' },
    ...schema.properties,
  };
  return { ...schema, properties, 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
}
