/** What the server has, as clients ask before anything else (kubernetes/website "API Discovery"). */
import { groupVersion } from './object.ts';
import type { Registry } from './registry.ts';
import type { ResourceType } from './resource-type.ts';

/** The Kubernetes release whose API this server imitates. */
export const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4+lab',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

const AGGREGATED = 'apidiscovery.k8s.io/v2';
const SUBRESOURCE_VERBS: Readonly<Record<string, readonly string[]>> = {
  exec: ['create', 'get'],
  finalize: ['update'],
  log: ['get'],
  portforward: ['create', 'get'],
  status: ['get', 'patch', 'update'],
  token: ['create'],
};
const SUBRESOURCE_KINDS: Readonly<Record<string, { group: string; version: string; kind: string }>> = {
  exec: { group: '', version: 'v1', kind: 'PodExecOptions' },
  portforward: { group: '', version: 'v1', kind: 'PodPortForwardOptions' },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
};

export interface Document {
  readonly contentType: string;
  readonly body: object;
}

/** The document at a discovery path, or undefined if the path is none. */
export function discover(
  registry: Registry,
  path: string,
  accept: string,
  server: string,
): Document | undefined {
  const segments = path.split('/').filter(Boolean);
  const [root, group = '', version] = segments;
  if (path === '/version') return json(VERSION);
  if (root === 'api') return discoverCore(registry, segments, accept, server);
  if (root !== 'apis' || segments.length > 3) return undefined;
  if (segments.length === 1)
    return wantsAggregated(accept) ? aggregated(registry, false) : json(groupList(registry));
  if (group === '') return undefined;
  if (version !== undefined) return resources(registry, group, version);
  const versions = registry.groups().get(group);
  return versions && json({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group, versions) });
}

function discoverCore(
  registry: Registry,
  segments: string[],
  accept: string,
  server: string,
): Document | undefined {
  if (segments.length === 2) return resources(registry, '', segments[1]!);
  if (segments.length > 2) return undefined;
  if (wantsAggregated(accept)) return aggregated(registry, true);
  const addresses = [{ clientCIDR: '0.0.0.0/0', serverAddress: server }];
  return json({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: addresses });
}

function json(body: object): Document {
  return { contentType: 'application/json', body };
}

function wantsAggregated(accept: string): boolean {
  return accept.includes('as=APIGroupDiscoveryList') && accept.includes('v=v2;');
}

function resources(registry: Registry, group: string, version: string): Document | undefined {
  const types = registry.all().filter((type) => type.group === group && type.version === version);
  if (types.length === 0) return undefined;
  const list = types.flatMap(resourcesOf);
  return json({
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion(group, version),
    resources: list,
  });
}

function resourcesOf(type: ResourceType): object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = type;
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
  const below = type.subresources.map((name) => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    kind,
    ...SUBRESOURCE_KINDS[name],
    verbs: SUBRESOURCE_VERBS[name] ?? ['get'],
  }));
  return [own, ...below];
}

function groupList(registry: Registry): object {
  const groups = namedGroups(registry).map(([group, versions]) => groupOf(group, versions));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

function namedGroups(registry: Registry): [string, string[]][] {
  return [...registry.groups()].filter(([group]) => group !== '').sort(([a], [b]) => a.localeCompare(b));
}

function groupOf(name: string, versions: readonly string[]): object {
  const all = versions.map((version) => ({ groupVersion: groupVersion(name, version), version }));
  return { name, versions: all, preferredVersion: all[0] };
}

/** All groups, versions and resources in one answer. */
function aggregated(registry: Registry, core: boolean): Document {
  const groups: [string, string[]][] = core ? [['', registry.groups().get('') ?? []]] : namedGroups(registry);
  const items = groups.map(([group, versions]) => ({
    metadata: { name: group, creationTimestamp: null },
    versions: versions.map((version) => ({
      version,
      resources: registry
        .all()
        .filter((type) => type.group === group && type.version === version)
        .map(aggregatedResource),
      freshness: 'Current',
    })),
  }));
  const contentType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  return {
    contentType,
    body: { kind: 'APIGroupDiscoveryList', apiVersion: AGGREGATED, metadata: {}, items },
  };
}

function aggregatedResource(type: ResourceType): object {
  const { group, version, kind, plural, singular, shortNames, categories, verbs } = type;
  const responseKind = { group, version, kind };
  const subresources = type.subresources.map((name) => ({
    subresource: name,
    responseKind: SUBRESOURCE_KINDS[name] ?? responseKind,
    verbs: SUBRESOURCE_VERBS[name] ?? ['get'],
  }));
  return {
    resource: plural,
    responseKind,
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}
