/** Paths of the Kubernetes REST API; query parameters are given as strings and left out when undefined. */
import type { Resource } from './kube.ts';

export interface PathOptions {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  /** A list is given once for each of its values. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
}

/** `/apis/kubevirt.io/v1/namespaces/ci/virtualmachines/x?dryRun=All`. */
export function apiPath(resource: Resource, options: PathOptions): string {
  const root =
    resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const namespace = resource.namespaced && options.namespace ? ['namespaces', options.namespace] : [];
  const parts = [...namespace, resource.plural, options.name, options.subresource];
  const path = parts.filter((part) => part !== undefined).map((part) => encodeURIComponent(part));
  return `${root}/${path.join('/')}${queryString(options.query)}`;
}

function queryString(query: PathOptions['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [value].flat().map((one) => [name, String(one)]),
  );
  const text = new URLSearchParams(pairs).toString();
  return text === '' ? '' : `?${text}`;
}
