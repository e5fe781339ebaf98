/**
 * Strategic merge patch for built-in kinds: lists whose items have a merge key are merged by it, others are replaced.
 * Directives `$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…` as kubectl sends them
 * (kubernetes/community sig-api-machinery/strategic-merge-patch.md).
 */
import { type Fields, isFields } from './object.ts';

/** By the list's field name; a kind before the name where the same name means different things. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  addresses: 'type',
  conditions: 'type',
  containers: 'name',
  env: 'name',
  ephemeralContainers: 'name',
  hostAliases: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  ports: 'containerPort',
  'Service.ports': 'port',
  resourceClaims: 'name',
  secrets: 'name',
  topologySpreadConstraints: 'topologyKey',
  volumeDevices: 'devicePath',
  volumeMounts: 'mountPath',
  volumes: 'name',
  webhooks: 'name',
};

/** Lists of plain values that are merged as sets. */
const SETS = new Set(['finalizers']);

const DIRECTIVE = /^\$(patch|retainKeys|setElementOrder\/.*|deleteFromPrimitiveList\/.*)$/;

/** The patched copy; neither argument is changed. */
export function applyStrategicMerge(target: Fields, patch: Fields, kind: string): Fields {
  return mergeFields(structuredClone(target), patch, kind);
}

function mergeFields(target: Fields, patch: Fields, kind: string): Fields {
  if (patch.$patch === 'delete') return {};
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  const result = retained(target, patch.$retainKeys);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$deleteFromPrimitiveList/'))
      removeValues(result, key.slice(key.indexOf('/') + 1), value);
    else if (DIRECTIVE.test(key)) continue;
    else if (value === null) delete result[key];
    else result[key] = mergeValue(result[key], value, key, kind);
  }
  reorder(result, patch, kind);
  return result;
}

function mergeValue(target: unknown, value: unknown, key: string, kind: string): unknown {
  if (Array.isArray(value)) return mergeList(Array.isArray(target) ? target : [], value, key, kind);
  if (isFields(value)) return mergeFields(isFields(target) ? target : {}, value, kind);
  return value;
}

function mergeList(target: unknown[], patch: readonly unknown[], key: string, kind: string): unknown[] {
  const mergeKey = mergeKeyOf(key, kind);
  if (SETS.has(key)) return [...new Set([...target, ...patch])];
  if (!mergeKey || patch.some((item) => isFields(item) && item.$patch === 'replace')) {
    return patch
      .filter((item) => !(isFields(item) && item.$patch === 'replace'))
      .map((item) => structuredClone(item));
  }
  const result = [...target];
  for (const item of patch.filter(isFields)) mergeItem(result, item, mergeKey, kind);
  return result;
}

function mergeItem(list: unknown[], item: Fields, mergeKey: string, kind: string): void {
  const index = list.findIndex((known) => isFields(known) && known[mergeKey] === item[mergeKey]);
  if (item.$patch === 'delete') {
    if (index >= 0) list.splice(index, 1);
  } else if (index >= 0) {
    list[index] = mergeFields(list[index] as Fields, item, kind);
  } else {
    list.push(withoutDirectives(item));
  }
}

function retained(target: Fields, keys: unknown): Fields {
  if (!Array.isArray(keys)) return target;
  return Object.fromEntries(Object.entries(target).filter(([key]) => keys.includes(key)));
}

function removeValues(target: Fields, key: string, values: unknown): void {
  const list = target[key];
  if (Array.isArray(list) && Array.isArray(values))
    target[key] = list.filter((item) => !values.includes(item));
}

/** What the patch orders comes in its order, after what it does not mention. */
function reorder(target: Fields, patch: Fields, kind: string): void {
  for (const [directive, order] of Object.entries(patch)) {
    const key = /^\$setElementOrder\/(.*)$/.exec(directive)?.[1];
    const list = key === undefined ? undefined : target[key];
    if (key === undefined || !Array.isArray(list) || !Array.isArray(order)) continue;
    const mergeKey = mergeKeyOf(key, kind);
    const identity = (item: unknown) => (mergeKey && isFields(item) ? item[mergeKey] : item);
    const places = order.map(identity);
    target[key] = [...list].sort((a, b) => places.indexOf(identity(a)) - places.indexOf(identity(b)));
  }
}

function mergeKeyOf(key: string, kind: string): string | undefined {
  return MERGE_KEYS[`${kind}.${key}`] ?? MERGE_KEYS[key];
}

function withoutDirectives(patch: Fields): Fields {
  const entries = Object.entries(patch).filter(([key]) => !DIRECTIVE.test(key));
  return Object.fromEntries(
    entries.map(([key, value]) => [key, isFields(value) ? withoutDirectives(value) : structuredClone(value)]),
  );
}
