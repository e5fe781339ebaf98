/**
 * What Kubernetes' own kinds do beyond their schema when they are stored: first status, fields that may not change,
 * fields that one implies for another (kubernetes/kubernetes pkg/registry, plugin/pkg/admission/storage).
 */
import { badRequest, type Fault } from './failure.ts';
import { fieldAt, isFields, type KubeObject, listAt, textAt } from './object.ts';
import type { Strategy } from './resource-type.ts';
import type { Store } from './store.ts';
import { invalidValue, required } from './validate.ts';

/** Added to volumes and claims, and taken away by volume-protection.ts when nothing uses them any more. */
export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
export const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';

export const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

/** Kinds without one do nothing of their own. */
export function strategyOf(kind: string, store: Store): Strategy {
  return kind === 'PersistentVolumeClaim' ? claim(store) : (STRATEGIES[kind] ?? {});
}

const namespace: Strategy = {
  prepareCreate(object) {
    object.spec = { finalizers: ['kubernetes'] };
    object.status = { phase: 'Active' };
    labelWithName(object);
  },
  prepareUpdate(object, previous) {
    object.spec = previous.spec;
    labelWithName(object);
  },
};

function labelWithName({ metadata }: KubeObject): void {
  metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
}

const pod: Strategy = {
  prepareCreate(object) {
    object.status = { phase: 'Pending', qosClass: 'BestEffort' };
    for (const container of containersOf(object))
      container.imagePullPolicy ??= pullPolicy(String(container.image));
  },
  validate(object, previous) {
    const containers = listAt(object, 'spec', 'containers');
    if (containers.length === 0) return [required('spec.containers')];
    return previous && !sameImmutableSpec(object, previous) ? [forbiddenField('spec', POD_UPDATES)] : [];
  },
};

const POD_UPDATES =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function containersOf(object: KubeObject): Record<string, unknown>[] {
  const all = [...listAt(object, 'spec', 'containers'), ...listAt(object, 'spec', 'initContainers')];
  return all.filter(isFields);
}

/** A tag other than `latest`, or a digest, names an image that does not change. */
function pullPolicy(image: string): string {
  const tag = /[:@]([^/]+)$/.exec(image)?.[1];
  return tag && tag !== 'latest' ? 'IfNotPresent' : 'Always';
}

function sameImmutableSpec(object: KubeObject, previous: KubeObject): boolean {
  const essence = (spec: unknown) =>
    JSON.stringify(spec, (key, value) => (POD_MUTABLE.has(key) ? undefined : value));
  // A pod is bound to its node once, by the scheduler or by whoever plays it.
  const bound =
    textAt(previous, 'spec', 'nodeName') === '' ? { nodeName: fieldAt(object, 'spec', 'nodeName') } : {};
  return sortedText(essence(object.spec)) === sortedText(essence({ ...(previous.spec as object), ...bound }));
}

const POD_MUTABLE = new Set([
  'image',
  'imagePullPolicy',
  'activeDeadlineSeconds',
  'tolerations',
  'terminationGracePeriodSeconds',
]);

/** JSON text with keys in order, so that two objects can be compared as texts. */
function sortedText(json: string): string {
  return JSON.stringify(JSON.parse(json), (_key, value) =>
    isFields(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}

const secret: Strategy = {
  prepareCreate: mergeStringData,
  prepareUpdate: mergeStringData,
  validate(object, previous) {
    if (!previous) return [];
    const changedType = object.type !== previous.type;
    return [
      ...(changedType ? [invalidValue('type', object.type, 'field is immutable')] : []),
      ...frozen(object, previous),
    ];
  },
};

function mergeStringData(object: KubeObject): void {
  const data = { ...(object.data as Record<string, string> | undefined) };
  for (const [key, text] of Object.entries((object.stringData ?? {}) as Record<string, string>)) {
    data[key] = Buffer.from(text).toString('base64');
  }
  delete object.stringData;
  for (const text of Object.values(data)) mustBeBase64(text, object.kind);
  if (Object.keys(data).length > 0) object.data = data;
}

function mustBeBase64(text: string, kind: string): void {
  const valid = typeof text === 'string' && /^[A-Za-z0-9+/\r\n]*={0,2}$/.test(text);
  if (valid && text.replace(/[\r\n]/g, '').length % 4 === 0) return;
  const at = Math.max(0, String(text).search(/[^A-Za-z0-9+/\r\n]/));
  throw badRequest(
    `${kind} in version "v1" cannot be handled as a ${kind}: illegal base64 data at input byte ${at}`,
  );
}

const configMap: Strategy = {
  validate: (object, previous) => (previous ? frozen(object, previous) : []),
};

/** Nothing of an object with `immutable: true` changes. */
function frozen(object: KubeObject, previous: KubeObject): Fault[] {
  if (previous.immutable !== true || sameField(object, previous, 'data')) return [];
  return [forbiddenField('data', 'field is immutable when `immutable` is set')];
}

function claim(store: Store): Strategy {
  return {
    prepareCreate(object) {
      object.status = { phase: 'Pending' };
      const spec = object.spec as Record<string, unknown>;
      if (spec.storageClassName === undefined) {
        const name = defaultClass(store);
        if (name) spec.storageClassName = name;
      }
      addFinalizer(object, CLAIM_PROTECTION);
    },
    validate(object, previous) {
      if (previous) return validateClaimUpdate(object, previous);
      const modes = listAt(object, 'spec', 'accessModes').length > 0;
      const storage = textAt(object, 'spec', 'resources', 'requests', 'storage') !== '';
      return [
        ...(modes ? [] : [required('spec.accessModes', 'at least 1 access mode is required')]),
        ...(storage ? [] : [required('spec.resources[storage]')]),
      ];
    },
  };
}

function validateClaimUpdate(object: KubeObject, previous: KubeObject): Fault[] {
  const fixed = ['accessModes', 'selector', 'storageClassName', 'volumeMode', 'dataSource', 'dataSourceRef'];
  const volumes = [textAt(previous, 'spec', 'volumeName'), textAt(object, 'spec', 'volumeName')];
  const same = fixed.every((key) => sameField(object.spec, previous.spec, key));
  if (same && (volumes[0] === '' || volumes[0] === volumes[1])) return [];
  const why =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  return [forbiddenField('spec', why)];
}

/** The youngest of the classes that are marked as default. */
function defaultClass(store: Store): string | undefined {
  const marked = store
    .list('storageclasses.storage.k8s.io')
    .filter(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true');
  marked.sort((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? 1 : -1));
  return marked[0]?.metadata.name;
}

const volume: Strategy = {
  prepareCreate(object) {
    object.status = { phase: 'Pending' };
    addFinalizer(object, VOLUME_PROTECTION);
  },
};

function addFinalizer({ metadata }: KubeObject, finalizer: string): void {
  metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), finalizer])];
}

const storageClass: Strategy = {
  validate(object, previous) {
    if (!previous) return object.provisioner ? [] : [required('provisioner')];
    const fixed = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'];
    return fixed
      .filter((key) => !sameField(object, previous, key))
      .map((key) => forbiddenField(key, `updates to ${key} are forbidden.`));
  },
};

const binding: Strategy = {
  prepareCreate: completeBinding,
  prepareUpdate: completeBinding,
  validate(object, previous) {
    if (!previous || sameField(object, previous, 'roleRef')) return [];
    return [invalidValue('roleRef', object.roleRef, 'cannot change roleRef')];
  },
};

function completeBinding(object: KubeObject): void {
  const apiGroup = 'rbac.authorization.k8s.io';
  object.roleRef = { apiGroup, ...(object.roleRef as object) };
  const subjects = listAt(object, 'subjects').filter(isFields);
  for (const subject of subjects) if (subject.kind !== 'ServiceAccount') subject.apiGroup ??= apiGroup;
}

const noStatus: Strategy = {
  prepareCreate(object) {
    object.status = { loadBalancer: {} };
  },
};

function forbiddenField(field: string, why: string): Fault {
  return { field, reason: 'FieldValueForbidden', detail: `Forbidden: ${why}` };
}

function sameField(object: unknown, previous: unknown, key: string): boolean {
  const text = (value: unknown) => sortedText(JSON.stringify(fieldAt(value, key) ?? null));
  return text(object) === text(previous);
}

const STRATEGIES: Readonly<Record<string, Strategy>> = {
  ClusterRoleBinding: binding,
  ConfigMap: configMap,
  Namespace: namespace,
  PersistentVolume: volume,
  Pod: pod,
  RoleBinding: binding,
  Secret: secret,
  Service: noStatus,
  StorageClass: storageClass,
};
